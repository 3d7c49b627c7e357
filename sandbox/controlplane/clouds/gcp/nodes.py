"""The nodes of GKE's node pools."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.simulation.world import Object

from .. import Cluster, Node, Pool, View, text
from ..shapes import GPU, address_in, fingerprint, node_addresses, reserved_millicpu, standard_labels, with_gpus
from .resources import NODE_POOL, SUBNETWORK, gke_cluster, project_of, short

EFFECTS = {"NO_SCHEDULE": "NoSchedule", "PREFER_NO_SCHEDULE": "PreferNoSchedule", "NO_EXECUTE": "NoExecute"}

#: GiB for each vCPU by machine series and class, of those that we know ("Machine families resource").
MEMORY = {
    ("e2", "n2", "n2d", "n4", "c2", "c2d", "c3", "c3d", "t2d"): {"standard": 4.0},
    ("e2", "n2", "n2d", "n4", "c2d", "c3", "c3d"): {"highmem": 8.0},
    ("c2d", "c3", "c3d", "n4"): {"highcpu": 2.0},
    ("e2", "n2", "n2d"): {"highcpu": 1.0},
    ("g2",): {"standard": 4.0},
    ("n1",): {"standard": 3.75, "highmem": 6.5, "highcpu": 0.9},
}
PODS = 110
KERNEL_LEAVES = 0.97  # of an instance's memory, as nodes of these sizes show their capacity
#: (GiB, share): what GKE reserves of the first four, of the next four, and so on ("Plan GKE node sizes").
MEMORY_SHARES = [(4, 0.25), (4, 0.2), (8, 0.1), (112, 0.06), (float("inf"), 0.02)]
EVICTION_MIB = 100
#: What GKE gives nodes with GPUs in a cluster that has others too ("Run GPUs in GKE Standard node pools").
GPU_TAINT = {"key": GPU, "value": "present", "effect": "NoSchedule"}


def pools(view: View, cluster: Cluster) -> list[Pool]:
    item = gke_cluster(view, cluster)
    return [_pool(view, cluster, item, pool) for pool in view.find(NODE_POOL) if _in(pool, item)]


def _in(pool: Object, cluster: Object) -> bool:
    same_project = project_of(pool) == project_of(cluster)
    return same_project and short(text(pool, "cluster")) == text(cluster, "name")


def _pool(view: View, cluster: Cluster, item: Object, pool: Object) -> Pool:
    zones = pool.properties.get("nodeLocations") or item.properties.get("nodeLocations") or [text(pool, "location")]
    each = pool.properties.get("nodeCount")  # in every zone, as GKE counts
    count = int(each if each is not None else pool.properties.get("initialNodeCount") or 0)
    nodes = [_node(view, cluster, item, pool, zone, index) for zone in zones for index in range(count)]
    upgrade = pool.properties.get("upgradeSettings") or {}
    # Without a surge a node goes before its successor comes; GKE surges by one node unless told otherwise.
    surge = upgrade.get("strategy", "SURGE") == "SURGE"
    return Pool(text(pool, "name"), nodes, old_first=surge and upgrade.get("maxSurge", 1) == 0)


def _node(view: View, cluster: Cluster, item: Object, pool: Object, zone: str, index: int) -> Node:
    config: Mapping[str, Any] = pool.properties.get("nodeConfig") or {}
    machine = str(config.get("machineType") or "e2-medium")
    boots_with = (text(pool, "version"), config.get("imageType"), config.get("diskSizeGb"))
    identity = fingerprint(pool.id, zone, index, machine, *boots_with)
    name = f"{_group(cluster, pool, zone)}-{identity[:4]}"
    address = address_in(_cidr(view, item), identity)
    public = "" if _private(item, pool) else address_in("34.64.0.0/10", identity)
    sized = sizes(machine, int(pool.properties.get("maxPodsPerNode") or PODS))
    capacity, allocatable = with_gpus(sized, _gpus(config))
    return Node(
        name=name,
        labels={
            **standard_labels(cluster, name, zone, machine),
            "topology.gke.io/zone": zone,
            "cloud.google.com/gke-nodepool": text(pool, "name"),
            "cloud.google.com/machine-family": machine.partition("-")[0],
            "cloud.google.com/gke-provisioning": "spot" if config.get("spot") else "standard",
            **({"cloud.google.com/gke-spot": "true"} if config.get("spot") else {}),
            **({"cloud.google.com/gke-accelerator": gpus[0]["type"]} if (gpus := _accelerators(pool)) else {}),
            **(config.get("labels") or {}),
        },
        taints=[*map(_taint, config.get("taints") or []), *([GPU_TAINT] if _tainted(view, item, pool) else [])],
        provider_id=f"gce://{project_of(item)}/{zone}/{name}",
        addresses=node_addresses(name, address, public),
        capacity=capacity,
        allocatable=allocatable,
    )


def _accelerators(pool: Object) -> list[Mapping[str, Any]]:
    return list((pool.properties.get("nodeConfig") or {}).get("guestAccelerators") or [])


def _gpus(config: Mapping[str, Any]) -> int:
    """GKE brings the device plugin; a GPU shows once its driver is there, which GKE installs unless told not to."""
    given = config.get("guestAccelerators") or []
    drivers = [(one.get("gpuDriverInstallationConfig") or {}).get("gpuDriverVersion") for one in given]
    return 0 if "INSTALLATION_DISABLED" in drivers else sum(int(one["count"]) for one in given)


def _tainted(view: View, cluster: Object, pool: Object) -> bool:
    others = [other for other in view.find(NODE_POOL) if _in(other, cluster) and not _accelerators(other)]
    return bool(_accelerators(pool) and others)


def _group(cluster: Cluster, pool: Object, zone: str) -> str:
    """What the names of the zone's instances begin with: that of the group that GKE made for them."""
    groups = [re.search(rf"/zones/{zone}/.*/(.+)-grp$", url) for url in pool.properties.get("instanceGroupUrls") or []]
    made_up = f"{f'gke-{cluster.name}-{short(pool.id)}'[:49].rstrip('-')}-{fingerprint(pool.id, zone)[:8]}"
    return next((found[1] for found in groups if found), made_up)


def _private(cluster: Object, pool: Object) -> bool:
    """A pool's own switch, else its cluster's."""
    own = (pool.properties.get("networkConfig") or {}).get("enablePrivateNodes")
    return text(cluster, "privateClusterConfig.enablePrivateNodes") == "True" if own is None else bool(own)


def _cidr(view: View, cluster: Object) -> str:
    wanted = short(text(cluster, "subnetwork"))
    found = next((item for item in view.find(SUBNETWORK) if wanted and short(item.id) == wanted), None)
    return text(found, "ipCidrRange") if found else "10.128.0.0/20"


def _taint(given: Mapping[str, str]) -> dict[str, str]:
    return {"key": given["key"], "value": given.get("value") or "", "effect": EFFECTS[given["effect"]]}


def sizes(machine_type: str, pods: int = PODS) -> tuple[dict[str, str], dict[str, str]]:
    """(capacity, allocatable) of a node."""
    cpus, gib = _size(machine_type)
    mib = int(gib * 1024 * KERNEL_LEAVES)
    capacity = {"cpu": str(cpus), "memory": f"{mib}Mi", "pods": str(pods)}
    left = {"cpu": f"{cpus * 1000 - reserved_millicpu(cpus)}m", "memory": f"{mib - _reserved_mib(gib)}Mi"}
    return capacity, capacity | left


def _size(machine_type: str) -> tuple[int, float]:
    """vCPUs and GiB of a machine type."""
    known = re.fullmatch(r"([a-z]\d+[a-z]?)-([a-z]+)-(\d+)", machine_type)
    series, kind, cpus = known.groups() if known else ("", "", "0")
    per_cpu = next((gib[kind] for names, gib in MEMORY.items() if series in names and kind in gib), None)
    if machine_type == "e2-medium":
        return 2, 4
    if per_cpu is None:
        raise ValueError(f"the sandbox does not know how big {machine_type} is: add it to {__name__}")
    return int(cpus), int(cpus) * per_cpu


def _reserved_mib(gib: float) -> int:
    reserved, left = 0.0, gib
    for size, share in MEMORY_SHARES:
        reserved += min(left, size) * share
        left = max(0, left - size)
    return int(reserved * 1024) + EVICTION_MIB
