"""The nodes that the cluster's own add-ons run on."""

from pulumi import Output
from pulumi_azure_native import containerservice

from ..contract.cluster import SystemNodesSpec
from .os_disk import OS_DISK_GIB

POOL = "system"


def system_pool(
    spec: SystemNodesSpec, subnets: Output[list[str]]
) -> containerservice.ManagedClusterAgentPoolProfileArgsDict:
    """An untainted pool over all zones, inside the cluster's own definition: AKS makes no cluster without one.

    It stands in the first zone's subnet, because a pool has one subnet: should that zone fail, the system nodes of the
    others lose their way out (not their way to the cluster's pods) until it is back.
    """
    return {
        "name": POOL,
        "mode": containerservice.AgentPoolMode.SYSTEM,
        "type": containerservice.AgentPoolType.VIRTUAL_MACHINE_SCALE_SETS,
        "vm_size": spec.instance_type,
        "count": spec.node_count,
        "orchestrator_version": spec.release_version,
        "os_type": containerservice.OSType.LINUX,
        "os_sku": containerservice.OSSKU.AZURE_LINUX,
        "os_disk_type": containerservice.OSDiskType.MANAGED,
        "os_disk_size_gb": OS_DISK_GIB,
        "availability_zones": ["1", "2", "3"],
        "vnet_subnet_id": subnets.apply(lambda ids: ids[0]),
        "node_labels": {"nodeyard.io/pool": "system"},
        "upgrade_settings": {"max_surge": "1"},
    }
