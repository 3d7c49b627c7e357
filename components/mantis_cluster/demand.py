"""What a network makes that a cloud's quotas count."""

from ..clouds.contract.quota import Demand, node
from .settings import Settings


def demand(network: Settings) -> Demand:
    """Of its machines, their disks, its addresses and its bucket."""
    pools, public = network.node_pools, network.public_miners
    return Demand(
        computers=[node(pool) for pool in pools.values()],
        node_pools=len(pools),
        disks=network.disks,
        addresses=len([miner for miner in public if miner.name not in network.args["addresses"]]),
        claims=len(public),
        buckets=1 if network.has_bucket and not network.bucket.existing else 0,
    )
