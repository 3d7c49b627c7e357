"""What a network tells of its tasks."""

from typing import NotRequired

from typing_extensions import TypedDict


class MantisTask(TypedDict):
    """One node or service. The keys are spelled as stacks export them."""

    role: str
    """What it does: `miner`, `passive`, `obft`, `backup`, `explorer` or `faucet`."""
    zone: str
    """The zone of its machine."""
    nodePool: str
    """The name of its node pool in the cloud."""
    service: NotRequired[str]
    """The name of its Service. None of the backup."""
    pod: NotRequired[str]
    """The name of its pod, of those that always have the same one."""
    address: NotRequired[str]
    """Its account, of those that have a key."""
    enode: NotRequired[str]
    """The URL by which others dial a miner."""
    publicAddress: NotRequired[str]
    """The public address of a genesis miner, of a network that is public."""
