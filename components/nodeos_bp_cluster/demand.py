"""What a cluster of nodeos makes that a cloud's quotas count."""

from ..clouds.contract.quota import Demand, node
from .settings import Settings


def demand(cluster: Settings) -> Demand:
    """Of its nodes, their disks, and the bucket."""
    return Demand(
        computers=[node(cluster.node_pool(one)) for one in cluster.nodes],
        disks=[cluster.disk(one) for one in cluster.nodes],
        node_pools=len(cluster.nodes),
        buckets=0 if cluster.bucket.existing else 1,
    )
