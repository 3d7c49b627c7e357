"""`nodeyard status` of a Metis sequencer whose processes answer well, slowly, wrongly and not at all."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import Result

from ops.metis import gates, l1dtl, l2geth, themis
from ops.reach import Answer, NoAnswer
from ops.status.facts import Part
from tests.ops.harness import Command, alive, aws_stack, eventually, told
from tests.ops.metis_nodes import ALERTMANAGER, BRIDGE, L1DTL, RPC, STACK, THEMIS, Sequencer, sequencer, stack
from tests.ops.tasks_cluster import NAMESPACE, pod, stateful_set

__all__ = ["sequencer"]


def facts(result: Result) -> tuple[dict[str, Any], dict[str, Any]]:
    """The whole, and each part by its name."""
    found = told(result)
    return found, {each["part"]: each for each in found["parts"]}


def status(nodeyard: Command, *words: str) -> Result:
    result = nodeyard("status", STACK, *words, "--json")
    assert result.stdout, result.stderr
    return result


def test_a_sequencer_that_is_well_is_told_part_by_part(nodeyard: Command, sequencer: Sequencer) -> None:
    result = status(nodeyard)
    found, parts = facts(result)
    assert (result.exit_code, found["verdict"], found["missing"], found["alarms"]) == (0, "healthy", [], [])
    assert list(parts) == ["exporter", "l1dtl", "l2geth", "themis"]
    l2geth = parts["l2geth"]
    assert 2 < l2geth.pop("age") < 30
    assert l2geth == {
        "part": "l2geth",
        "state": "healthy",
        "where": {
            "pod": "metis-l2geth-0",
            "machine": "machine-of-l2geth",
            "address": "10.0.0.7",
            "publicAddress": None,
        },
        "runs": None,
        "height": 19_000_000,
        "lag": None,
        "peers": 7,
        "disk": {"used": 400_000 * 1024, "size": 1_000_000 * 1024},
        "problems": [],
        "notes": [],
        "details": {
            "mode": "sequencer",
            "syncing": False,
            "rollup": {"mode": "sequencer", "syncing": False, "ethContext": {"blockNumber": 20_000_000}},
        },
    }
    assert (parts["l1dtl"]["height"], parts["l1dtl"]["lag"]) == (20_000_000, 2)
    assert parts["themis"]["details"] == {"catchingUp": False, "votingPower": 100, "validator": "AB", "bridge": True}
    assert found["details"]["readyToLock"] is True
    assert {(port, path) for port, path in sequencer.asked if port != ALERTMANAGER} == {
        (RPC, "/"),
        (L1DTL, "/highest/l1"),
        (L1DTL, "/eth/context/latest"),
        (THEMIS, "/status"),
        (THEMIS, "/net_info"),
        (BRIDGE, "/health"),
    }
    assert eventually(lambda: not any(alive(pid) for pid in nodeyard.pids())), "every tunnel is closed"


def test_a_table_for_people(nodeyard: Command, sequencer: Sequencer) -> None:
    result = nodeyard("status", STACK)
    row = next(line for line in result.stdout.splitlines() if " l2geth " in line)
    assert row.split()[:6] == ["l2geth", "healthy", "metis-l2geth-0", "machine-of-l2geth", "10.0.0.7", "19000000"]
    assert "Ready to lock: yes." in result.stdout
    assert "public address" not in result.stdout, "a column without anything in it"
    assert result.stderr.splitlines()[-1] == "metis-mainnet is healthy: 4 healthy."


def test_a_first_sync_is_no_fault_and_nothing_to_lock_with(nodeyard: Command, sequencer: Sequencer) -> None:
    sequencer.syncing = sequencer.catching_up = True
    sequencer.bridge, sequencer.age, sequencer.l1 = 503, 90_000, (10_000_000, 20_000_000)
    result = status(nodeyard)
    found, parts = facts(result)
    assert (result.exit_code, found["verdict"]) == (1, "syncing")
    assert {name: each["state"] for name, each in parts.items()} == {
        "exporter": "healthy",
        "l1dtl": "syncing",
        "l2geth": "syncing",
        "themis": "syncing",
    }
    assert found["details"]["readyToLock"] is False
    assert [gate["open"] for gate in found["details"]["gates"]] == [False, False, False]
    assert "it is 10000000 blocks of L1 behind" in parts["l1dtl"]["problems"]


NUMBER = '{"blockNumber": 5}'
SILENCE = NoAnswer("no answer in 10 seconds")


def ages(part: Part) -> list[str]:
    """Its problems, without the seconds."""
    return [re.sub(r"is \d+ s", "is ... s", each) for each in part.problems]


def l2geth_says(text: str | NoAnswer) -> tuple[Part, bool | None]:
    part = Part(part="l2geth")
    return part, l2geth.tell(part, text if isinstance(text, NoAnswer) else Answer(200, text))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (SILENCE, "l2geth: no answer in 10 seconds"),
        ("<html>", "l2geth: the answer is not JSON"),
        ("[" * 100_000, "l2geth: the answer is not JSON"),
        ('{"error": {"message": "batch refused"}}', "l2geth: batch refused"),
        ("7", "l2geth: the answer is no list of JSON-RPC responses"),
        ("[]", "rollup_getInfo: the answer is not a JSON-RPC response"),
        ("[3]", "l2geth: the answer is not what its RPC documents"),
        ('[{"id": 0, "result": {}}, {"id": 1}, {"id": 2}]', "rollup_getInfo: result.syncing: Field required"),
        (
            '[{"id": 0, "result": {"syncing": false}}, {"id": 1, "result": null}, {"id": 2, "result": "0x1"}]',
            "l2geth: the answer is not what its RPC documents",
        ),
    ],
    ids=str,
)
def test_an_l2geth_that_answers_wrongly_opens_no_gate(answer: str | NoAnswer, said: str) -> None:
    part, is_synced = l2geth_says(answer)
    assert (is_synced, part.state, part.problems) == (None, "unhealthy", [said])


@pytest.mark.parametrize(
    ("change", "state", "said"),
    [
        ({"age": 500}, "unhealthy", ["its newest block is ... s old"]),
        ({"age": 500, "syncing": True}, "syncing", ["it catches up"]),
        ({}, "healthy", []),
    ],
    ids=str,
)
def test_an_l2geth_is_judged_by_its_head_once_it_is_in_sync(
    change: dict[str, Any], state: str, said: list[str]
) -> None:
    node = Sequencer(**change)
    part, is_synced = l2geth_says(node.answer(RPC, "/", l2geth.body())[1])
    assert (part.state, ages(part), is_synced) == (state, said, not node.syncing)


def themis_says(node: Sequencer, **raw: str | NoAnswer) -> tuple[Part, bool | None]:
    part = Part(part="themis")
    said = [raw.get(name, node.answer(THEMIS, f"/{name}", "")[1]) for name in ("status", "net_info")]
    status, peers = (each if isinstance(each, NoAnswer) else Answer(200, each) for each in said)
    return part, themis.tell(part, status, peers)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"status": SILENCE, "net_info": SILENCE}, "themis: no answer in 10 seconds"),
        ({"status": "<html>"}, "status: the answer is not JSON"),
        ({"status": "7"}, "status: the answer is not a JSON-RPC response"),
        ({"status": "{}"}, "status: result: Input should be a valid dictionary or instance of Status"),
        ({"net_info": '{"result": {"n_peers": "many"}}'}, "net_info: result.n_peers: Input should be a valid integer"),
    ],
    ids=str,
)
def test_a_themis_that_answers_wrongly_opens_no_gate(raw: dict[str, str | NoAnswer], said: str) -> None:
    part, is_synced = themis_says(Sequencer(), **raw)
    assert (is_synced, part.state, len(part.problems)) == (None, "unhealthy", 1)
    assert part.problems[0].startswith(said)


@pytest.mark.parametrize(
    ("change", "state", "said"),
    [
        ({"age": 500}, "unhealthy", ["its newest block is ... s old"]),
        ({"age": 500, "catching_up": True}, "syncing", ["it catches up"]),
        ({"peers": 0}, "unhealthy", ["it has no peers"]),
        ({}, "healthy", []),
    ],
    ids=str,
)
def test_themis_is_judged_by_its_head_and_its_peers(change: dict[str, Any], state: str, said: list[str]) -> None:
    part, is_synced = themis_says(node := Sequencer(**change))
    assert (part.state, ages(part), is_synced) == (state, said, not node.catching_up)


@pytest.mark.parametrize("answer", [SILENCE, Answer(502, "")], ids=str)
def test_a_bridge_that_waits_is_no_fault_and_one_that_is_away_is_one(answer: Answer | NoAnswer) -> None:
    waits, away = Part(part="themis"), Part(part="themis")
    assert (themis.tell_bridge(waits, answer, False), waits.state) == (False, "healthy")
    assert (themis.tell_bridge(away, answer, True), away.problems) == (False, ["its bridge does not answer"])


@pytest.mark.parametrize(
    ("highest", "latest", "said"),
    [
        (SILENCE, SILENCE, "l1dtl: no answer in 10 seconds"),
        (Answer(200, "null"), Answer(200, "null"), "highest L1 block: result: Input should be a valid dictionary"),
        (Answer(200, '{"blockNumber": "x"}'), SILENCE, "highest L1 block: result.blockNumber: Input should be"),
        (
            Answer(200, '{"blockNumber": 5}'),
            Answer(400, '{"error": "canary"}'),
            "it does not reach L1: its log says why",
        ),
    ],
    ids=str,
)
def test_an_l1dtl_that_answers_wrongly(highest: Answer | NoAnswer, latest: Answer | NoAnswer, said: str) -> None:
    part = Part(part="l1dtl")
    l1dtl.tell(part, highest, latest)
    assert (part.state, part.problems[0].startswith(said)) == ("unhealthy", True), part.problems
    assert "canary" not in str(part), "its errors may hold the URL of L1"


@pytest.mark.parametrize(("behind", "state"), [(300, "healthy"), (301, "syncing")])
def test_an_l1dtl_is_an_hour_of_blocks_behind_l1_at_most(behind: int, state: str) -> None:
    part = Part(part="l1dtl")
    highest, latest = (Answer(200, json.dumps({"blockNumber": number})) for number in (5000, 5000 + behind))
    l1dtl.tell(part, highest, latest)
    assert (part.lag, part.state) == (behind, state)


@pytest.mark.parametrize(
    ("found", "against", "ready", "reasons"),
    [
        ({"l2geth": True, "themis": True, "bridge": True}, [], True, []),
        ({"l2geth": True, "themis": True}, [], None, ["bridge: it did not say"]),
        ({"l2geth": False}, [], False, ["l2geth: rollup_getInfo says that it syncs", "themis: it did not say"]),
        ({"l2geth": True, "themis": True, "bridge": True}, ["missing: x"], False, ["missing: x"]),
    ],
)
def test_all_three_gates_have_to_be_open(
    found: dict[str, bool | None], against: list[str], ready: bool | None, reasons: list[str]
) -> None:
    judged = gates.judge(found, against)
    assert (judged.ready_to_lock, judged.reasons[: len(reasons) or None]) == (ready, reasons)


def test_a_slow_sequencer_is_waited_for_and_a_silent_one_is_not(nodeyard: Command, sequencer: Sequencer) -> None:
    sequencer.delays = {RPC: 0.5, L1DTL: 0.5, THEMIS: 4}
    result = status(nodeyard, "--timeout", "2")
    _, parts = facts(result)
    assert (result.exit_code, parts["themis"]["problems"]) == (1, ["themis: no answer in 2 seconds"])
    assert (parts["l2geth"]["state"], parts["l1dtl"]["state"]) == ("healthy", "healthy")


def test_pods_that_no_tunnel_reaches_are_not_known(nodeyard: Command, sequencer: Sequencer) -> None:
    sequencer.write(nodeyard, ports={})
    result = status(nodeyard, "--part", "themis")
    found, parts = facts(result)
    assert (result.exit_code, found["verdict"], parts["themis"]["state"]) == (3, "unreachable", "unreachable")
    assert [gate["open"] for gate in found["details"]["gates"]] == [None, None, None]
    assert found["details"]["readyToLock"] is None


def test_a_pod_that_does_not_run_is_not_asked(nodeyard: Command, sequencer: Sequencer) -> None:
    sequencer.down = {"l2geth"}
    sequencer.write(nodeyard)
    result = status(nodeyard)
    _, parts = facts(result)
    assert (result.exit_code, parts["l2geth"]["problems"]) == (1, ["its pod is PodInitializing"])
    assert not [path for port, path in sequencer.asked if port == RPC]


def test_an_alarm_that_rings_is_no_health(nodeyard: Command, sequencer: Sequencer) -> None:
    sequencer.alerts = [
        {
            "labels": {"alertname": "BlocksMissed", "severity": "critical", "namespace": NAMESPACE},
            "annotations": {"summary": "themis has not signed"},
            "startsAt": "2026-11-30T09:00:00.000Z",
        }
    ]
    result = status(nodeyard, "--part", "exporter")
    found, _ = facts(result)
    assert (result.exit_code, found["verdict"]) == (1, "unhealthy")
    assert found["alarms"] == [
        {"name": "BlocksMissed", "severity": "critical", "since": 1796029200.0, "summary": "themis has not signed"}
    ]
    asked = next(path for port, path in sequencer.asked if port == ALERTMANAGER)
    told_apart = {"active=true", "silenced=false", "inhibited=false", f"filter=namespace%3D%22{NAMESPACE}%22"}
    assert set(asked.partition("?")[2].split("&")) == told_apart
    assert (
        "Alarm BlocksMissed (critical) since 2026-11-30 09:00: themis has not signed."
        in nodeyard("status", STACK).stdout
    )


def test_a_platform_hears_all_alarms_that_are_meant_for_somebody(nodeyard: Command, sequencer: Sequencer) -> None:
    nodeyard.deploy(STACK, **aws_stack(kind="platform", component="platform", platform={}))
    assert told(status(nodeyard))["alarms"] == []
    (path,) = (path for port, path in sequencer.asked if port == ALERTMANAGER)
    assert parse_qs(urlsplit(path).query)["filter"] == ['severity=~"critical|high|warning"']


def test_whoever_may_not_see_alarms_gets_a_note(nodeyard: Command, sequencer: Sequencer) -> None:
    sequencer.raw = {ALERTMANAGER: '[{"labels": {}}]'}
    result = status(nodeyard, "--part", "exporter")
    assert (result.exit_code, told(result)["alarms"]) == (0, None)
    assert "Which alarms ring in the cluster is not known" in json.loads(result.stdout)["notes"][0]


def test_what_is_missing_is_no_health_and_nothing_to_lock_with(nodeyard: Command, sequencer: Sequencer) -> None:
    nodeyard.deploy(STACK, **stack(missing=["sequencerAddress"]))
    result = status(nodeyard)
    found, _ = facts(result)
    assert (result.exit_code, found["verdict"], found["missing"]) == (1, "unhealthy", ["sequencerAddress"])
    assert found["details"]["reasons"] == ["missing: sequencerAddress"]


def test_a_part_that_is_not_there_is_refused(nodeyard: Command, sequencer: Sequencer) -> None:
    result = nodeyard("status", STACK, "--part", "themi")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        2,
        "nodeyard: Stack metis-mainnet has no part themi. It has: exporter, l1dtl, l2geth, themis.",
    )


def replicas(nodeyard: Command, node: Sequencer) -> tuple[Result, list[dict[str, Any]]]:
    """Two, of which the second one is not reached."""
    nodeyard.deploy(STACK, **stack(kind="metis_replica", component="metis_replica"))
    node.write(nodeyard)
    cluster = json.loads((nodeyard.directory / "cluster.json").read_text())
    cluster["objects"] = [
        stateful_set("replica", 2, chart="metis-replica"),
        *(pod(f"metis-replica-{number}", "replica", chart="metis-replica") for number in range(2)),
    ]
    cluster["processes"]["metis-replica-0"] = cluster["processes"]["metis-l2geth-0"]
    (nodeyard.directory / "cluster.json").write_text(json.dumps(cluster))
    result = status(nodeyard)
    return result, told(result)["parts"]


def test_a_replica_is_its_l2geth_with_the_l1dtl_beside_it(nodeyard: Command, sequencer: Sequencer) -> None:
    sequencer.l1 = (20_000_000, None)
    result, (first, second) = replicas(nodeyard, sequencer)
    assert (first["part"], first["where"]["pod"], first["height"]) == ("replica", "metis-replica-0", 19_000_000)
    assert (first["lag"], first["details"]["l1dtl"]) == (0, {"height": 20_000_000, "lag": None})
    assert first["problems"] == ["l1dtl: it does not reach L1: its log says why"]
    assert (second["lag"], second["state"]) == (None, "unreachable")
    assert result.exit_code == 1
