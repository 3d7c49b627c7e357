"""What a platform makes that a cloud's quotas count."""

from ..clouds.contract.disk import DiskSpec
from ..clouds.contract.monitoring import ALERTS_GIB
from ..clouds.contract.quota import Computer, Demand
from .settings import Settings


def demand(platform: Settings) -> Demand:
    """Of its network, of its cluster with the system nodes, and of the volumes of its monitoring."""
    system = platform.cluster.system_nodes
    volumes = [*platform.monitoring.volumes.values(), ALERTS_GIB] if platform.monitoring else []
    return Demand(
        computers=[Computer(instance_type=system.instance_type, count=system.node_count)],
        disks=[DiskSpec(zone="", size_gib=gib) for gib in volumes],
        node_pools=1,
        platform_zones=len(platform.zones),
        principals=len(platform.admins) + len(platform.access),
    )
