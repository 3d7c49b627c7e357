"""What a platform makes that a cloud's quotas count."""

from ..clouds.contract.quota import Computer, Demand
from .settings import Settings


def demand(platform: Settings) -> Demand:
    """Of its network, and of its cluster with the system nodes."""
    system = platform.cluster.system_nodes
    return Demand(
        computers=[Computer(instance_type=system.instance_type, count=system.node_count)],
        node_pools=1,
        platform_zones=len(platform.zones),
        principals=len(platform.admins) + len(platform.access),
    )
