"""What replicas make that a cloud's quotas count."""

from ..clouds.contract.quota import Demand, node
from .settings import Settings


def demand(replicas: Settings) -> Demand:
    """Of their nodes, their disks, and the load balancer."""
    return Demand(
        computers=[node(pool) for pool in replicas.node_pools.values()],
        disks=list(replicas.disks.values()),
        node_pools=len(replicas.node_pools),
        load_balancers=1 if replicas.balancer else 0,
        snapshot_schedules=1,
    )
