"""What a live stack refuses of its next `up`, asked of its own state before anything is registered."""

from dataclasses import replace
from typing import Any

import pulumi
import pytest
from pulumi import UNKNOWN

from nodeyard import clouds
from nodeyard.clouds.aws.machine_replacement import warn_of_replacement
from nodeyard.clouds.contract.disk import DiskSpec
from nodeyard.clouds.contract.node_pool import NodePoolSpec
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.errors import InputError
from nodeyard.live import Live, disk_problems, identity_problems, release_problem, version_problem
from nodeyard.metis_sequencer import MetisSequencer
from nodeyard.platform import Platform
from nodeyard.theta_edge_node import ThetaEdgeNode
from sandbox.mocks import SandboxMocks
from tests.unit import theta_fleet
from tests.unit.azure import world as azure_world
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
    assert list(disk_problems({"size_gib": 200, "zone": "us-east-2a", "kms_key": "another"}, spec, "key")) == []


def test_a_disk_that_is_there_keeps_its_key() -> None:
    """A platform that was made anew under its name has another, and the engine would stop at the disk's protection."""
    own = platform()["kms_key"]
    assert metis(disk("metis-l2geth", size_gib=700, zone="us-east-2a", kms_key=own)) == {}
    found = metis(disk("metis-l2geth", size_gib=700, zone="us-east-2a", kms_key="arn:aws:kms:us-east-2:1:key/old"))
    assert list(found) == ["platform"]
    assert "no cloud encrypts a disk anew" in found["platform"]
    assert theta(disk("theta-edge-1", size_gib=200, zone="eu-central-1a", kms_key="")) == {}
    assert list(theta(disk("theta-edge-1", size_gib=200, zone="eu-central-1a", kms_key="k"))) == ["site"]
    spec = DiskSpec(zone="a", size_gib=100)
    [(path, said)] = disk_problems({"size_gib": 100, "zone": "a", "kms_key": ""}, spec, "key")
    assert (path, "encrypted with the cloud's own key" in said) == ("kms_key", True), said


def test_a_part_of_an_identity_does_not_go() -> None:
    [(path, said)] = identity_problems({"index": "0", "new": ""}, {"index": "", "new": "x"}, {"index": "key"})
    assert (path, "nothing in its place would be another identity" in said) == ("key", True), said


@pytest.mark.parametrize(
    ("key", "was"),
    [
        ("system_nodes.instance_type", {"instance_type": "Standard_D8s_v5"}),
        ("system_nodes.release_version", {"release_version": "1.36.3"}),
        ("public_access_cidrs", {"is_public": False}),
    ],
)
def test_what_aks_would_refuse_of_a_live_platform_is_refused_by_the_plan(key: str, was: dict[str, Any]) -> None:
    args = azure_world.arguments()
    system = args["system_nodes"]
    up = {"is_public": True, **{key: system[key] for key in ("instance_type", "release_version")}}
    nets = [{"zone": zone} for zone in args["zones"]]
    contract = platform(
        cloud="azure",
        account=args["account"],
        region=args["region"],
        private_cidrs=[args["cidr"]],
        private_subnets=nets,
        kubernetes_version=args["kubernetes_version"],
    )

    def said(lasting: dict[str, Any]) -> dict[str, str]:
        state = component("nodeyard:index:Platform", "platform", platform=contract, lasting=lasting)
        return refused(lambda: Platform("platform", args), state)

    assert said(up) == {}
    assert list(said(up | was)) == [key]


def test_aks_takes_no_node_back_to_an_older_release_and_gke_does() -> None:
    up = {"release_version": "1.36.4", "instance_type": "Standard_D4s_v5", "zone": "eastus2-1"}
    older = NodePoolSpec(instance_type="Standard_D4s_v5", zone="eastus2-1", release_version="1.36.2")
    assert "no node back" in release_problem(up, older)
    assert release_problem(up, replace(older, release_version="1.36.10")) == ""
    assert release_problem(up, replace(older, zone="eastus2-2")) == "", "that pool is made anew"
    assert release_problem({}, older) == ""
    assert [clouds.named(cloud).NODES_GO_BACK for cloud in CloudName] == [True, False, True]


@pytest.mark.parametrize(("version", "warned"), [(3, 0), (4, 1), (None, 1)], ids=["same", "another", "not known yet"])
def test_a_machine_that_its_group_will_replace_is_named_once(
    monkeypatch: pytest.MonkeyPatch, version: int | None, warned: int
) -> None:
    """Pulumi's own provider does not know the version of a template that changes until `up` has changed it."""
    heard: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: heard.append(text))

    def program() -> None:
        now: Any = UNKNOWN if version is None else version
        warn_of_replacement("edge-1", pulumi.Output.from_input(now), pulumi.ComponentResource("a:b:C", "it"))

    class Before(Up):
        def new_resource(self, args: Any) -> Any:
            return f"{args.name}-id", {}

    template = component("aws:ec2/launchTemplate:LaunchTemplate", "edge-1", latestVersion=3)
    record(program, Before(template))
    assert len(heard) == warned
    assert all("edge-1: the machine is replaced" in text for text in heard)


def test_a_balancers_address_and_a_server_are_known_by_what_made_them() -> None:
    balancer, server = "nodeyard:aws:LoadBalancer", "nodeyard:aws:Database"
    state = Live(
        component(balancer, "it-sdk")
        | component("aws:ec2/eip:Eip", "it-sdk-us-east-2a", under=f"{balancer}$")
        | component(server, "it-database", disk_gib=100)
        | component("aws:rds/instance:Instance", "it-database", under=f"{server}$")
        | component(server, "adopting", disk_gib=100)
        | component("aws:rds/instance:Instance", "adopting-adopted", under=f"{server}$")
    )
    assert state.has("address", "it-sdk-us-east-2a")
    assert not state.has("address", "it-sdk-us-east-2b")
    assert not state.has("disk", "it-database")
    assert state.has("database", "it-database")
    assert state.database("it-database")["disk_gib"] == 100
    assert not state.has("database", "adopting")
    mounted = component("kubernetes:core/v1:Secret", "it-key", under="nodeyard:aws:Secret$")
    assert not Live(mounted).has("secret", "it-key"), "what is in a cluster is not what its cloud keeps"
    assert state.database("adopting") == {}
