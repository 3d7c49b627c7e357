"""metis-mainnet-rpc through Pulumi's real engine, on the sandbox's stand-in clouds."""

import pytest

from tests.engine.harness import Sandbox
from tests.engine.worlds import Worlds

STACK = "metis-mainnet-rpc"
POOL = ("nodeyard:aws:NodePool", "aws:ec2/launchTemplate:LaunchTemplate", "aws:eks/nodeGroup:NodeGroup")
DISK = (
    "nodeyard:aws:Disk",
    "aws:ebs/volume:Volume",
    "kubernetes:core/v1:PersistentVolume",
    "kubernetes:core/v1:PersistentVolumeClaim",
)


@pytest.fixture(scope="module")
def deployed(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return worlds.shipped(STACK, tmp_path_factory.mktemp("replicas"))


def planned(sandbox: Sandbox, replicas: int) -> dict[str, set[tuple[str, str]]]:
    """What an `up` with so many would do: the kinds and names of the resources, by operation."""
    plan: dict[str, set[tuple[str, str]]] = {}
    for step in sandbox.preview(STACK, {"replicas": str(replicas)})["steps"]:
        kind, name = step["urn"].split("::")[2].split("$")[-1], step["urn"].rpartition("::")[2]
        if step["op"] not in ("same", "read"):
            plan.setdefault(step["op"], set()).add((kind, name))
    return plan


def test_one_replica_more_is_the_third_and_nothing_else(deployed: Sandbox) -> None:
    assert planned(deployed, 3) == {
        "create": {
            *((kind, f"{STACK}-us-east-2c") for kind in POOL),
            *((kind, f"{STACK}-2-{process}") for process in ("l2geth", "l1dtl") for kind in DISK),
        },
        # It is told how many there are.
        "update": {("kubernetes:helm.sh/v3:Release", STACK)},
    }


def test_one_replica_less_leaves_its_disks(deployed: Sandbox) -> None:
    assert planned(deployed, 1)["delete"] == {(kind, f"{STACK}-us-east-2b") for kind in POOL}


def test_as_many_as_there_are_changes_nothing(deployed: Sandbox) -> None:
    assert planned(deployed, 2) == {}


def test_no_key_and_no_public_address_is_made(deployed: Sandbox) -> None:
    made = {resource["type"] for resource in deployed.resources(STACK)}
    assert "aws:ebs/volume:Volume" in made
    assert "aws:ec2/eip:Eip" not in made
    assert set(deployed.outputs(STACK)["secrets"]) == {"l1RpcEndpoint", "l1BeaconEndpoint"}


def test_callers_are_told_where_the_rpc_is(deployed: Sandbox) -> None:
    outputs = deployed.outputs(STACK)
    assert outputs["component"] == "metis_replica"
    assert outputs["endpoint"].startswith("http://")
    assert outputs["endpoint"].endswith(":8545")
    assert outputs["endpoints"] == {"rpc": f"http://{STACK}-rpc.{STACK}.svc:8545"}
    assert {one["zone"] for one in outputs["replicas"].values()} == {"us-east-2a", "us-east-2b"}


def test_another_kind_of_database_is_refused_before_anything_changes(deployed: Sandbox) -> None:
    assert "nodeyard:stack.gcMode" in deployed.refused(STACK, {"gcMode": "full"})
    deployed.unset(STACK, "gcMode")
