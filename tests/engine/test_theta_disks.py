"""What becomes of an edge node's disk through Pulumi's real engine, on the sandbox's stand-in clouds: had back, and
restored from a snapshot.

The tests of one cloud share a deployment of two nodes, in this order.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.cloud_operator import DISKS, Operator
from tests.engine.harness import Sandbox
from tests.engine.worlds import Worlds

STACKS = {"aws": "theta-mainnet", "azure": "theta-mainnet-azure", "gcp": "theta-mainnet-gcp"}
ACCOUNTS = {
    "aws": ("us-east-2", ""),
    "azure": ("eastus2", "00000000-0000-0000-0000-000000000000"),
    "gcp": ("us-central1", "nodeyard-theta"),
}
KEPT = (
    *DISKS.values(),
    "random:index/randomPassword:RandomPassword",
    "aws:secretsmanager/secret:Secret",
    "azure-native:keyvault:Secret",
    "gcp:secretmanager/secret:Secret",
)

Nodes = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Fleet:
    cloud: str
    stack: str
    sandbox: Sandbox
    operator: Operator

    def configure(self, nodes: Nodes) -> None:
        """Exactly these nodes, each with what is its own."""
        self.sandbox.unset(self.stack, "nodes")
        self.sandbox.set(
            self.stack, {f"nodes.{node}.{key}": value for node, keys in nodes.items() for key, value in keys.items()}
        )

    def up(self, nodes: Nodes) -> None:
        self.configure(nodes)
        self.sandbox.up(self.stack)

    def refused(self, nodes: Nodes) -> str:
        """What an `up` without a preview prints, which must fail and make nothing."""
        self.configure(nodes)
        before = self.operator.everything()
        result = self.sandbox.run("up", "--stack", self.stack, "--yes", "--skip-preview")
        assert result.returncode != 0
        assert self.operator.everything() == before
        return result.stdout + result.stderr

    def changes(self) -> set[tuple[str, str, str]]:
        """(type, name, operation) of what a preview would change."""
        return {
            (s["urn"].split("::")[2].split("$")[-1], s["urn"].rpartition("::")[2], s["op"])
            for s in self.sandbox.preview(self.stack)["steps"]
            if s["op"] not in ("same", "read")
        }

    def unprotect(self, node: str) -> None:
        """As an operator does who takes the node out."""
        for resource in self.resources():
            if resource.get("protect") and node in resource["urn"].rpartition("::")[2]:
                self.sandbox.ok("state", "unprotect", "--stack", self.stack, "--yes", resource["urn"])

    def resources(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandbox.export(self.stack)["deployment"]["resources"]
        return found

    def made(self, node: str) -> list[str]:
        """The URNs of what the stack made for the node that only exists once."""
        once = [r["urn"] for r in self.resources() if r["type"] in KEPT and not r.get("external")]
        return [urn for urn in once if node in urn.rpartition("::")[2]]

    def node(self, key: str) -> dict[str, Any]:
        node: dict[str, Any] = self.sandbox.outputs(self.stack)["nodes"][key]
        return node


@dataclass
class Lost:
    """What was edge-1's: its disk and password, which outlive it, and the snapshot that is taken of the disk."""

    disk: str = ""
    zone: str = ""
    secret: str = ""
    snapshot: str = ""

    @property
    def had_back(self) -> dict[str, str]:
        return {"existingDisk": self.disk, "zone": self.zone, "password.existing": self.secret}

    @property
    def restored(self) -> dict[str, str]:
        return {"seedFrom": self.snapshot, "zone": self.zone, "password.existing": self.secret}


def fleet_of(cloud: str, sandbox: Sandbox) -> Fleet:
    return Fleet(cloud, STACKS[cloud], sandbox, Operator(cloud, sandbox.home, *ACCOUNTS[cloud]))


def fleet_on(cloud: str, worlds: Worlds, home: Path) -> Fleet:
    zone = {"aws": "us-east-2a", "azure": "eastus2-1", "gcp": "us-central1-a"}[cloud]

    def make(sandbox: Sandbox) -> None:
        fleet_of(cloud, sandbox).up({"edge-1": {"zone": zone}, **OTHER})

    return fleet_of(cloud, worlds.copy(f"{STACKS[cloud]}-of-two", home, make))


OTHER: Nodes = {"edge-2": {"password.external": "true"}}


@pytest.fixture(scope="module", params=STACKS)
def fleet(request: pytest.FixtureRequest, worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return fleet_on(request.param, worlds, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def lost(fleet: Fleet) -> Lost:
    """Edge-1 is taken out of the stack. (Once for each cloud: the fleet is what it is made from.)"""
    node = fleet.node("edge-1")
    fleet.unprotect("edge-1")
    fleet.up(OTHER)
    return Lost(node["disk"], node["zone"], node["secret"])


def test_the_disk_stays_when_its_node_is_taken_out(fleet: Fleet, lost: Lost) -> None:
    assert not [r for r in fleet.resources() if r.get("id") == lost.disk]
    assert lost.disk in fleet.operator.disks()


def test_a_node_that_was_taken_out_is_had_back_with_its_disk_and_its_password(fleet: Fleet, lost: Lost) -> None:
    before = fleet.operator.disks()
    fleet.up({"edge-1": lost.had_back, **OTHER})
    node = fleet.node("edge-1")
    assert (node["disk"], node["secret"], node["zone"]) == (lost.disk, lost.secret, lost.zone)
    assert fleet.operator.disks() == before
    assert fleet.made("edge-1") == [], "it has a disk and a password"
    assert fleet.sandbox.outputs(fleet.stack)["missing"] == [], "whose value outlived the node"
    assert fleet.changes() == set()
    fleet.unprotect("edge-1")  # On Azure the disk's place on the schedule of snapshots.
    fleet.up(OTHER)
    assert fleet.operator.disks() == before, "nor does it go with a node that adopted it"


def test_a_snapshot_makes_no_disk_while_the_one_it_was_taken_of_lives(fleet: Fleet, lost: Lost) -> None:
    """Which no stack knows any more: the cloud does."""
    lost.snapshot = fleet.operator.snapshot(lost.disk)
    printed = fleet.refused({"edge-1b": lost.restored, **OTHER})
    assert f"nodeyard:stack.nodes.edge-1b.seedFrom: {lost.snapshot} was taken of {lost.disk}, which lives" in printed
    assert "Traceback" not in printed


def test_the_node_comes_back_from_a_snapshot_when_its_disk_is_gone(fleet: Fleet, lost: Lost) -> None:
    fleet.operator.delete_disk(lost.disk)
    before = set(fleet.operator.disks())
    fleet.up({"edge-1b": lost.restored, **OTHER})
    node = fleet.node("edge-1b")
    assert set(fleet.operator.disks()) - before == {node["disk"]}
    [disk] = [r for r in fleet.resources() if r.get("id") == node["disk"]]
    assert lost.snapshot in str(disk["inputs"])
    assert disk["protect"]
    assert node["secret"] == lost.secret


def test_its_own_disk_does_not_stop_a_later_up(fleet: Fleet, lost: Lost) -> None:
    assert fleet.node("edge-1b")["disk"] in fleet.operator.disks()
    assert fleet.changes() == set()


def test_nothing_changes_when_the_snapshot_is_deleted(fleet: Fleet, lost: Lost) -> None:
    fleet.operator.delete_snapshot(lost.snapshot)
    assert fleet.changes() == set()


def test_nothing_changes_when_the_snapshot_is_named_no_more(fleet: Fleet, lost: Lost) -> None:
    restored = {key: value for key, value in lost.restored.items() if key != "seedFrom"}
    fleet.configure({"edge-1b": restored, **OTHER})
    assert fleet.changes() == set()


# --- deployments of their own ---


@pytest.mark.parametrize("cloud", STACKS)
def test_another_stack_has_a_node_back_when_the_state_is_lost(cloud: str, worlds: Worlds, tmp_path: Path) -> None:
    fleet = fleet_on(cloud, worlds, tmp_path)
    node, before = fleet.node("edge-1"), fleet.operator.disks()
    fleet.sandbox.ok("destroy", "--stack", fleet.stack, "--yes", "--exclude-protected")
    other = replace(fleet, stack="theta-again")
    fleet.sandbox.ok("stack", "init", other.stack)
    fleet.sandbox.ok("config", "cp", "--stack", fleet.stack, "--dest", other.stack)
    fleet.sandbox.ok("stack", "rm", fleet.stack, "--yes", "--force")
    lost = Lost(node["disk"], node["zone"], node["secret"])
    if cloud == "azure":  # whose vault answers its own network alone, and which keeps snapshots of its own disks alone
        fleet.sandbox.configure(other.stack, "--path", "nodeyard:stack.snapshots", "false")
        other.up({"edge-1": {"existingDisk": lost.disk, "zone": lost.zone, "password.external": "true"}})
    else:
        other.up({"edge-1": lost.had_back})
        assert other.node("edge-1")["secret"] == lost.secret
    assert other.node("edge-1")["disk"] == lost.disk
    assert fleet.operator.disks() == before
    assert other.changes() == set()


def test_two_nodes_never_share_a_disk_or_a_snapshot(tmp_path: Path) -> None:
    fleet = fleet_of("aws", Sandbox(tmp_path))
    same = {"password.external": "true", "zone": "us-east-2a"}
    disk, seed = {**same, "existingDisk": "vol-1"}, {**same, "seedFrom": "snap-1"}
    printed = fleet.refused({"edge-1": disk, "edge-2": disk, "edge-3": seed, "edge-4": seed})
    for node, named in {
        1: "existingDisk: vol-1",
        2: "existingDisk: vol-1",
        3: "seedFrom: snap-1",
        4: "seedFrom: snap-1",
    }.items():
        assert f"nodeyard:stack.nodes.edge-{node}.{named} is named by 2 nodes" in printed
