"""How far a network's nodes are, as core-geth says in its own console."""

import time
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel

from ..reach import processes
from ..reach.answers import Wrong, shaped
from ..status.facts import Part, tell_lag
from ..workloads.tasks import Pod
from .miners import console, read

STANDS_SECONDS: Final = 300
"""The age of a head that stands still: as long as the chart's alert `NoNewBlock` looks back."""
FAR_BLOCKS: Final = 20
"""How far behind the highest head of the network is still with it. The number is ours."""
_ASK: Final = (
    'JSON.stringify({block: eth.getBlock("latest").number, time: eth.getBlock("latest").timestamp, '
    "peers: net.peerCount, syncing: !!eth.syncing})"
)


class Head(BaseModel):
    block: int
    time: int
    peers: int
    syncing: bool


async def ask(part: Part, pod: Pod, limit: float) -> None:
    """Adds what the node says within `limit` seconds. Raises `Unreachable` where nobody could ask it."""
    printed = await processes.capture(pod.exec(*console(_ASK)), limit_seconds=limit)
    try:
        head = shaped(read(printed), Head, "core-geth's console")
    except (Wrong, ValueError, TypeError):
        part.say("unhealthy", "core-geth's console did not say how far it is")
        return
    part.height, part.age, part.peers = head.block, time.time() - head.time, head.peers
    if head.syncing:
        part.catches_up("it catches up")


def compare(parts: Sequence[Part]) -> None:
    """Adds how far each is behind, and what is wrong with that."""
    tell_lag(parts)
    told = [each for each in parts if each.lag is not None and each.age is not None]
    for part in told:
        if not part.peers and len(told) > 1:
            part.say("unhealthy", "it has no peers")
        if part.state != "syncing":
            _judge(part, part.lag or 0)


def _judge(part: Part, lag: int) -> None:
    if lag > FAR_BLOCKS:
        part.say("unhealthy", f"it is {lag} blocks behind")
    else:
        part.stands_still_after(STANDS_SECONDS)
