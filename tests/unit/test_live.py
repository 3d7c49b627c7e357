"""What a live stack refuses of its next `up`, asked of its own state before anything is registered."""

from typing import Any

import pytest

from nodeyard.clouds.contract.disk import DiskSpec
from nodeyard.errors import InputError
from nodeyard.live import disk_problems, version_problem
from nodeyard.metis_sequencer import MetisSequencer
from nodeyard.platform import Platform
from nodeyard.theta_edge_node import ThetaEdgeNode
from sandbox.mocks import SandboxMocks
from tests.unit import theta_fleet
from tests.unit.examples import platform, sequencer
from tests.unit.recording import record
from tests.unit.test_platform import arguments
from tests.unit.worlds import empty

OTHER_CLUSTER = platform(cluster_name="another")

METIS = {
    "network": "andromeda",
    "namespace": "metis-mainnet",
    "sequencer_address": "0x" + "ab" * 20,
    "platform": "aws/123456789012/us-east-2/platform",
}
THETA = {"network": "mainnet", "placement": "machine", "cloud": "aws", "region": "eu-central-1"}


class Registers(Exception):
    """The program came as far as to make something."""


class Up(SandboxMocks):
    """A stack that is up with this state. Nothing may be registered any more."""

    def __init__(self, state: dict[str, Any]) -> None:
        super().__init__(empty().home)
        self.state = state

    def new_resource(self, args: Any) -> Any:
        if args.typ != "pulumi:pulumi:Stack":
            raise Registers
        return super().new_resource(args)


def component(type_: str, name: str, under: str = "", **outputs: Any) -> dict[str, Any]:
    """One entry of a state."""
    urn = f"urn:pulumi:test::nodeyard::{under}{type_}::{name}"
    return {urn: {"type": type_, "outputs": outputs}}


def disk(name: str, **outputs: Any) -> dict[str, Any]:
    made, under = "aws:ebs/volume:Volume", "nodeyard:aws:Disk"
    return component(under, name, **outputs) | component(made, name, under=f"{under}$")


def refused(program: Any, state: dict[str, Any]) -> dict[str, str]:
    """What is refused, by path; nothing where the program goes on to make something."""
    try:
        record(program, Up(state))
    except InputError as refusal:
        return dict(refusal.problems)
    except Exception as other:
        if "Registers" not in repr(other) + str(other):
            raise
    return {}


def metis(state: dict[str, Any], **changes: Any) -> dict[str, str]:
    return refused(lambda: MetisSequencer("metis", sequencer(**changes)), state)


def theta(state: dict[str, Any], **changes: Any) -> dict[str, str]:
    return refused(lambda: ThetaEdgeNode("theta", theta_fleet.arguments(**changes)), state)


def a_platform(state: dict[str, Any], **changes: Any) -> dict[str, str]:
    return refused(lambda: Platform("platform", arguments(**changes)), state)


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("network", {"network": "sepolia"}),
        ("namespace", {"namespace": "metis-sepolia"}),
        ("sequencer_address", {"sequencer_address": "0x" + "cd" * 20}),
        ("platform", {"platform": OTHER_CLUSTER}),
    ],
)
def test_what_identifies_a_live_sequencer_does_not_change(key: str, change: dict[str, Any]) -> None:
    state = component("nodeyard:index:MetisSequencer", "metis", identity=METIS)
    assert metis(state) == {}
    found = metis(state, **change)
    assert list(found) == [key]
    assert "a stack of its own" in found[key]


def test_a_sequencer_gets_its_first_address_while_it_is_up() -> None:
    assert metis(component("nodeyard:index:MetisSequencer", "metis", identity=METIS | {"sequencer_address": ""})) == {}


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("network", {"network": "testnet"}),
        ("site.region", {"site": {"cloud": "aws", "region": "us-east-2"}, "zones": ["us-east-2a"]}),
        ("placement", theta_fleet.IN_CLUSTER),
    ],
)
def test_what_identifies_a_live_fleet_does_not_change(key: str, change: dict[str, Any]) -> None:
    state = component("nodeyard:index:ThetaEdgeNode", "theta", identity=THETA)
    assert theta(state) == {}
    assert key in theta(state, **change)


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("cidr", {"cidr": "10.41.0.0/16"}),
        ("region", {"region": "eu-central-1", "zones": [f"eu-central-1{zone}" for zone in "abc"]}),
        ("kubernetes_version", {"kubernetes_version": "1.32"}),
        ("kubernetes_version", {"kubernetes_version": "1.35"}),
    ],
)
def test_a_live_platform_keeps_its_place_and_goes_up_one_minor_at_a_time(key: str, change: dict[str, Any]) -> None:
    nets = [{"zone": f"us-east-2{zone}"} for zone in "abc"]
    contract = platform(private_cidrs=["10.40.0.0/16"], private_subnets=nets)
    state = component("nodeyard:index:Platform", "platform", platform=contract)
    assert a_platform(state) == {}
    assert key in a_platform(state, **change)


@pytest.mark.parametrize(("version", "refused"), [("1.33", False), ("1.34", False), ("1.32", True), ("1.35", True)])
def test_no_minor_version_is_skipped_or_taken_back(version: str, refused: bool) -> None:
    assert bool(version_problem("1.33", version)) is refused


def test_a_disk_that_is_there_becomes_no_smaller() -> None:
    state = disk("metis-l2geth", size_gib=800, zone="us-east-2a")
    assert list(metis(state)) == ["l2geth.disk_gib"]
    assert list(theta(disk("theta-edge-1", size_gib=300, zone="eu-central-1a"))) == ["disk_gib"]
    assert theta(disk("theta-edge-1", size_gib=200, zone="eu-central-1a")) == {}


def test_a_disk_that_is_there_does_not_move() -> None:
    assert list(metis(disk("metis-themis", size_gib=300, zone="us-east-2c"))) == ["themis.zone"]
    assert list(theta(disk("theta-edge-1", size_gib=256, zone="eu-central-1b"))) == ["zones"]


def test_a_disk_that_is_gone_from_the_state_may_be_made_otherwise() -> None:
    forgotten = component("nodeyard:aws:Disk", "metis-l2geth", size_gib=800, zone="us-east-2c")
    assert metis(forgotten) == {}


def test_an_adopted_disk_is_not_held_to_the_one_before() -> None:
    spec = DiskSpec(zone="us-east-2b", size_gib=100, existing="vol-0123456789abcdef0")
    assert list(disk_problems({"size_gib": 200, "zone": "us-east-2a"}, spec)) == []
