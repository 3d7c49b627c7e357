"""The nodes of AKS's agent pools: those that are part of the cluster's own definition, and those made beside it."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.simulation.world import Object

from .. import Cluster, Node, Pool, View, text
from ..releases import values_of
from ..shapes import address_in, fingerprint, node_addresses, reaches, standard_labels, with_gpus
from .resources import AGENT_POOL, SUBNET, group_of, last_of, managed_cluster, part_of

Profile = Mapping[str, Any]

SPOT = "kubernetes.azure.com/scalesetpriority"
#: GiB for each vCPU, of the series that we know, from version 3 on; an `l` in the size halves that of the D series.
MEMORY = {"D": 4, "E": 8, "DC": 4, "EC": 8}
#: (vCPUs, GiB, GPUs) of those with NVIDIA's T4 ("NCasT4_v3 sizes series").
WITH_T4 = {
    "Standard_NC4as_T4_v3": (4, 28, 1),
    "Standard_NC8as_T4_v3": (8, 56, 1),
    "Standard_NC16as_T4_v3": (16, 110, 1),
    "Standard_NC64as_T4_v3": (64, 440, 4),
}
DEVICE_PLUGIN = "nvidia-device-plugin"
#: What the chart's own affinity looks for, where nothing discovers features.
PRESENT = ("nvidia.com/gpu.present", "true")
OVERLAY_PODS = 250  # "Configure maximum pods per node": the default with Azure CNI Overlay
KERNEL_LEAVES = 0.97  # of an instance's memory, as nodes of these sizes show their capacity


def pools(view: View, cluster: Cluster) -> list[Pool]:
    item = managed_cluster(view, cluster)
    return [_pool(view, cluster, item, profile) for profile in _profiles(view, item)]


def subnets(view: View, cluster: Cluster) -> set[str]:
    """The ids of those that the cluster's nodes stand in; empty where AKS made the network."""
    profiles = _profiles(view, managed_cluster(view, cluster))
    return {str(profile.get("vnetSubnetID") or "").lower() for profile in profiles}


def _profiles(view: View, cluster: Object) -> list[Profile]:
    """Every pool once: a pool of the cluster's definition may be managed as one of its own later."""
    inline = {str(profile["name"]): profile for profile in cluster.properties.get("agentPoolProfiles") or []}
    beside = {last_of(item.id): item.properties for item in view.find(AGENT_POOL) if _in(item, cluster)}
    return [{**profile, "name": name} for name, profile in (inline | beside).items()]


def _in(pool: Object, cluster: Object) -> bool:
    same_group = group_of(pool.id).lower() == group_of(cluster.id).lower()
    return same_group and part_of(pool.id, "managedClusters").lower() == last_of(cluster.id).lower()


def _pool(view: View, cluster: Cluster, item: Object, profile: Profile) -> Pool:
    zones = [f"{cluster.region}-{zone}" for zone in profile.get("availabilityZones") or []] or ["0"]
    count = int(profile.get("count") or 0)
    nodes = [_node(view, cluster, item, profile, zones[index % len(zones)], index) for index in range(count)]
    upgrade = profile.get("upgradeSettings") or {}
    # Without a surge a node goes before its successor comes; AKS surges by 10 percent unless told otherwise, and never
    # on spot nodes.
    old_first = _spot(profile) or str(upgrade.get("maxSurge", "10%")) in ("0", "0%")
    return Pool(profile["name"], nodes, old_first=old_first)


def _node(view: View, cluster: Cluster, item: Object, profile: Profile, zone: str, index: int) -> Node:
    size = str(profile.get("vmSize"))
    boots_with = [profile.get(key) for key in ("nodeImageVersion", "orchestratorVersion", "vnetSubnetID")]
    identity = fingerprint(item.id, profile["name"], index, size, *boots_with)
    name = f"{_scale_set(item, profile)}{_instance(identity)}"
    address = address_in(_cidr(view, profile), identity)
    public = address_in("20.0.0.0/8", identity) if profile.get("enableNodePublicIP") else ""
    sized = sizes(size, int(profile.get("maxPods") or OVERLAY_PODS))
    capacity, allocatable = with_gpus(sized, _gpus(view, cluster, profile))
    return Node(
        name=name,
        labels={
            **standard_labels(cluster, name, zone, size),
            "topology.disk.csi.azure.com/zone": "" if zone == "0" else zone,
            "kubernetes.azure.com/agentpool": profile["name"],
            "kubernetes.azure.com/cluster": text(item, "nodeResourceGroup"),
            "kubernetes.azure.com/mode": str(profile.get("mode") or "User").lower(),
            "kubernetes.azure.com/os-sku": str(profile.get("osSKU") or "Ubuntu"),
            **({SPOT: "spot"} if _spot(profile) else {}),
            **(profile.get("nodeLabels") or {}),
        },
        taints=_taints(profile),
        provider_id=f"azure://{_scale_set_id(item, profile)}/virtualMachines/{index}",
        addresses=node_addresses(name, address, public),
        capacity=capacity,
        allocatable=allocatable,
    )


def _scale_set(cluster: Object, profile: Profile) -> str:
    digits = int(fingerprint(cluster.id)[:8], 16) % 10**8
    return f"aks-{profile['name']}-{digits:08}-vmss"


def _scale_set_id(cluster: Object, profile: Profile) -> str:
    group = text(cluster, "nodeResourceGroup").lower()
    where = f"/subscriptions/{part_of(cluster.id, 'subscriptions')}/resourceGroups/{group}"
    return f"{where}/providers/Microsoft.Compute/virtualMachineScaleSets/{_scale_set(cluster, profile)}"


def _instance(identity: str) -> str:
    """Six characters, as scale sets count their instances. AKS renews an instance under its old name; here it gets
    another, so that it is seen to go and come."""
    digits, number = "0123456789abcdefghijklmnopqrstuvwxyz", int(identity[:12], 16)
    return "".join(digits[number // 36**place % 36] for place in range(6))


def _cidr(view: View, profile: Profile) -> str:
    """The subnet's range; AKS's own network where the pool names none."""
    wanted = str(profile.get("vnetSubnetID") or "").lower()
    found = next((item for item in view.find(SUBNET) if item.id.lower() == wanted), None)
    prefixes = (found.properties.get("addressPrefixes") or [] if found else []) or [None]
    return str((text(found, "addressPrefix") if found else "") or prefixes[0] or "10.224.0.0/16")


def _spot(profile: Profile) -> bool:
    return profile.get("scaleSetPriority") == "Spot"


def _gpus(view: View, cluster: Cluster, profile: Profile) -> int:
    """AKS installs the driver unless told not to. The device plugin is the owner's release, and has to get there."""
    count = WITH_T4.get(str(profile.get("vmSize")), (0, 0, 0))[2]
    driver = (profile.get("gpuProfile") or {}).get("driver") != "None"
    plugin = values_of(view, cluster, DEVICE_PLUGIN)
    if not driver or plugin is None or PRESENT not in (profile.get("nodeLabels") or {}).items():
        return 0
    return count if reaches(plugin.get("tolerations") or [], _taints(profile)) else 0


def _taints(profile: Profile) -> list[dict[str, str]]:
    given = [*(profile.get("nodeTaints") or []), *(profile.get("nodeInitializationTaints") or [])]
    own = f"{SPOT}=spot:NoSchedule"
    return [_taint(taint) for taint in [*given, *([own] if _spot(profile) and own not in given else [])]]


def _taint(given: str) -> dict[str, str]:
    words, _, effect = given.rpartition(":")
    key, _, value = words.partition("=")
    return {"key": key, "value": value, "effect": effect}


def sizes(vm_size: str, pods: int = OVERLAY_PODS) -> tuple[dict[str, str], dict[str, str]]:
    """(capacity, allocatable) of a node."""
    cpus, gib = _size(vm_size)
    mib = int(gib * 1024 * KERNEL_LEAVES)
    # "Node resource reservations" of AKS 1.29 and later: 20 MB for each pod that may come and 50 MB more, at most a
    # quarter of the memory; and the eviction threshold.
    reserved_mib = int(min(20 * pods + 50, 0.25 * gib * 1024)) + 100
    capacity = {"cpu": str(cpus), "memory": f"{mib}Mi", "pods": str(pods)}
    left = {"cpu": f"{cpus * 1000 - _reserved_millicpu(cpus)}m", "memory": f"{mib - reserved_mib}Mi"}
    return capacity, capacity | left


def _size(vm_size: str) -> tuple[int, float]:
    """vCPUs and GiB of a VM size."""
    if vm_size in WITH_T4:
        return WITH_T4[vm_size][:2]
    known = re.fullmatch(r"Standard_([A-Z]+)(\d+)(?:-\d+)?([a-z]*)_v(\d+)", vm_size)
    series, cpus, features, version = known.groups() if known else ("", "0", "", "0")
    if series == "F" and features == "s" and version == "2":
        return int(cpus), int(cpus) * 2
    per_cpu = MEMORY.get(series) if int(version) >= 3 and int(cpus) <= 48 else None
    if per_cpu is None:
        raise ValueError(f"the sandbox does not know how big {vm_size} is: add it to {__name__}")
    return int(cpus), int(cpus) * (per_cpu // 2 if "l" in features and series == "D" else per_cpu)


def _reserved_millicpu(cpus: int) -> int:
    """The table of "Node resource reservations": 60 of one core, 100 of two, 140 of four, 180 of eight, and so on."""
    return sum([60, 40, 20, 20][:cpus]) + max(0, cpus - 4) * 10
