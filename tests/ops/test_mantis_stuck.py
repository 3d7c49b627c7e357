"""`nodeyard mantis step-back` and `clean-backup-node`: a chain and a backup that are stuck; kubectl is a stand-in."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import Result

from nodeyard.mantis_cluster.clients.contract import Consensus
from ops.mantis import standstill
from tests.ops.harness import Command
from tests.ops.tasks_cluster import NAMESPACE, cron_job, network, pod, stateful_set, write
from tests.ops.test_mantis import ADDRESSES, CLIENT, PLAN, STACK, deploy, genesis_map

MINERS = ("miner-0", "miner-1", "miner-2")
BACK = standstill.back_to(6)
Says = dict[str, dict[str, str]]
"""What a console prints, by pod and script."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standstill, "_PERIODS", 0)
    monkeypatch.setattr(standstill, "_OUT_OF_TURN_SECONDS", 0.0)
    monkeypatch.setattr(standstill, "_LOOK_SECONDS", 0.01)


def at(miner: int, number: int, signer: int, difficulty: int = 1) -> Says:
    """A miner that stands on a block, which is known by its height and its signer."""
    block = {"number": number, "hash": f"0x{number}{signer}", "difficulty": str(difficulty)}
    printed = json.dumps(json.dumps({**block, "signer": ADDRESSES[signer]}))
    return {f"miner-{miner}-0": {standstill.ASK: printed, BACK: "undefined"}}


AGAINST: Mapping[str, dict[str, str]] = {**at(0, 7, signer=0), **at(1, 7, signer=1)}
"""Two at one height, each on its own block."""


def stands(nodeyard: Command, says: Mapping[str, Any], names: tuple[str, ...] = MINERS[:2], **more: Any) -> None:
    """A network whose miners of these names run."""
    deploy(nodeyard)
    stopped = [stateful_set(name, replicas=0) for name in MINERS if name not in names]
    write(nodeyard, *network(*names), *stopped, genesis_map(), says=says, **more)


def step_back(nodeyard: Command, *words: str, stdin: str | None = None) -> Result:
    return nodeyard("mantis", "step-back", STACK, "--wait", "5", *words, stdin=stdin)


def went_back(nodeyard: Command) -> list[tuple[str, str]]:
    """Who was taken back, by which script."""
    runs = [(call[1].removeprefix("pod/"), call[-2]) for call in nodeyard.calls("kubectl") if call[0] == "exec"]
    return [(name, script) for name, script in runs if script != standstill.ASK]


# --- a chain that stands still ---


def test_one_of_two_that_stand_against_one_another_goes_back_and_the_chain_goes_on(nodeyard: Command) -> None:
    stands(nodeyard, AGAINST, then={"miner-0-0": {BACK: at(0, 8, signer=0)}})
    result = step_back(nodeyard, "--yes")
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.stdout.splitlines() if "miner-" in line]
    assert rows == [["miner-0", "7", "0x70", "miner-0", "no"], ["miner-1", "7", "0x71", "miner-1", "no"]]
    assert went_back(nodeyard) == [("miner-0-0", BACK)]
    assert result.stderr.splitlines()[-1] == "The chain goes on: miner-0 has block 8."


def test_the_script_takes_a_miner_to_the_block_before_and_parts_it_from_its_peers() -> None:
    assert standstill.back_to(6999) == (
        'debug.setHead("0x1b57"); admin.peers.forEach(function (peer) { admin.removePeer(peer.enode) })'
    )


def test_whoever_declines_or_has_no_terminal_sees_what_was_found_and_nothing_changes(nodeyard: Command) -> None:
    stands(nodeyard, AGAINST)
    unasked = step_back(nodeyard)
    assert (unasked.exit_code, "There is no terminal to ask on: give --yes." in unasked.stderr) == (2, True)
    nodeyard.on_a_terminal()
    declined = step_back(nodeyard, stdin="n\n")
    assert (declined.exit_code, "nodeyard: Nothing was changed." in declined.stderr) == (1, True)
    assert all("0x71" in each.stdout for each in (unasked, declined))
    assert went_back(nodeyard) == []


def test_of_a_chain_that_moves_nothing_is_changed(nodeyard: Command) -> None:
    stands(nodeyard, AGAINST, then={"miner-1-0": {standstill.ASK: at(1, 8, signer=0)}})
    result = step_back(nodeyard, "--yes")
    said = "The chain moves: miner-1 has another block than before. Nothing was changed."
    assert (result.exit_code, result.stderr.splitlines()) == (0, [said])
    assert went_back(nodeyard) == []


ONE_BLOCK = {**at(0, 7, signer=0), **at(1, 7, signer=0)}
FOLLOWERS = {**at(0, 7, signer=2), **at(1, 7, signer=0)}
"""Two on different blocks, which neither of them made: each may sign on its own one."""
BEHIND = {**at(0, 7, signer=0), **at(1, 6, signer=1)}


@pytest.mark.parametrize("says", [ONE_BLOCK, FOLLOWERS, BEHIND], ids=["one block", "followers", "one behind"])
def test_where_no_step_back_would_help_nothing_is_changed(nodeyard: Command, says: Says) -> None:
    stands(nodeyard, says)
    result = step_back(nodeyard, "--yes")
    (said,) = result.stderr.splitlines()
    assert (result.exit_code, said.startswith("nodeyard: The chain of mantis-testnet stands still at block 7")) == (
        1,
        True,
    )
    assert went_back(nodeyard) == []


def test_of_several_that_stand_against_one_another_one_at_the_highest_height_goes_back(nodeyard: Command) -> None:
    deploy(nodeyard, tasks={f"miner-{number}": task(number) for number in range(5)})
    ours = {**at(0, 5, signer=0), **at(1, 5, signer=1), **at(2, 7, signer=2)}
    others = {"miner-3-0": dict(ours["miner-2-0"])}  # it follows miner-2
    says = {**ours, **others, "miner-4-0": alone()}
    then = {"miner-4-0": {BACK: at(2, 8, signer=0)}}
    write(nodeyard, *network(*(f"miner-{n}" for n in range(5))), genesis_map(), says=says, then=then)
    assert step_back(nodeyard, "--yes").exit_code == 0
    assert went_back(nodeyard) == [("miner-4-0", BACK)]


def task(number: int) -> dict[str, Any]:
    return {"role": "miner", "pod": f"miner-{number}-0", "address": address(number)}


def address(number: int) -> str:
    return ADDRESSES[number] if number < len(ADDRESSES) else f"0x{number:040x}"


def alone() -> dict[str, str]:
    """What the fifth miner says, on whose block nobody else stands."""
    block = {"number": 7, "hash": "0x74", "difficulty": "1", "signer": address(4)}
    return {standstill.ASK: json.dumps(json.dumps(block)), BACK: "undefined"}


def test_the_block_of_whoever_signed_in_turn_stays(nodeyard: Command) -> None:
    says = {**at(0, 7, signer=0, difficulty=2), **at(1, 7, signer=1)}
    stands(nodeyard, says, then={"miner-1-0": {BACK: at(1, 8, signer=1)}})
    assert step_back(nodeyard, "--yes").exit_code == 0
    assert went_back(nodeyard) == [("miner-1-0", BACK)]


def test_the_operator_may_say_which_one_goes_back(nodeyard: Command) -> None:
    stands(nodeyard, {**AGAINST, **at(2, 6, signer=2)}, MINERS, then={"miner-1-0": {BACK: at(1, 8, signer=1)}})
    behind = step_back(nodeyard, "miner-2", "--yes")
    assert (behind.exit_code, "One of these may go back: miner-0, miner-1." in behind.stderr) == (2, True)
    none = step_back(nodeyard, "passive-0", "--yes")
    assert (none.exit_code, "passive-0 is no miner of this stack." in none.stderr) == (2, True)
    assert went_back(nodeyard) == []
    assert step_back(nodeyard, "miner-1", "--yes").exit_code == 0
    assert went_back(nodeyard) == [("miner-1-0", BACK)]


def test_while_a_console_does_not_answer_nothing_is_known_and_nothing_changed(nodeyard: Command) -> None:
    stands(nodeyard, {**AGAINST, "miner-2-0": {standstill.ASK: "Fatal: Unable to attach to remote geth"}}, MINERS)
    result = step_back(nodeyard, "--yes")
    said = "nodeyard: miner-2 did not say at which block it stands: nothing was changed."
    assert (result.exit_code, result.stderr.splitlines()) == (3, [said])
    assert "0x71" in result.stdout
    assert went_back(nodeyard) == []


def test_a_miner_that_moved_while_the_operator_was_asked_stays(nodeyard: Command) -> None:
    stands(nodeyard, AGAINST)
    nodeyard.on_a_terminal()

    def takes_a_block(*_: Any, **__: Any) -> bool:
        stands(nodeyard, {**AGAINST, **at(0, 8, signer=1)})
        return True

    nodeyard.monkeypatch.setattr("typer.confirm", takes_a_block)
    result = step_back(nodeyard)
    assert (result.exit_code, "miner-0 has another block by now: nothing was changed." in result.stderr) == (1, True)
    assert went_back(nodeyard) == []


def test_a_console_that_refuses_is_told_in_its_own_words(nodeyard: Command) -> None:
    says: Says = {
        **AGAINST,
        "miner-0-0": {**AGAINST["miner-0-0"], BACK: "Error: the method debug_setHead does not exist"},
    }
    stands(nodeyard, says)
    result = step_back(nodeyard, "--yes")
    said = "nodeyard: miner-0 did not do all of it: Error: the method debug_setHead does not exist"
    assert (result.exit_code, result.stderr.splitlines()) == (1, [said])


def test_a_chain_that_stands_on_is_no_success(nodeyard: Command) -> None:
    stands(nodeyard, AGAINST)
    result = step_back(nodeyard, "--yes", "--wait", "0")
    assert (result.exit_code, "No block above 7 came in 0 seconds" in result.stderr) == (1, True)
    assert went_back(nodeyard) == [("miner-0-0", BACK)]


ETHASH = CLIENT.genesis(replace(PLAN, consensus=Consensus.ETHASH, signers=[]))


@pytest.mark.parametrize(
    ("client", "genesis", "said"),
    [
        ("mantis", None, "mantis-testnet runs mantis, which has no clique: no miner has to go back."),
        ("core-geth", ETHASH, "mantis-testnet mines by ethash, where any miner may make the next block"),
    ],
    ids=["mantis", "ethash"],
)
def test_only_a_chain_of_cliques_stands_still_that_way(
    nodeyard: Command, client: str, genesis: str | None, said: str
) -> None:
    deploy(nodeyard, client=client)
    maps = [genesis_map(genesis)] if genesis else []
    write(nodeyard, *network(*MINERS[:2]), *maps, says=AGAINST)
    result = step_back(nodeyard, "--yes")
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert [call for call in nodeyard.calls("kubectl") if call[0] == "exec"] == []


# --- a backup's node ---


def run_of(name: str, **states: str) -> dict[str, Any]:
    """The pod of a backup's run, whose containers are so."""
    made = pod(name, "backup")
    made["spec"]["containers"] = [{"name": "node"}, {"name": "backup"}]
    made["status"]["containerStatuses"] = [{"name": each, "state": {state: {}}} for each, state in states.items()]
    return made


def clean(nodeyard: Command, *words: str, stdin: str | None = None) -> Result:
    return nodeyard("mantis", "clean-backup-node", STACK, *words, stdin=stdin)


def asked(nodeyard: Command) -> list[list[str]]:
    return [call for call in nodeyard.calls("kubectl") if call[0] == "exec"]


BROKEN = run_of("backup-2-b", node="terminated", backup="running")
"""Its node does not start any more, and the run waits for it."""
ENDED = run_of("backup-1-a", node="terminated", backup="terminated")


def test_a_clean_start_is_asked_for_in_the_run_that_waits_for_its_node(nodeyard: Command) -> None:
    deploy(nodeyard)
    write(nodeyard, cron_job("backup"), ENDED, BROKEN)
    unasked = clean(nodeyard)
    assert (unasked.exit_code, "all chain data on its disk are deleted" in unasked.stderr) == (2, True)
    nodeyard.on_a_terminal()
    declined = clean(nodeyard, stdin="n\n")
    assert (declined.exit_code, asked(nodeyard)) == (1, [])
    result = clean(nodeyard, "--yes")
    assert result.exit_code == 0, result.stderr
    place = ["pod/backup-2-b", "--namespace", NAMESPACE]
    assert asked(nodeyard) == [["exec", *place, "--container", "backup", "--", "touch", "/data/clean-start"]]


@pytest.mark.parametrize("pods", [[], [ENDED]], ids=["no pod", "a run that ended"])
def test_without_a_run_there_is_nobody_to_ask(nodeyard: Command, pods: list[dict[str, Any]]) -> None:
    deploy(nodeyard)
    write(nodeyard, cron_job("backup"), *pods)
    result = clean(nodeyard, "--yes")
    said = "nodeyard: No run of the backup waits for its node now: ask again while one does."
    assert (result.exit_code, result.stderr.splitlines(), asked(nodeyard)) == (1, [said], [])


def test_a_network_without_backups_has_no_such_node(nodeyard: Command) -> None:
    deploy(nodeyard)
    write(nodeyard, *network("miner-0"))
    result = clean(nodeyard, "--yes")
    assert (result.exit_code, "has no part backup. It has: miner-0." in result.stderr) == (2, True)
