"""What replicas tell of each."""

from typing_extensions import TypedDict


class MetisReplicaNode(TypedDict):
    """One replica. The keys are spelled as stacks export them."""

    pod: str
    """The name of its pod."""
    zone: str
    """The zone of its machine and disks."""
    nodePool: str
    """The name of its node pool in the cloud."""
