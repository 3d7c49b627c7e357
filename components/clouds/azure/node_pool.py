"""Node pools on Azure: AKS agent pools, each a resource of its own."""

from collections.abc import Iterator

from pulumi import ResourceOptions
from pulumi_azure_native import containerservice

from ...errors import InputError, Problem
from ...live import node_pool_facts
from ..contract import node_pool as contract
from ..contract.node_pool import NodePoolSpec, Taint
from ..contract.platform import PlatformContract, Subnet
from ..naming import AKS_NODE_POOL
from . import zones
from .device_plugin import GPU_LABEL
from .firewall import EVERYONE, spec_of
from .instance_type import instance_type_problem
from .limits import CONFIDENTIAL, NODE_DISK_GIB
from .os_disk import OS_DISK_GIB
from .platform_section import azure_of
from .release_version import problem_beside

SPOT = Taint("kubernetes.azure.com/scalesetpriority", "spot")
"""Label and taint that AKS itself puts on spot nodes (azure-aks-docs `fb060ab`, spot-node-pool.md)."""

FIXED = [
    "availabilityZones",
    "gpuProfile",
    "osDiskSizeGB",
    "osDiskType",
    "scaleSetEvictionPolicy",
    "scaleSetPriority",
    "spotMaxPrice",
    "vmSize",
    "vnetSubnetID",
]
"""What AKS refuses to change in place. Of these the provider knows only `vmSize`."""

NODES_GO_BACK = False
"""azure-docs, articles/aks/manage-node-pools.md: "You can't downgrade the control plane or a node pool"."""


class NodePool(contract.NodePool):
    """An agent pool of Azure Linux nodes in one zone, in its zone's subnet, without public addresses and scaling.

    Makes: `azure-native:containerservice:AgentPool`. Its name has 12 characters: the component's end, and a hash.
    Count, labels, taints and release change in place; an upgrade takes one node after the other, the old one first
    (no surge), so that there are never two nodes for what may run once. A spot pool has no surge either, and AKS takes
    no word on it (spot-node-pool.md, "Upgrade a Spot node pool"). Instance type, zone, disk size and spot replace
    the pool, again the old one first. The OS disk is encrypted with the platform's key, because the cluster's are.

    Confidential nodes are those of sizes with AMD SEV-SNP; AKS marks them `kubernetes.azure.com/security-type`. On
    nodes with a GPU AKS installs the driver when they boot; the device plugin is the platform's, and finds them by a
    label (`device_plugin.py`).
    Raises `InputError` for what `node_pool_problems` finds.
    """

    def __init__(self, name: str, spec: NodePoolSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:NodePool", name, None, opts)
        if problems := list(node_pool_problems(spec, platform)):
            raise InputError(f"Node pool {name!r} cannot be made on Azure.", problems)
        self.taints = [*spec.taints, *([SPOT] if spec.spot else [])]
        self.labels = spec.labels
        pool = containerservice.AgentPool(
            name,
            agent_pool_name=AKS_NODE_POOL.fit(name),
            resource_name_=platform["cluster_name"],
            resource_group_name=azure_of(platform)["resource_group"],
            mode=containerservice.AgentPoolMode.USER,
            type=containerservice.AgentPoolType.VIRTUAL_MACHINE_SCALE_SETS,
            vm_size=spec.instance_type,
            count=spec.node_count,
            enable_auto_scaling=False,
            enable_node_public_ip=False,
            orchestrator_version=spec.release_version,
            os_type=containerservice.OSType.LINUX,
            os_sku=containerservice.OSSKU.AZURE_LINUX,
            # An ephemeral one would be lost, with what was pulled and logged, when the node moves to another host.
            os_disk_type=containerservice.OSDiskType.MANAGED,
            os_disk_size_gb=spec.root_disk_gib or OS_DISK_GIB,
            availability_zones=[zones.number(spec.zone)],
            vnet_subnet_id=_subnets(platform)[spec.zone]["id"],
            node_labels={**spec.labels, **_own_labels(spec)},
            node_taints=[f"{taint.key}={taint.value}:{taint.effect.value}" for taint in self.taints],
            gpu_profile={"driver": containerservice.GPUDriver.INSTALL} if spec.gpu else None,
            upgrade_settings=None if spec.spot else {"max_surge": "0", "max_unavailable": "1"},
            scale_set_priority=_priority(spec),
            scale_set_eviction_policy=containerservice.ScaleSetEvictionPolicy.DELETE if spec.spot else None,
            # Up to the price of a node on demand.
            spot_max_price=-1 if spec.spot else None,
            opts=ResourceOptions(parent=self, delete_before_replace=True, replace_on_changes=FIXED),
        )
        self.node_pool_name = pool.name
        self.register_outputs({"node_pool_name": self.node_pool_name, **node_pool_facts(spec)})


def node_pool_problems(spec: NodePoolSpec, platform: PlatformContract) -> Iterator[Problem]:
    """What AKS would refuse of a pool, or take for something else, by the spec's keys."""
    if problem := problem_beside(spec.release_version, platform["kubernetes_version"]):
        yield "release_version", problem
    if problem := _instance_type_problem(spec):
        yield "instance_type", problem
    if spec.root_disk_gib is not None and (problem := NODE_DISK_GIB.problem(spec.root_disk_gib)):
        yield "root_disk_gib", problem
    if spec.gpu and spec.confidential:
        yield "gpu", "no confidential node has one"
    for place, firewall in enumerate(spec.firewalls):
        for index, rule in enumerate(spec_of(firewall).ingress):
            if tuple(rule.cidrs) != EVERYONE:
                reason = f"port {rule.port} would be open to everyone: a Service opens it on Azure"
                yield ("firewalls", place, "ingress", index, "cidrs"), reason
    if spec.zone not in _subnets(platform):
        yield "zone", f"the platform has no subnet in {spec.zone}; it has {', '.join(_subnets(platform))}"


def _instance_type_problem(spec: NodePoolSpec) -> str:
    type_ = spec.instance_type
    if problem := instance_type_problem(type_, gpu=spec.gpu):
        return problem
    return CONFIDENTIAL.problem(type_) if spec.confidential else ""


def _subnets(platform: PlatformContract) -> dict[str, Subnet]:
    return {subnet["zone"]: subnet for subnet in platform["private_subnets"]}


def _own_labels(spec: NodePoolSpec) -> dict[str, str]:
    return {**({SPOT.key: SPOT.value} if spec.spot else {}), **(GPU_LABEL if spec.gpu else {})}


def _priority(spec: NodePoolSpec) -> containerservice.ScaleSetPriority:
    return containerservice.ScaleSetPriority.SPOT if spec.spot else containerservice.ScaleSetPriority.REGULAR
