"""Counts our slots in the schedule against the blocks that came in them.

Only blocks that are settled count: the irreversible ones, and those two turns behind the head. It misses a fork that is
longer than two turns. It asks nodeos by `get_block`, which EOSIO 2 has as well as Spring.
"""

from collections.abc import Collection
from typing import Protocol

from ..nodeos.nodeos_api import Block, Head
from ..production.schedule import TURN, Schedule, slot_at

SETTLED = 2 * TURN
"""Blocks behind the head. What a producer lost at the end of its turn is known by then."""
LONGEST = 1200
"""Blocks. Where nobody looked for longer, those between are not counted."""


class Blocks(Protocol):
    """A nodeos, as far as its blocks are asked for."""

    async def block(self, number: int) -> Block:
        """The block of that number on the branch of its head. Raises Unanswered, Refused."""
        ...


class BlockCount:
    """Since this object is there."""

    def __init__(self, nodeos: Blocks, ours: Collection[str]) -> None:
        self._nodeos = nodeos
        self._ours = ours
        self._schedule: Schedule | None = None
        self._from = 0
        """The first block that the schedule is known to be in force for."""
        self._seen: Block | None = None
        """Up to this block all is counted."""
        self.produced = 0
        self.missed = 0

    async def look(self, head: Head, schedule: Schedule) -> None:
        """Counts what is settled now. Raises Unanswered, Refused; then the next look counts it."""
        if schedule != self._schedule:
            self._schedule, self._from, self._seen = schedule, head.number, None
        settled = max(head.irreversible, head.number - SETTLED)
        if settled < self._from or (self._seen is not None and settled <= self._seen.number):
            return
        block = await self._nodeos.block(settled)
        if self._seen is not None and block.number - self._seen.number <= LONGEST:
            produced, missed = await self._between(self._seen, block, schedule)
            self.produced += produced
            self.missed += missed
        self._seen = block

    async def _between(self, before: Block, after: Block, schedule: Schedule) -> tuple[int, int]:
        """Our blocks and our empty slots after one block, up to and with another one. Where slots are empty, it halves
        the stretch until it is known whether they are ours."""
        first, last = slot_at(before.time) + 1, slot_at(after.time)
        ours = sum(schedule.producer_at(slot) in self._ours for slot in range(first, last + 1))
        blocks = after.number - before.number
        if ours == 0 or blocks > last - first:
            return ours, 0
        if blocks == 1:
            produced = int(schedule.producer_at(last) in self._ours)
            return produced, ours - produced
        middle = await self._nodeos.block(before.number + blocks // 2)
        earlier = await self._between(before, middle, schedule)
        later = await self._between(middle, after, schedule)
        return earlier[0] + later[0], earlier[1] + later[1]
