"""What each cloud makes of a pool's definition, and of a disk's: on worlds without a control plane."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.controlplane import clouds
from sandbox.controlplane.clouds import Node, Pool
from tests.cluster.worlds import WORLDS, AzureWorld, CloudWorld, GcpWorld, world_of
from tests.cluster.worlds.base import Taint

SPOT = {"key": "kubernetes.azure.com/scalesetpriority", "value": "spot", "effect": "NoSchedule"}


@pytest.fixture(params=WORLDS)
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> CloudWorld:
    made = world_of(request.param, tmp_path)
    made.cluster()
    return made


@pytest.fixture
def azure(tmp_path: Path) -> AzureWorld:
    return AzureWorld(tmp_path)


@pytest.fixture
def gcp(tmp_path: Path) -> GcpWorld:
    made = GcpWorld(tmp_path)
    made.cluster()
    return made


def pools(cloud: CloudWorld) -> dict[str, Pool]:
    (cluster,) = clouds.clusters(cloud.world)
    return {pool.name: pool for pool in clouds.pools(cloud.world, cluster)}


def only(cloud: CloudWorld) -> Node:
    ((node,),) = [pool.nodes for pool in pools(cloud).values()]
    return node


def test_a_cluster_answers_where_its_kubeconfig_looks_for_it(cloud: CloudWorld) -> None:
    (cluster,) = clouds.clusters(cloud.world)
    assert (cluster.cloud, cluster.server, cluster.region) == (cloud.cloud, cloud.server, cloud.region)
    assert cluster.minor == "1.33"


@pytest.mark.parametrize("effect", ["NoSchedule", "PreferNoSchedule", "NoExecute"])
def test_every_effect_of_a_taint_is_spelled_as_kubernetes_does(cloud: CloudWorld, effect: str) -> None:
    cloud.pool("l2geth", cloud.zones[0], taints=[Taint("node.metis.io", "l2geth", effect)])
    assert only(cloud).taints == [{"key": "node.metis.io", "value": "l2geth", "effect": effect}]


def test_the_name_of_a_node_tells_releases_and_pools_apart_and_nothing_else(cloud: CloudWorld) -> None:
    zone = cloud.zones[0]
    cloud.pool("l2geth", zone)
    first = only(cloud).name
    cloud.pool("l2geth", zone, labels={"another": "label"})
    assert only(cloud).name == first
    cloud.pool("l2geth", zone, release=2)
    assert only(cloud).name != first
    cloud.pool("themis", zone, size=3)
    names = [node.name for pool in pools(cloud).values() for node in pool.nodes]
    assert len(set(names)) == 4


def test_a_disk_is_attached_in_its_own_zone_and_by_its_clouds_driver_only(cloud: CloudWorld) -> None:
    here, there = cloud.zones
    handle, (cluster,) = cloud.disk("themis", here), clouds.clusters(cloud.world)
    assert clouds.volume_problem(cloud.world, cluster, cloud.disk_driver, handle, here) == ""
    assert handle in clouds.volume_problem(cloud.world, cluster, cloud.disk_driver, handle, there)
    assert "another.csi CSI driver" in clouds.volume_problem(cloud.world, cluster, "another.csi", handle, here)


# --- GPUs

T4 = {"aws": "g4dn.xlarge", "azure": "Standard_NC4as_T4_v3", "gcp": "n1-standard-4"}
GIVEN: dict[str, dict[str, object]] = {
    "aws": {"amiType": "BOTTLEROCKET_x86_64_NVIDIA"},
    "azure": {"gpuProfile": {"driver": "Install"}},
    "gcp": {"config": {"guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 1}]}},
}
LABELS = {"nvidia.com/gpu.present": "true"}
EVERYWHERE = {"tolerations": [{"operator": "Exists"}]}


def gpus(cloud: CloudWorld) -> list[str | None]:
    """Of the pool `gpu`: what a pod can have of its node."""
    (node,) = pools(cloud)["gpu"].nodes
    assert node.capacity.get("nvidia.com/gpu") == node.allocatable.get("nvidia.com/gpu")
    return [node.allocatable.get("nvidia.com/gpu"), *(taint["key"] for taint in node.taints)]


def test_a_node_shows_the_gpu_that_its_pool_asks_for(cloud: CloudWorld) -> None:
    """With the device plugin, which the owner brings on AKS alone; GKE taints it where there are other nodes."""
    cloud.release("nvidia-device-plugin", EVERYWHERE)
    cloud.pool("system", cloud.zones[0], taints=[])
    cloud.pool("gpu", cloud.zones[0], machine=T4[cloud.cloud], labels=LABELS, **GIVEN[cloud.cloud])
    assert gpus(cloud) == ["1", "node.metis.io", *(["nvidia.com/gpu"] if cloud.cloud == "gcp" else [])]


def test_a_node_shows_no_gpu_that_its_pool_does_not_ask_for(cloud: CloudWorld) -> None:
    cloud.release("nvidia-device-plugin", EVERYWHERE)
    cloud.pool("gpu", cloud.zones[0], machine=T4[cloud.cloud])
    assert gpus(cloud) == [None, "node.metis.io"]


@pytest.mark.parametrize(
    ("labels", "plugin", "profile", "shown"),
    [
        (LABELS, EVERYWHERE, {}, "1"),
        (LABELS, None, {}, None),
        ({"another": "label"}, EVERYWHERE, {}, None),
        (LABELS, {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]}, {}, None),  # the chart's own
        (LABELS, EVERYWHERE, {"driver": "None"}, None),
    ],
)
def test_on_aks_a_gpu_shows_where_the_device_plugin_gets(
    azure: AzureWorld, labels: dict[str, str], plugin: dict[str, object] | None, profile: dict[str, str], shown: str
) -> None:
    azure.cluster()
    if plugin is not None:
        azure.release("nvidia-device-plugin", plugin)
    azure.pool("gpu", azure.zones[0], machine=T4["azure"], labels=labels, gpuProfile=profile)
    assert gpus(azure)[0] == shown


def test_on_gke_a_gpu_without_its_driver_does_not_show(gcp: GcpWorld) -> None:
    accelerator = {"type": "nvidia-tesla-t4", "count": 1}
    off = {"gpuDriverInstallationConfig": {"gpuDriverVersion": "INSTALLATION_DISABLED"}}
    gcp.pool("gpu", gcp.zones[0], machine=T4["gcp"], config={"guestAccelerators": [accelerator | off]})
    assert gpus(gcp) == [None, "node.metis.io"], "and the only nodes are not tainted"


# --- AKS


def test_a_pool_of_the_clusters_own_definition_has_nodes_in_each_of_its_zones(azure: AzureWorld) -> None:
    system = {"name": "system", "mode": "System", "count": 3, "vmSize": "Standard_D2s_v5"}
    azure.cluster(agentPoolProfiles=[{**system, "availabilityZones": ["1", "2"]}])
    nodes = pools(azure)["system"].nodes
    zones = [node.labels["topology.kubernetes.io/zone"] for node in nodes]
    assert zones == ["eastus2-1", "eastus2-2", "eastus2-1"]
    assert {node.labels["kubernetes.azure.com/mode"] for node in nodes} == {"system"}


def test_a_pool_without_zones_is_in_zone_0(azure: AzureWorld) -> None:
    azure.cluster(agentPoolProfiles=[{"name": "system", "count": 1, "vmSize": "Standard_D2s_v5"}])
    assert only(azure).labels["topology.kubernetes.io/zone"] == "0"


def test_a_pool_that_is_defined_twice_is_one_pool(azure: AzureWorld) -> None:
    azure.cluster(agentPoolProfiles=[{"name": "l2geth", "count": 1, "vmSize": "Standard_D2s_v5"}])
    azure.pool("l2geth", azure.zones[0], size=2)
    (cluster,) = clouds.clusters(azure.world)
    (pool,) = clouds.pools(azure.world, cluster)
    assert (pool.name, len(pool.nodes)) == ("l2geth", 2)


@pytest.mark.parametrize("given", [[], [Taint(SPOT["key"], "spot")]])
def test_aks_taints_and_labels_its_spot_nodes_itself_once(azure: AzureWorld, given: list[Taint]) -> None:
    azure.cluster()
    azure.pool("l2geth", azure.zones[0], taints=given, scaleSetPriority="Spot")
    assert only(azure).taints == [SPOT]
    assert only(azure).labels[SPOT["key"]] == "spot"


def test_an_agent_pool_of_another_cluster_is_none_of_this_one(azure: AzureWorld) -> None:
    azure.cluster()
    azure.pool("l2geth", azure.zones[0])
    azure.cluster("another", "https://another.hcp.eastus2.azmk8s.io:443")
    found = {cluster.name: clouds.pools(azure.world, cluster) for cluster in clouds.clusters(azure.world)}
    assert [len(found[name]) for name in ("platform", "another")] == [1, 0]


# --- GKE


def test_gke_counts_nodes_in_every_zone(gcp: GcpWorld) -> None:
    gcp.pool("system", gcp.zones[0], size=2, nodeLocations=list(gcp.zones))
    zones = [node.labels["topology.kubernetes.io/zone"] for node in pools(gcp)["system"].nodes]
    assert zones == ["us-central1-a", "us-central1-a", "us-central1-b", "us-central1-b"]


def test_gke_labels_its_spot_nodes_and_taints_none(gcp: GcpWorld) -> None:
    gcp.pool("l2geth", gcp.zones[0], taints=[], config={"spot": True})
    assert only(gcp).taints == []
    assert only(gcp).labels["cloud.google.com/gke-spot"] == "true"


def test_nodes_are_called_after_the_group_that_gke_made_for_them(gcp: GcpWorld) -> None:
    zone = gcp.zones[0]
    url = (
        f"https://www.googleapis.com/compute/v1/projects/p/zones/{zone}/instanceGroupManagers/gke-plat-l2-0a1b2c3d-grp"
    )
    gcp.pool("l2geth", zone, instanceGroupUrls=[url])
    assert only(gcp).name.startswith("gke-plat-l2-0a1b2c3d-")


@pytest.mark.parametrize(("pool", "public"), [({}, False), ({"enablePrivateNodes": False}, True)])
def test_a_pools_own_switch_says_whether_its_nodes_are_private(
    gcp: GcpWorld, pool: dict[str, bool], public: bool
) -> None:
    gcp.pool("l2geth", gcp.zones[0], networkConfig=pool)
    assert ("ExternalIP" in {address["type"] for address in only(gcp).addresses}) == public
