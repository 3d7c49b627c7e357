"""Node pools and firewalls on Azure, and how sizes and releases are called there."""

from typing import Any

import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.azure import node_pool
from nodeyard.clouds.azure.instance_type import capacity
from nodeyard.clouds.azure.release_version import problem_beside, release_problem
from nodeyard.clouds.contract.firewall import FirewallSpec, IngressRule
from nodeyard.clouds.contract.instance_type import Capacity
from nodeyard.clouds.contract.node_pool import NodePoolSpec, Taint, TaintEffect
from nodeyard.clouds.contract.platform import CloudName, PlatformContract
from nodeyard.errors import InputError
from tests.unit.azure.world import Make
from tests.unit.recording import Registered

CLOUD = clouds.named(CloudName.AZURE)

# --- node pools


def spec(**changes: Any) -> NodePoolSpec:
    given: dict[str, Any] = {
        "instance_type": "Standard_F8s_v2",
        "zone": "eastus2-2",
        "release_version": "1.36.2",
        "labels": {"node.metis.io": "themis"},
        "taints": [Taint("node.metis.io", "themis")],
        "public_address": True,
    }
    return NodePoolSpec(**{**given, **changes})


def pool(make: Make, **changes: Any) -> tuple[Registered, list[Taint]]:
    made: dict[str, Any] = {}

    def program(platform: PlatformContract, opts: ResourceOptions) -> None:
        made["pool"] = CLOUD.NodePool("metis-sepolia-azure-themis", spec(**changes), platform, opts)

    recording = make(program)
    return recording.one("azure-native:containerservice:AgentPool"), made["pool"].taints


def test_a_pool_stands_in_its_zones_subnet_without_public_addresses(make: Make) -> None:
    made, _ = pool(make)
    assert made.inputs["availabilityZones"] == ["2"]
    assert made.inputs["vnetSubnetID"].endswith("/subnets/eastus2-2")
    assert made.inputs["enableNodePublicIP"] is False
    assert made.inputs["nodeLabels"] == {"node.metis.io": "themis"}
    assert made.inputs["nodeTaints"] == ["node.metis.io=themis:NoSchedule"]
    assert (made.inputs["count"], made.inputs["enableAutoScaling"]) == (1, False)
    assert made.inputs["orchestratorVersion"] == "1.36.2"


def test_there_are_never_two_nodes_for_what_runs_once(make: Make) -> None:
    made, _ = pool(make)
    assert made.inputs["upgradeSettings"] == {"maxSurge": "0", "maxUnavailable": "1"}
    assert made.delete_before_replace


def test_whatever_aks_does_not_change_in_place_replaces_the_pool() -> None:
    """As azure-aks-docs `fb060ab` tells it."""
    assert set(node_pool.FIXED) == {
        "vmSize",  # create-node-pools.md, "Limitations"
        "availabilityZones",  # reliability-availability-zones-configure.md
        "osDiskSizeGB",  # concepts-storage.md, "Managed OS disks"
        "osDiskType",  # concepts-storage.md: chosen when a pool is made
        *("scaleSetPriority", "scaleSetEvictionPolicy", "spotMaxPrice"),  # spot-node-pool.md
        "vnetSubnetID",  # create-node-pools.md, "Add a node pool with a unique subnet"
        "gpuProfile",  # aks-managed-gpu-nodes.md, "Immutability"
    }


@pytest.mark.parametrize(("given", "made"), [(None, 128), (200, 200)])
def test_the_os_disk_is_as_large_as_aks_own_unless_told(make: Make, given: int | None, made: int) -> None:
    assert pool(make, root_disk_gib=given)[0].inputs["osDiskSizeGB"] == made


def test_a_spot_pool_has_aks_own_taint_which_the_pool_tells(make: Make) -> None:
    made, taints = pool(make, spot=True)
    assert (made.inputs["scaleSetPriority"], made.inputs["spotMaxPrice"]) == ("Spot", -1)
    assert "upgradeSettings" not in made.inputs, "spot pools can't set max surge"
    assert "kubernetes.azure.com/scalesetpriority=spot:NoSchedule" in made.inputs["nodeTaints"]
    assert Taint("kubernetes.azure.com/scalesetpriority", "spot") in taints
    assert Taint("node.metis.io", "themis") in taints


@pytest.mark.parametrize("effect", TaintEffect)
def test_every_taint_effect_is_spelled_as_kubernetes_does(make: Make, effect: TaintEffect) -> None:
    made, _ = pool(make, taints=[Taint("a", "b", effect)])
    assert made.inputs["nodeTaints"] == [f"a=b:{effect.value}"]


@pytest.mark.parametrize("size", ["Standard_DC4as_v5", "Standard_DC8ads_v5", "Standard_EC4as_v5", "Standard_EC8ads_v6"])
def test_sizes_with_sev_snp_can_be_confidential(make: Make, size: str) -> None:
    assert pool(make, confidential=True, instance_type=size)[0].inputs["vmSize"] == size


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"confidential": True}, "instance_type"),
        ({"confidential": True, "instance_type": "Standard_DC4es_v5"}, "instance_type"),  # Intel TDX
        ({"confidential": True, "instance_type": "Standard_DC4s_v3"}, "instance_type"),  # enclaves
        ({"release_version": "1.46.0-431fe75a"}, "release_version"),
        ({"release_version": "1.37.0"}, "release_version"),
        ({"release_version": "1.32.9"}, "release_version"),
        ({"zone": "eastus2-4"}, "zone"),
    ],
)
def test_a_pool_that_azure_would_refuse_is_refused_with_its_path(make: Make, changes: Any, path: str) -> None:
    with pytest.raises(InputError) as raised:
        pool(make, **changes)
    assert [problem[0] for problem in raised.value.problems] == [path]


# --- firewalls


def test_a_firewall_makes_nothing_and_a_pool_refuses_what_nobody_would_hold(make: Make) -> None:
    open_to_all = IngressRule(30303, "tcp", "p2p")
    narrow = IngressRule(30304, "tcp", "p2p", cidrs=["198.51.100.0/24"])

    def program(platform: PlatformContract, opts: ResourceOptions) -> None:
        CLOUD.Firewall("peers", FirewallSpec(peers=True, ingress=[open_to_all, narrow]), platform, opts)

    assert not [r for r in make(program).resources if r.type.startswith("azure-native:")]

    def behind(platform: PlatformContract, opts: ResourceOptions) -> None:
        wall = CLOUD.Firewall("f", FirewallSpec(ingress=[open_to_all, narrow]), platform, opts)
        CLOUD.NodePool("p", spec(firewalls=[wall]), platform, opts)

    with pytest.raises(InputError) as raised:
        make(behind)
    assert [path for path, _ in raised.value.problems] == ["firewalls[0].ingress[1].cidrs"]


# --- words


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("Standard_F16s_v2", Capacity(16, 32)),
        ("Standard_F8s_v2", Capacity(8, 16)),
        ("Standard_D4s_v5", Capacity(4, 16)),
        ("Standard_D8ads_v5", Capacity(8, 32)),
        ("Standard_E8s_v5", Capacity(8, 64)),
        ("Standard_DC8as_v5", Capacity(8, 32)),
        ("Standard_NC4as_T4_v3", Capacity(4, 28)),
        ("Standard_NC40ads_H100_v5", None),
        ("Standard_E96s_v5", None),  # less than its share
        ("Standard_F8as_v6", None),
        ("Standard_D2_v2", None),
        ("Standard_D8ls_v5", None),
        ("Standard_B4ms", None),
        ("Standard_E32-8s_v5", None),
        ("Standard_D4ps_v5", None),
        ("", None),
    ],
)
def test_a_sizes_name_tells_how_large_it_is_or_nothing(size: str, expected: Capacity | None) -> None:
    assert capacity(size) == expected


def test_a_release_is_a_patch_version_of_kubernetes() -> None:
    assert release_problem("1.36.2") == ""
    for wrong in ("1.36", "latest", "1.46.0-431fe75a", "AKSUbuntu-2204-202607.01.0"):
        assert wrong in release_problem(wrong)


def test_a_node_is_never_newer_than_its_cluster_and_up_to_three_minors_older() -> None:
    fine = [minor for minor in range(30, 40) if not problem_beside(f"1.{minor}.1", "1.36")]
    assert fine == [33, 34, 35, 36]
    assert problem_beside("latest", "1.36")
