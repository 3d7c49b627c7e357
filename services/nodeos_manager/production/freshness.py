"""Whether a node is at the head of the chain: five blocks in a row, each half a second after the one before, and young.

Their numbers and their slots follow one another, and they came in at that pace: a node that catches up sees them come
much faster.
"""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass

from chain_store.clock import Clock

from ..nodeos.nodeos_api import Head, Nodeos, Refused, Unanswered
from .schedule import SLOT, Schedule


@dataclass(frozen=True)
class Freshness:
    """What counts as fresh. Times are in seconds."""

    max_latency: float = 5.0
    """manageos' `readiness-max-latency`: the age of the head that is still fresh."""
    blocks: int = 5
    quickest: float = 1.2
    """For so many blocks in a row, as the polls see them: those of one turn come a little earlier each (Spring's
    `produce-block-offset-ms`), and a node that catches up gets them within milliseconds."""
    slowest: float = 1.2
    """From one block to the next. Turns of far producers begin late."""
    poll: float = 0.1
    ahead: float = 1.0
    """How far a head may be in the future. Beyond, this machine's clock is wrong."""


class Stale(Exception):
    """The node is not at the head of the chain. The message says what was seen."""


def age(head: Head, clock: Clock) -> float:
    """Seconds since the head's slot."""
    return clock.wall() - head.time


def is_young(head: Head, clock: Clock, limits: Freshness) -> bool:
    return -limits.ahead <= age(head, clock) <= limits.max_latency


async def fresh_head(
    nodeos: Nodeos,
    clock: Clock,
    ours: Collection[str],
    highest: Callable[[], int | None],
    limits: Freshness,
    patience: float,
) -> Head:
    """Waits until the node is at the head, at most `patience` seconds. Returns the head.

    Where every producer of the chain is one of ours, no block comes while all are paused. There, a head is fresh that
    has not changed for `max_latency`, and is no lower than `highest`, the highest head that others are known to have:
    None until it is known.
    Raises Stale, Unanswered and Refused."""
    alone = _alone(await nodeos.schedule(), ours)
    began = clock.monotonic()
    run = Run(limits)
    while clock.monotonic() - began < patience:
        head = await nodeos.head()
        now = clock.monotonic()
        run.see(head, now)
        if run.is_long() and is_young(head, clock, limits):
            return head
        if alone and now - run.changed >= limits.max_latency:
            others = highest()
            if others is not None and head.number >= others:
                return head
        await clock.sleep(limits.poll)
    raise Stale(
        f"{min(run.length, limits.blocks)} of {limits.blocks} blocks in a row were seen within {patience:g} s; "
        f"the head, block {run.last.number if run.last else 0}, is {_age(run.last, clock)} old."
    )


class Run:
    """Blocks that came in one after another, at the chain's pace."""

    def __init__(self, limits: Freshness) -> None:
        self._limits = limits
        self._arrivals: deque[float] = deque(maxlen=limits.blocks)
        self.last: Head | None = None
        self.changed = 0.0
        """When the head changed last, on the monotonic clock."""

    @property
    def length(self) -> int:
        return len(self._arrivals)

    def is_long(self) -> bool:
        """Whether it has enough blocks, and they came at the chain's pace."""
        enough = self.length == self._limits.blocks
        return enough and self._arrivals[-1] - self._arrivals[0] >= self._limits.quickest

    def see(self, head: Head, now: float) -> None:
        before = self.last
        if before is not None and before.id == head.id:
            return
        if before is None or not self._follows(before, head, now - self.changed):
            self._arrivals.clear()
        self._arrivals.append(now)
        self.last, self.changed = head, now

    def _follows(self, before: Head, head: Head, waited: float) -> bool:
        in_time = waited <= self._limits.slowest
        return head.number == before.number + 1 and head.time == before.time + SLOT and in_time


async def may_be_at_head(nodeos: Nodeos, clock: Clock, ours: Collection[str], limits: Freshness) -> bool:
    """A quick look: whether the head is young, or all producers of the chain are ours and may all be paused."""
    try:
        if is_young(await nodeos.head(), clock, limits):
            return True
        return _alone(await nodeos.schedule(), ours)
    except (Unanswered, Refused):
        return False


def _alone(schedule: Schedule, ours: Collection[str]) -> bool:
    return all(producer in ours for producer in schedule.producers)


def _age(head: Head | None, clock: Clock) -> str:
    return f"{age(head, clock):.1f} s" if head else "not known"
