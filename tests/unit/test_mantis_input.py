"""What `MantisCluster` refuses: everything at once, each with its path, before anything is registered."""

from typing import Any

import pytest

from tests.unit.examples import platform
from tests.unit.mantis_networks import (
    EVERYTHING,
    FAUCET,
    IMAGES,
    MANTIS,
    NAME,
    OFF,
    deploy,
    key_of,
    problems,
    settings,
)

KEY = key_of("brought")
HOST = {"host": "faucet.example.com"}


# --- the client


def test_checkpoint_nodes_of_a_client_without_checkpoints_are_refused_by_name() -> None:
    found = problems(obft=1, images=IMAGES)
    assert found == {"obft": "core-geth knows no checkpoints (ECIP-1097)"}


def test_no_checkpoint_node_is_no_problem_of_such_a_client() -> None:
    assert settings(obft=0).args["obft"] == 0


def test_consensus_that_the_client_lacks_is_refused_by_name() -> None:
    assert problems(**MANTIS, consensus="clique") == {"consensus": "mantis knows ethash, and not clique"}


def test_each_client_has_a_consensus_of_its_own_unless_told() -> None:
    assert (settings().consensus, settings(**MANTIS).consensus) == ("clique", "ethash")
    assert settings(consensus="ethash").consensus == "ethash"


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ({"genesis": {"difficulty": 5}}, "genesis.difficulty"),
        ({"consensus": "ethash", "genesis": {"period": 5}}, "genesis.period"),
        ({**MANTIS, "genesis": {"period": 5}}, "genesis.period"),
    ],
)
def test_what_the_consensus_does_not_read_is_refused_once(told: dict[str, Any], path: str) -> None:
    assert set(problems(**told)) == {path}


def test_a_chain_id_that_the_client_cannot_read_is_refused() -> None:
    assert set(problems(**{**MANTIS, "chain_id": 128})) == {"chain_id"}
    assert settings(**{**MANTIS, "chain_id": 127}).args["chain_id"] == 127


def test_an_api_that_the_client_has_not_is_refused_with_those_that_it_has() -> None:
    found = problems(rpc_apis=["eth", "personal", "qa"])
    assert set(found) == {"rpc_apis[1]", "rpc_apis[2]"}
    assert "clique" in found["rpc_apis[1]"]
    assert list(settings(**MANTIS, rpc_apis=["qa"]).rpc_apis) == ["qa"]


# --- what is missing, and what is too much


def test_each_part_needs_its_image() -> None:
    told = {**EVERYTHING, "images": {"client": IMAGES["client"]}}
    assert set(problems(**told)) == {f"images.{part}" for part in ("tools", "obft", "explorer", "faucet")}


def test_nodes_that_restore_need_the_tools_though_backups_are_off() -> None:
    told = {**OFF, "auto_restore": True, "bucket": {"existing": "backups-of-another"}}
    assert set(problems(**told)) == {"images.tools"}


def test_a_restore_needs_something_to_restore() -> None:
    told = {"backup": {"enabled": False}, "auto_restore": True}
    assert set(problems(**told)) == {"auto_restore"}
    assert settings(**told, bucket={"existing": "backups-of-another"}).auto_restore


@pytest.mark.parametrize(
    ("told", "asker"),
    [
        ({}, "backup"),
        ({**OFF, "callers": ["wallet"]}, "callers"),
        ({**OFF, "explorer": {"port": 3000}, "images": IMAGES}, "explorer"),
        ({**OFF, "faucet": FAUCET, "images": IMAGES}, "faucet"),
    ],
)
def test_who_asks_passive_nodes_needs_some(told: dict[str, Any], asker: str) -> None:
    found = problems(**told, passive=0)
    assert set(found) == {"passive"}
    assert f"`{asker}`" in found["passive"]


def test_a_network_of_miners_alone_is_taken() -> None:
    assert not settings(**OFF, passive=0).passive


def test_the_genesis_has_no_more_miners_than_there_are() -> None:
    assert set(problems(genesis_miners=6)) == {"genesis_miners"}
    up = deploy()
    assert set(problems(up, miners=4)) == {"miners"}


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ({"miners": 0}, "miners"),
        ({"miners": 31}, "miners"),
        ({"passive": 61}, "passive"),
        ({"obft": 6}, "obft"),
        ({"chain_id": 0}, "chain_id"),
        ({"chain_id": None}, "chain_id"),
        ({"genesis": {"period": 61}}, "genesis.period"),
        ({"backup": {"period": 5400}}, "backup.period"),
        ({"genesis": {"alloc": {"0x" + "ab" * 20: 2**256}}}, "genesis.alloc.0x" + "ab" * 20),
        ({"genesis": {"alloc": {"nobody": "1"}}}, "genesis.alloc.nobody"),
        ({"faucet": {**FAUCET, "port": 80}, "images": IMAGES}, "faucet.port"),
        ({"images": {"tools": "images.invalid/tools:1"}}, "images.client"),
    ],
)
def test_a_value_out_of_its_range_is_refused(told: dict[str, Any], path: str) -> None:
    assert set(problems(**told)) == {path}


# --- keys


def test_a_secret_to_adopt_is_refused_with_the_reason() -> None:
    found = problems(keys={"miner-0": {"existing": "arn:aws:secretsmanager:us-east-2:1:secret:x"}})
    assert set(found) == {"keys.miner-0.existing"}
    assert "public half" in found["keys.miner-0.existing"]


def test_a_key_of_nobody_is_refused() -> None:
    assert set(problems(keys={"miner-5": {"value": KEY}})) == {"keys.miner-5"}
    assert set(problems(keys={"backup": {"value": KEY}})) == {"keys.backup"}


@pytest.mark.parametrize("value", ["0" * 64, "f" * 64, "abc", f"0x{KEY}"])
def test_a_wrong_key_is_refused_and_not_named(value: str) -> None:
    found = problems(keys={"faucet": {"value": value}})
    assert set(found) == {"keys.faucet.value"}
    assert value not in found["keys.faucet.value"]


# --- where it stands


def test_the_namespace_of_its_name_must_be_the_teams() -> None:
    found = problems(name="mantis-mine")
    assert set(found) == {""}
    assert "mantis-mine" in found[""]


def test_a_platform_without_network_policies_is_refused() -> None:
    assert set(problems(platform=platform(namespaces=[NAME], network_policy=False))) == {"platform"}


def test_a_public_network_needs_public_subnets() -> None:
    found = problems(platform=platform(namespaces=[NAME], public_subnets=[]), public=True)
    assert "platform" in found


def test_a_machine_without_room_is_refused_at_its_kinds_key() -> None:
    asking = {"resources": {"requests": {"cpu": "4"}}}
    assert set(problems(miner_nodes={"instance_type": "m6i.large"}, services_nodes=asking)) == {
        "miner_nodes.instance_type",
        "services_nodes.instance_type",
    }


def test_an_address_is_adopted_by_a_genesis_miner_of_a_public_network_alone() -> None:
    id_ = "eipalloc-0123456789abcdef0"
    assert set(problems(addresses={"miner-0": id_})) == {"addresses.miner-0"}
    assert set(problems(public=True, addresses={"miner-5": id_})) == {"addresses.miner-5"}
    assert set(problems(public=True, addresses={"miner-0": "mine"})) == {"addresses.miner-0"}
    assert settings(public=True, addresses={"miner-0": id_}).args["addresses"]


# --- what never changes in place


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"chain_id": 1338}, "chain_id"),
        ({"consensus": "ethash"}, "consensus"),
        ({"platform": platform(namespaces=[NAME], cluster_name="other")}, "platform"),
        ({"miner_nodes": {"disk_gib": 200}}, "miner_nodes.disk_gib"),
        ({"passive_nodes": {"disk_gib": 50}}, "passive_nodes.disk_gib"),
    ],
)
def test_what_a_network_is_never_changes_in_place(change: dict[str, Any], path: str) -> None:
    assert path in problems(deploy(), **change)


def test_another_client_is_another_network() -> None:
    up = deploy(chain_id=42, consensus="ethash")
    assert set(problems(up, **MANTIS)) == {"client"}


# --- web applications


def test_an_ingress_is_judged_at_its_own_key() -> None:
    found = problems(images=IMAGES, faucet={**FAUCET, "ingress": {**HOST, "public": True}})
    assert set(found) == {"faucet.callers", "faucet.ingress.certificate"}


def test_callers_are_of_an_ingress() -> None:
    assert set(problems(images=IMAGES, explorer={"port": 3000, "callers": ["10.0.0.0/8"]})) == {"explorer.callers"}


def test_what_the_chart_says_itself_is_no_variable_of_the_users() -> None:
    told = {"port": 3000, "environment": {"RPC_URL": "http://elsewhere", "THEME": "dark"}}
    assert set(problems(images=IMAGES, explorer=told)) == {"explorer.environment.RPC_URL"}


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = problems(chain_id=-1, miners="5", keys={"miner-9": {}}, monitoring=False, monitoring_labels={"a": "b"})
    assert {"chain_id", "miners", "monitoring_labels"} <= set(found)
