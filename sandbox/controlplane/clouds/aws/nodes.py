"""The nodes of EKS's managed node groups."""

import re
from collections.abc import Mapping

from sandbox.simulation.world import Object

from .. import Cluster, Node, Pool, View, text
from ..shapes import address_in, fingerprint, node_addresses, reserved_millicpu, standard_labels, with_gpus

NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
EFFECTS = {"NO_SCHEDULE": "NoSchedule", "PREFER_NO_SCHEDULE": "PreferNoSchedule", "NO_EXECUTE": "NoExecute"}

# GiB for each vCPU, of the families that we know; how big another is, is not guessed.
MEMORY = {"c": 2, "m": 4, "r": 8, "t": 4, "g4dn": 4, "g5": 4, "g6": 4}
VCPUS = {"large": 2, "xlarge": 4}
#: Pods by vCPUs, as eni-max-pods.txt of the EKS images has them for Nitro instances of these families.
PODS = {2: 29, 4: 58, 8: 58, 16: 234, 32: 234, 48: 234}
MANY_PODS = 737
#: GPUs of the g families by size, where there is more than one.
GPUS = {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8}
#: The images that bring driver and device plugin ("Use EKS-optimized accelerated AMIs"); Amazon Linux's has no plugin.
WITH_DEVICE_PLUGIN = ("BOTTLEROCKET_x86_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA_FIPS")


def pools(view: View, cluster: Cluster) -> list[Pool]:
    groups = [item for item in view.find(NODE_GROUP) if item.inputs.get("clusterName") == cluster.name]
    return [_pool(view, cluster, group) for group in groups if text(group, "region") == cluster.region]


def _pool(view: View, cluster: Cluster, group: Object) -> Pool:
    named = str((group.properties.get("launchTemplate") or {}).get("id"))
    template = next(iter(view.identified(named)), Object("", "", ""))
    subnets = [found for subnet in group.properties["subnetIds"] for found in view.identified(subnet)]
    wanted = (group.properties.get("scalingConfig") or {}).get("desiredSize", 1) if subnets else 0
    nodes = [_node(cluster, group, template, subnets[index % len(subnets)], index) for index in range(wanted)]
    strategy = (group.properties.get("updateConfig") or {}).get("updateStrategy")
    return Pool(text(group, "nodeGroupName"), nodes, old_first=strategy == "MINIMAL")


def _node(cluster: Cluster, group: Object, template: Object, subnet: Object, index: int) -> Node:
    instance_type = next(iter(group.properties.get("instanceTypes") or []), text(template, "instanceType", "t3.medium"))
    boots_with = (text(group, "releaseVersion"), text(group, "version"), text(template, "latestVersion"), instance_type)
    identity = fingerprint(text(group, "arn"), subnet.id, index, *boots_with)
    address = address_in(text(subnet, "cidrBlock"), identity)
    name = f"ip-{address.replace('.', '-')}.{cluster.region}.compute.internal"
    zone = text(subnet, "availabilityZone")
    public = address_in("18.0.0.0/8", identity) if _public(template) else ""
    visible = gpus(instance_type) if text(group, "amiType") in WITH_DEVICE_PLUGIN else 0
    capacity, allocatable = with_gpus(sizes(instance_type), visible)
    return Node(
        name=name,
        labels={
            **standard_labels(cluster, name, zone, instance_type),
            "topology.k8s.aws/zone-id": text(subnet, "availabilityZoneId"),
            "eks.amazonaws.com/nodegroup": text(group, "nodeGroupName"),
            "eks.amazonaws.com/capacityType": text(group, "capacityType", "ON_DEMAND"),
            **(group.properties.get("labels") or {}),
        },
        taints=[_taint(given) for given in group.properties.get("taints") or []],
        provider_id=f"aws:///{zone}/i-{identity[:17]}",
        addresses=node_addresses(name, address, public),
        capacity=capacity,
        allocatable=allocatable,
    )


def _taint(given: Mapping[str, str]) -> dict[str, str]:
    return {"key": given["key"], "value": given.get("value") or "", "effect": EFFECTS[given["effect"]]}


def _public(template: Object) -> bool:
    interfaces = template.properties.get("networkInterfaces") or []
    return any(str(interface.get("associatePublicIpAddress")).lower() == "true" for interface in interfaces)


def sizes(instance_type: str) -> tuple[dict[str, str], dict[str, str]]:
    """(capacity, allocatable) of a node."""
    cpus, gib, pods = _size(instance_type)
    # What hypervisor and kernel keep, as Karpenter assumes it unless told otherwise: 7.5 percent.
    mib = int(gib * 1024 * 0.925)
    # What EKS's images reserve for kubelet and system, and the eviction threshold (awslabs/amazon-eks-ami).
    reserved_mib = 255 + 11 * pods + 100
    capacity = {"cpu": str(cpus), "memory": f"{mib}Mi", "pods": str(pods)}
    return capacity, capacity | {
        "cpu": f"{cpus * 1000 - reserved_millicpu(cpus)}m",
        "memory": f"{mib - reserved_mib}Mi",
    }


def gpus(instance_type: str) -> int:
    """How many of NVIDIA's an instance type has."""
    family, _, size = instance_type.partition(".")
    return GPUS.get(size, 1) if family in ("g4dn", "g5", "g6") else 0


def _size(instance_type: str) -> tuple[int, float, int]:
    """vCPUs, GiB and pods of an instance type."""
    family, _, size = instance_type.partition(".")
    if instance_type == "t3.medium":
        return 2, 4, 17
    per_cpu = MEMORY.get(family) or MEMORY.get(family[:1])
    known = re.fullmatch(r"(\d*)(xlarge)|()(large)", size)
    if per_cpu is None or known is None:
        raise ValueError(f"the sandbox does not know how big {instance_type} is: add it to {__name__}")
    cpus = VCPUS["xlarge" if size.endswith("xlarge") else "large"] * int(known[1] or 1)
    return cpus, cpus * per_cpu, PODS.get(cpus, MANY_PODS)
