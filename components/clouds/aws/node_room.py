"""What an EKS node has for the pods of a component."""

from collections.abc import Mapping

from ..contract.monitoring import AGENTS as MONITORING_AGENTS
from ..contract.node_pool import NodePoolSpec
from ..contract.node_room import Room, total
from ..in_cluster.add_on import SECRETS_STORE_DRIVER_REQUESTS
from ..kube_reserved import reserved_millicpu
from .instance_type import capacity, most_pods

USABLE = 0.925
"""Of an instance's memory, after hypervisor and kernel: what Karpenter assumes unless told otherwise
(`VM_MEMORY_OVERHEAD_PERCENT`). Nodes have a little more."""

EVICTION_MIB = 100
"""The kubelet's own default. Whether Bottlerocket has another was not looked up."""

AGENTS: Mapping[str, Room] = {
    # The charts of the add-ons, at their defaults: aws/amazon-vpc-cni-k8s `charts/aws-vpc-cni` (the CNI's container and
    # that of its network policies, 25m each), EKS's own kube-proxy, kubernetes-sigs/aws-ebs-csi-driver
    # `charts/aws-ebs-csi-driver` (three containers of 10m and 40Mi). That of the Pod Identity agent asks for nothing.
    # On running clusters these three come to the same 180m (2i2c-org/infrastructure, `daemonset_requests.yaml`).
    "aws-node": Room(millicpu=50),
    "kube-proxy": Room(millicpu=100),
    "ebs-csi-node": Room(millicpu=30, mib=120),
    "secrets-store-csi-driver": SECRETS_STORE_DRIVER_REQUESTS,
    # Chart secrets-store-csi-driver-provider-aws.
    "secrets-store-csi-driver-provider-aws": Room(millicpu=50, mib=100),
    **MONITORING_AGENTS,
}
"""What the cluster's own pods ask of every node. The device plugin of nodes with a GPU is no pod."""


def node_room(spec: NodePoolSpec) -> Room | None:
    """What a node has left when the cluster's agents are on it; None for a type of unknown size."""
    if (given := allocatable(spec.instance_type)) is None:
        return None
    return given - total(AGENTS.values())


def allocatable(instance_type: str) -> Room | None:
    """What the scheduler may give away. Bottlerocket (`kube_reserve_memory`) and AL2023 (awslabs/amazon-eks-ami) keep
    255 MiB and 11 more for each pod that may come."""
    size = capacity(instance_type)
    if size is None:
        return None
    reserved = 255 + 11 * most_pods(instance_type, size.vcpu) + EVICTION_MIB
    return Room(
        millicpu=size.vcpu * 1000 - reserved_millicpu(size.vcpu), mib=int(size.memory_gib * 1024 * USABLE) - reserved
    )
