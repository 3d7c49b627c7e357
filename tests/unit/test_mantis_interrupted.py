"""What a network keeps of an `up` that did not come to its end, and what a later one is then told."""

from dataclasses import replace
from typing import Any

import pytest

from nodeyard.mantis_cluster.keepsakes import GENERATED
from sandbox.mocks import STASH
from tests.unit.mantis_networks import OFF, Recording, deploy, problems


@pytest.fixture(scope="module")
def up() -> Recording:
    return deploy()


@pytest.fixture(scope="module")
def failed_after_the_genesis(up: Recording) -> Recording:
    """Keys and genesis are there, and the component has no outputs: the release failed, say."""
    return cut_off(up, GENERATED, STASH)


def cut_off(up: Recording, *types: str) -> Recording:
    """An `up` that got as far as what is of these types, and the component itself."""
    kept = [one for one in up.resources if one.type in (*types, "nodeyard:index:MantisCluster")]
    return replace(up, resources=kept, exports={})


@pytest.mark.parametrize(("change", "path"), [({"chain_id": 1338}, "chain_id"), ({"consensus": "ethash"}, "consensus")])
def test_the_genesis_of_an_up_that_failed_is_not_taken_for_another_chains(
    failed_after_the_genesis: Recording, change: dict[str, Any], path: str
) -> None:
    found = problems(failed_after_the_genesis, **change)
    assert set(found) == {path}
    assert "`reset_generation`" in found[path]


def test_another_generation_is_the_way_to_another_chain_then(failed_after_the_genesis: Recording) -> None:
    again = deploy(failed_after_the_genesis, chain_id=1338, reset_generation=1)
    assert again.exports["chain_id"] == 1338


def test_the_genesis_of_an_up_that_failed_has_the_miners_of_that_time(
    failed_after_the_genesis: Recording, up: Recording
) -> None:
    again = deploy(failed_after_the_genesis, miners=7)
    assert again.exports["genesis_miners"] == 5
    assert again.exports["genesis_hash"] == up.exports["genesis_hash"]


def test_keys_of_an_up_that_failed_before_their_secrets_stay(up: Recording) -> None:
    fewer = deploy(cut_off(up, GENERATED), miners=3)
    assert {key.name for key in fewer.of(GENERATED)} == {key.name for key in up.of(GENERATED)}
    assert fewer.exports["genesis_miners"] == 3


def test_a_generation_is_known_though_others_were_skipped(up: Recording) -> None:
    fifth = deploy(up, reset_generation=5)
    assert set(problems(fifth, reset_generation=3)) == {"reset_generation"}


# --- disks


def test_the_backups_disk_becomes_no_smaller(up: Recording) -> None:
    assert set(problems(up, services_nodes={"disk_gib": 99})) == {"services_nodes.disk_gib"}
    assert deploy(up, services_nodes={"disk_gib": 101}).exports["storage"]["backup"] == "101Gi"


def test_a_disk_that_nobody_had_yet_has_any_size() -> None:
    miners = deploy(**OFF, passive=0)
    told = {"passive_nodes": {"disk_gib": 50}, "services_nodes": {"disk_gib": 50}}
    assert set(deploy(miners, **told).exports["tasks"]) >= {f"passive-{number}" for number in range(5)}
