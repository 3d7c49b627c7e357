"""What stays when a network grows: keys, the genesis, and what every other node is told."""

from typing import Any

import pulumi
import pytest

from nodeyard.mantis_cluster.keepsakes import GENERATED
from nodeyard.mantis_cluster.keys import public_id
from sandbox.mocks import STASH
from tests.unit.mantis_networks import (
    EVERYTHING,
    NAME,
    OFF,
    deploy,
    inputs,
    key_of,
    problems,
    values,
)
from tests.unit.recording import Recording, Registered

SECRET = "aws:secretsmanager/secret:Secret"
POOL = "aws:eks/nodeGroup:NodeGroup"


@pytest.fixture(scope="module")
def five() -> Recording:
    return deploy()


@pytest.fixture(scope="module")
def six(five: Recording) -> Recording:
    return deploy(five, miners=6)


@pytest.fixture(scope="module")
def twenty(five: Recording) -> Recording:
    return deploy(five, passive=20)


def changed(before: Recording, after: Recording) -> dict[str, tuple[str, str]]:
    """What each resource was told before and is told now, of those that are told something else."""
    old, new = inputs(before), inputs(after)
    return {name: (old.get(name, ""), new.get(name, "")) for name in {*old, *new} if old.get(name) != new.get(name)}


def without(tree: Any, *paths: str) -> Any:
    """Values without what stands at the paths."""
    kept = {key: value for key, value in tree.items() if key not in paths}
    deeper = [path.split(".", 1) for path in paths if "." in path]
    return {
        key: without(value, *(rest for first, rest in deeper if first == key)) if isinstance(value, dict) else value
        for key, value in kept.items()
    }


# --- a sixth miner


def test_a_sixth_miner_is_one_node_more_and_no_other_is_told_anything_new(five: Recording, six: Recording) -> None:
    old, new = values(five), values(six)
    assert set(new["nodes"]) == {*(f"miner-{number}" for number in range(6)), *(f"passive-{n}" for n in range(5))}
    assert without(new, "nodes.miner-5") == old


def test_a_sixth_miner_is_a_key_a_secret_and_an_account_more_and_a_machine_more_in_one_pool(
    five: Recording, six: Recording
) -> None:
    told = changed(five, six)
    new = {name for name, (old, _) in told.items() if not old}
    assert {name.rpartition(" ")[2] for name in new} == {f"{NAME}-miner-5", f"{NAME}-miner-5-key"}
    assert {f"{GENERATED} {NAME}-miner-5-key", f"{SECRET} {NAME}-miner-5"} <= new
    assert {name for name, (old, now) in told.items() if old and now} == {f"{POOL} {NAME}-miner-2"}
    size = [pool.inputs["scalingConfig"] for pool in six.of(POOL) if pool.name == f"{NAME}-miner-2"]
    assert size == [{"desiredSize": 2, "minSize": 2, "maxSize": 2}]
    assert not [name for name, (_, now) in told.items() if not now]


def test_the_genesis_stays_with_the_first_miners_and_is_told_as_it_was_kept(five: Recording, six: Recording) -> None:
    [first], [now] = five.of(STASH), six.of(STASH)
    assert (first.name, first.inputs) == (now.name, now.inputs)
    assert (first.protect, now.protect) == (True, True)
    assert six.exports["genesis_hash"] == five.exports["genesis_hash"]
    assert (six.exports["genesis_miners"], values(six)["chain"]) == (5, values(five)["chain"])


def test_a_later_miner_is_told_the_same_bootstrap_nodes_and_is_none(six: Recording) -> None:
    config = values(six)["nodes"]["miner-5"]["config"]["files"]["config.toml"]
    assert config == values(six)["nodes"]["miner-0"]["config"]["files"]["config.toml"]
    assert config.count("enode://") == 2 * 5  # bootstrap and static nodes
    assert six.exports["tasks"]["miner-5"]["enode"].split("@")[0] not in config


def test_it_is_said_that_a_later_miner_of_clique_waits_for_votes(
    five: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: heard.append(text))
    deploy(five, miners=7)
    assert [text for text in heard if text.startswith("2 of the miners came after the genesis")]


# --- fifteen passive nodes more


def test_fifteen_passive_nodes_more_are_fifteen_nodes_and_their_pools_sizes(five: Recording, twenty: Recording) -> None:
    old, new = values(five), values(twenty)
    added = [f"nodes.passive-{number}" for number in range(5, 20)]
    assert without(new, *added) == old
    told = changed(five, twenty)
    assert set(told) == {f"{POOL} {NAME}-passive-{zone}" for zone in range(3)}
    sizes = {pool.name: pool.inputs["scalingConfig"]["desiredSize"] for pool in twenty.of(POOL)}
    assert [sizes[f"{NAME}-passive-{zone}"] for zone in range(3)] == [7, 7, 6]


# --- what comes back


def test_a_miner_that_goes_leaves_its_key_and_is_the_same_one_when_it_comes_back(six: Recording) -> None:
    fewer = deploy(six, miners=5)
    assert f"{NAME}-miner-5" in {secret.name for secret in fewer.of(SECRET)}
    assert "miner-5" not in values(fewer)["nodes"]
    again = deploy(fewer, miners=6)
    assert again.exports["tasks"]["miner-5"] == six.exports["tasks"]["miner-5"]


def test_backups_that_are_switched_off_leave_their_bucket(five: Recording) -> None:
    off = deploy(five, **OFF, auto_restore=False)
    assert off.one("aws:s3/bucket:Bucket", NAME).protect
    assert values(off)["backup"] == {"enabled": False}


def test_a_checkpoint_node_more_is_told_to_every_node_and_changes_no_genesis() -> None:
    told = without(EVERYTHING, "obft")
    two = deploy(**told, obft=2)
    three = deploy(two, **told, obft=3)
    assert three.exports["genesis_hash"] == two.exports["genesis_hash"]
    config = values(three)["nodes"]["passive-0"]["config"]["files"]["mantis.conf"]
    told_of = config.split('"checkpoint-public-keys": [')[1].split("]")[0]
    assert [told_of.count(public_id(key_of(f"obft-{number}"))) for number in range(3)] == [1, 1, 1]


# --- another genesis


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"genesis": {"period": 6}}, "genesis.period"),
        ({"genesis": {"gas_limit": 9_000_000}}, "genesis.gas_limit"),
        ({"genesis": {"alloc": {"0x" + "ab" * 20: "7"}}}, "genesis.alloc"),
        ({"genesis_miners": 3}, "genesis_miners"),
    ],
)
def test_a_changed_input_of_the_genesis_is_refused_and_told_how_to_make_another(
    five: Recording, change: dict[str, Any], path: str
) -> None:
    found = problems(five, **change)
    assert set(found) == {path}
    assert "`reset_generation`" in found[path]


def test_what_is_told_as_it_was_is_no_change(five: Recording) -> None:
    again = deploy(five, genesis_miners=5, genesis={"period": 5, "alloc": {}})
    assert without(values(again)) == values(five)


def stashes(network: Recording) -> dict[str, Registered]:
    """By name: they are registered in no order."""
    return {stash.name: stash for stash in network.of(STASH)}


def test_another_generation_has_another_genesis_of_the_miners_of_that_time_and_only_the_last_is_protected(
    five: Recording,
) -> None:
    next_one = deploy(five, miners=6, reset_generation=1)
    kept = stashes(next_one)
    assert {name: stash.protect for name, stash in kept.items()} == {
        f"{NAME}-genesis-0": False,
        f"{NAME}-genesis-1": True,
    }
    assert kept[f"{NAME}-genesis-0"].inputs == five.one(STASH).inputs
    assert next_one.exports["genesis_miners"] == 6
    assert next_one.exports["genesis_hash"] != five.exports["genesis_hash"]
    after = deploy(next_one, miners=6, reset_generation=1)
    assert {name: stash.inputs for name, stash in stashes(after).items()} == {
        name: stash.inputs for name, stash in kept.items()
    }


def test_the_same_miners_and_inputs_make_another_chain_in_another_generation(five: Recording) -> None:
    assert deploy(five, reset_generation=1).exports["genesis_hash"] != five.exports["genesis_hash"]


def test_an_earlier_generation_does_not_come_back(five: Recording) -> None:
    second = deploy(five, reset_generation=1)
    assert set(problems(second)) == {"reset_generation"}


def test_keys_stay_through_a_new_genesis(five: Recording) -> None:
    second = deploy(five, reset_generation=1)
    assert {key.name for key in second.of(GENERATED)} == {key.name for key in five.of(GENERATED)}
    assert second.exports["tasks"]["miner-0"] == five.exports["tasks"]["miner-0"]


# --- keys that are given


def test_a_key_that_was_made_is_not_replaced_by_one_that_is_given(five: Recording) -> None:
    assert set(problems(five, keys={"miner-0": {"value": key_of("other")}})) == {"keys.miner-0.value"}


def test_a_key_that_was_given_is_asked_for_again() -> None:
    given = deploy(keys={"miner-0": {"value": pulumi.Output.secret(key_of("brought"))}})
    assert set(problems(given)) == {"keys.miner-0.value"}


def test_another_given_key_is_refused() -> None:
    first = deploy(keys={"miner-0": {"value": pulumi.Output.secret(key_of("brought"))}})
    with pytest.raises(Exception, match="another key is given"):
        deploy(first, keys={"miner-0": {"value": pulumi.Output.secret(key_of("other"))}})
