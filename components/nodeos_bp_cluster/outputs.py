"""What a cluster of nodeos tells of its nodes."""

from typing_extensions import TypedDict


class NodeosNode(TypedDict):
    """One ordinal or API node. The keys are spelled as stacks export them."""

    service: str
    """The name of its Service, which is the node's own name."""
    pod: str
    """The name of its pod."""
    zone: str
    """The zone of node and disk."""
    nodePool: str
    """The name of its node pool in the cloud."""
    disk: str
    """The id of its disk."""
    mayProduce: bool
    """Whether it has the signing key."""
