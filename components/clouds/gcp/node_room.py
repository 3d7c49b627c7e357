"""What a GKE node has for the pods of a component."""

from collections.abc import Mapping

from ..contract.monitoring import AGENTS as MONITORING_AGENTS
from ..contract.node_pool import NodePoolSpec
from ..contract.node_room import Room, total
from ..in_cluster.add_on import SECRETS_STORE_DRIVER_REQUESTS
from ..kube_reserved import reserved_millicpu
from .instance_type import capacity
from .secrets_provider import REQUESTS as SECRETS_PROVIDER_REQUESTS

USABLE = 0.97
"""Of an instance's memory, after the kernel, as nodes of these sizes show it."""

_MEMORY_SHARES = [(4, 0.25), (4, 0.2), (8, 0.1), (112, 0.06), (float("inf"), 0.02)]
"""(GiB, share): what GKE keeps of the first four, of the next four, and so on."""

EVICTION_MIB = 100

AGENTS: Mapping[str, Room] = {
    # As nodes of public clusters list them (cryptnono/cryptnono#34, on GKE 1.29). Of `anetd`, the metrics agent and
    # `netd` we found the processors listed and no memory: theirs is our allowance.
    "fluentbit-gke": Room(millicpu=105, mib=230),
    "gke-metadata-server": Room(millicpu=100, mib=100),
    "ip-masq-agent": Room(millicpu=10, mib=16),
    "pdcsi-node": Room(millicpu=10, mib=20),
    "anetd": Room(millicpu=205, mib=300),
    "gke-metrics-agent": Room(millicpu=19, mib=110),
    "netd": Room(millicpu=8, mib=30),
    "secrets-store-csi-driver": SECRETS_STORE_DRIVER_REQUESTS,
    "csi-secrets-store-provider-gcp": SECRETS_PROVIDER_REQUESTS,
    **MONITORING_AGENTS,
}
"""What the cluster's own pods ask of every node."""

GPU_AGENTS: Mapping[str, Room] = {
    "nvidia-gpu-device-plugin": Room(millicpu=55, mib=100),
    "nvidia-driver-installer": Room(millicpu=150),
}
"""And of one with a GPU. The memory is our allowance."""


def node_room(spec: NodePoolSpec) -> Room | None:
    """What a node has left when the cluster's agents are on it; None for a type of unknown size."""
    if (given := allocatable(spec.instance_type)) is None:
        return None
    return given - total(AGENTS.values()) - (total(GPU_AGENTS.values()) if spec.gpu else Room())


def allocatable(instance_type: str) -> Room | None:
    """What the scheduler may give away ("Plan GKE Standard node sizes")."""
    size = capacity(instance_type)
    if size is None:
        return None
    return Room(
        millicpu=size.vcpu * 1000 - reserved_millicpu(size.vcpu),
        mib=int(size.memory_gib * 1024 * USABLE) - _reserved_mib(size.memory_gib),
    )


def _reserved_mib(gib: float) -> int:
    reserved, left = 0.0, gib
    for size, share in _MEMORY_SHARES:
        reserved += min(left, size) * share
        left = max(0, left - size)
    return int(reserved * 1024) + EVICTION_MIB
