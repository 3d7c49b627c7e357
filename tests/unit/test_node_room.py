"""What a node has for its pods: by the clouds' own documentation, EC2's own data, and the stand-in's nodes."""

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import moto
import pytest

from nodeyard import clouds
from nodeyard.clouds.aws import instance_type as ec2
from nodeyard.clouds.aws.node_room import allocatable as on_aws
from nodeyard.clouds.azure.node_room import allocatable as on_azure
from nodeyard.clouds.contract.instance_type import Capacity
from nodeyard.clouds.contract.node_pool import NodePoolSpec
from nodeyard.clouds.contract.node_room import Room
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.gcp.node_room import allocatable as on_gcp
from nodeyard.metis_replica.instance_types import INSTANCE_TYPES as REPLICAS
from nodeyard.metis_sequencer.instance_types import INSTANCE_TYPES
from nodeyard.resources import amount, limit_problems, overlaid, too_small
from nodeyard.theta_edge_node.instance_types import DEFAULTS
from sandbox.controlplane.clouds.aws import nodes as aws_nodes
from sandbox.controlplane.clouds.azure import nodes as azure_nodes
from sandbox.controlplane.clouds.gcp import nodes as gcp_nodes

DATA = Path(moto.__file__).parent / "ec2/resources/instance_types.json.gz"
EC2: dict[str, Any] = json.loads(gzip.decompress(DATA.read_bytes()))
OURS = [type_ for type_ in EC2 if not ec2.instance_type_problem(type_) and ec2.capacity(type_)]
"""The x86 types whose size we tell by their names, among those that EC2 describes."""

ALLOCATABLE: Mapping[CloudName, tuple[Callable[[str], Room | None], Callable[[str], Any]]] = {
    CloudName.AWS: (on_aws, aws_nodes.sizes),
    CloudName.AZURE: (on_azure, azure_nodes.sizes),
    CloudName.GCP: (on_gcp, gcp_nodes.sizes),
}
SHIPPED = [(cloud, type_) for of in (*INSTANCE_TYPES.values(), REPLICAS) for cloud, type_ in of.items()]
SHIPPED += [(cloud, type_) for (cloud, _), type_ in DEFAULTS.items()]
SHIPPED = list(dict.fromkeys(SHIPPED))


def spec(instance_type: str, **changes: Any) -> NodePoolSpec:
    return NodePoolSpec(instance_type=instance_type, zone="a", release_version="1", **changes)


def test_ec2_describes_enough_types_of_ours_to_be_a_judge() -> None:
    assert len(OURS) > 400


def test_no_type_is_taken_for_larger_than_ec2_says() -> None:
    assert [type_ for type_ in OURS if not _is_in(ec2.capacity(type_), EC2[type_])] == []


def _is_in(size: Capacity | None, told: Any) -> bool:
    assert size is not None
    same_processors = size.vcpu == told["VCpuInfo"]["DefaultVCpus"]
    return same_processors and size.memory_gib <= told["MemoryInfo"]["SizeInMiB"] / 1024


def test_no_node_takes_more_pods_than_memory_is_kept_for() -> None:
    most = {type_: ec2.most_pods(type_, EC2[type_]["VCpuInfo"]["DefaultVCpus"]) for type_ in OURS}
    assert [type_ for type_ in OURS if _pods(EC2[type_]["NetworkInfo"]) > most[type_]] == []


def _pods(network: Any) -> int:
    """By interfaces, of which the CNI uses the first card's, and their addresses."""
    return int(network["NetworkCards"][0]["MaximumNetworkInterfaces"] * (network["Ipv4AddressesPerInterface"] - 1) + 2)


def test_a_node_of_aks_keeps_what_its_documentation_says() -> None:
    """30 pods: 20 MB for each and 50 MB. 250 pods on 16 GiB: a quarter. And 140 of 4,000 millicores."""
    assert on_azure("Standard_D4s_v5", 30) == Room(millicpu=3860, mib=int(16384 * 0.97) - 650 - 100)
    assert on_azure("Standard_D4s_v5") == Room(millicpu=3860, mib=int(16384 * 0.97) - 4096 - 100)


def test_a_node_of_gke_keeps_no_less_than_the_one_that_its_documentation_shows() -> None:
    """The page shows an e2-standard-4: 3920m and 13498416Ki."""
    room = on_gcp("e2-standard-4")
    assert room is not None
    assert room.millicpu == 3920
    assert 0.97 * 13498416 / 1024 < room.mib < 13498416 / 1024


@pytest.mark.parametrize(("cloud", "instance_type"), SHIPPED)
def test_the_stand_ins_node_gives_away_what_the_plan_counts_with(cloud: CloudName, instance_type: str) -> None:
    ours, nodes = ALLOCATABLE[cloud]
    _, allocatable = nodes(instance_type)
    assert ours(instance_type) == amount(allocatable)


@pytest.mark.parametrize(("cloud", "instance_type"), SHIPPED)
def test_the_clusters_own_agents_take_their_part(cloud: CloudName, instance_type: str) -> None:
    ours, _ = ALLOCATABLE[cloud]
    whole, left = ours(instance_type), clouds.named(cloud).node_room(spec(instance_type))
    assert whole is not None
    assert left is not None
    taken = whole - left
    assert 0 < taken.millicpu < 700
    assert 0 < taken.mib < 1200


def test_a_gpu_has_agents_of_its_own_on_google_cloud() -> None:
    with_gpu, without = (clouds.named(CloudName.GCP).node_room(spec("n1-standard-4", gpu=gpu)) for gpu in (True, False))
    assert with_gpu is not None
    assert without is not None
    assert without.holds(with_gpu)
    assert with_gpu != without


@pytest.mark.parametrize(
    ("cloud", "instance_type"),
    [("aws", "t3.large"), ("azure", "Standard_B4ms"), ("gcp", "e2-medium"), ("aws", "nonsense")],
)
def test_of_a_type_of_unknown_size_nothing_is_said(cloud: CloudName, instance_type: str) -> None:
    assert clouds.named(CloudName(cloud)).node_room(spec(instance_type)) is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"cpu": "2", "memory": "2Gi"}, Room(millicpu=2000, mib=2048)),
        ({"cpu": "0.5", "memory": "512Mi"}, Room(millicpu=500, mib=512)),
        ({"cpu": "512m", "memory": "1G"}, Room(millicpu=512, mib=954)),
        ({"memory": "1Ki"}, Room(mib=1)),
        ({}, Room()),
    ],
)
def test_amounts_are_read_as_kubernetes_reads_them(written: Mapping[str, str], expected: Room) -> None:
    assert amount(written) == expected


@pytest.mark.parametrize("written", [{"cpu": "two"}, {"memory": "8GB"}, {"cpu": "-1"}, {"memory": ""}])
def test_what_is_no_amount_is_not_taken_for_one(written: Mapping[str, str]) -> None:
    with pytest.raises(ValueError, match="is no amount of"):
        amount(written)


def test_what_an_operator_gives_stands_in_place_of_the_default_and_nothing_else_changes() -> None:
    default = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "2"}}
    assert overlaid(default, {"requests": {"cpu": "3"}, "limits": {"memory": "4Gi"}}) == {
        "requests": {"cpu": "3", "memory": "1Gi"},
        "limits": {"cpu": "2", "memory": "4Gi"},
    }


def test_a_limit_below_its_request_is_named() -> None:
    told = {"requests": {"cpu": "3", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "1Gi"}}
    assert [path for path, _ in limit_problems(told)] == [("limits", "cpu")]


@pytest.mark.parametrize("lacks", [Room(millicpu=1), Room(mib=1)])
def test_a_node_that_lacks_a_little_of_one_is_too_small(lacks: Room) -> None:
    asked = Room(millicpu=100, mib=100)
    assert not too_small("x", asked, asked)
    assert "too small" in too_small("x", asked - lacks, asked)
