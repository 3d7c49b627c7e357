"""What a player makes that a cloud's quotas count."""

from ..clouds.contract.quota import Demand, node
from .settings import Settings


def demand(player: Settings) -> Demand:
    """Of its nodes, its database, and its load balancers with their addresses."""
    balancers = player.balancers
    return Demand(
        computers=[node(pool) for pool in player.node_pools.values()],
        node_pools=len(player.node_pools),
        databases=[] if player.database.existing else [player.database],
        load_balancers=len(balancers),
        balancer_addresses=sum(len(player.addresses(port)) for port in balancers),
    )
