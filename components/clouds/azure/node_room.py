"""What an AKS node has for the pods of a component."""

from collections.abc import Mapping

from ..contract.monitoring import AGENTS as MONITORING_AGENTS
from ..contract.node_pool import NodePoolSpec
from ..contract.node_room import Room, total
from ..in_cluster.add_on import SECRETS_STORE_DRIVER_REQUESTS
from .instance_type import capacity

USABLE = 0.97
"""Of an instance's memory, after the kernel, as nodes of these sizes show it."""

MOST_PODS = 250
"""The default with Azure CNI Overlay ("Configure maximum pods per node")."""

EVICTION_MIB = 100

AGENTS: Mapping[str, Room] = {
    # As nodes of public clusters list them (kubernetes-sigs/azuredisk-csi-driver#662 for the two disk drivers;
    # 2i2c-org/infrastructure, `daemonset_requests.yaml`, for the sum of those with the node manager).
    "csi-azuredisk-node": Room(millicpu=30, mib=60),
    "csi-azurefile-node": Room(millicpu=30, mib=60),
    "cloud-node-manager": Room(millicpu=50, mib=50),
    "aks-secrets-store-csi-driver": SECRETS_STORE_DRIVER_REQUESTS,
    # Its open-source chart's.
    "aks-secrets-store-provider-azure": Room(millicpu=50, mib=100),
    # AKS publishes no requests of its own agents, and we found no list of a cluster with Cilium: this is our allowance.
    "cilium, azure-cns, azure-ip-masq-agent": Room(millicpu=350, mib=500),
    **MONITORING_AGENTS,
}
"""What the cluster's own pods ask of every node. NVIDIA's device plugin asks for nothing (its chart's default)."""


def node_room(spec: NodePoolSpec) -> Room | None:
    """What a node has left when the cluster's agents are on it; None for a size that is not known."""
    if (given := allocatable(spec.instance_type)) is None:
        return None
    return given - total(AGENTS.values())


def allocatable(instance_type: str, pods: int = MOST_PODS) -> Room | None:
    """What the scheduler may give away ("Node resource reservations", AKS 1.29 and later): of the memory, 20 MB for
    each pod that may come and 50 MB more, at most a quarter."""
    size = capacity(instance_type)
    if size is None:
        return None
    mib = size.memory_gib * 1024
    reserved = int(min(20 * pods + 50, mib / 4)) + EVICTION_MIB
    return Room(millicpu=size.vcpu * 1000 - _reserved_millicpu(size.vcpu), mib=int(mib * USABLE) - reserved)


def _reserved_millicpu(vcpu: int) -> int:
    """The same page's table: 60 of one core, 100 of two, 140 of four, 180 of eight, 260 of sixteen, and so on."""
    return sum([60, 40, 20, 20][:vcpu]) + max(0, vcpu - 4) * 10
