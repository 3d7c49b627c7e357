"""Counting our blocks and our empty slots, on a chain that a test writes down."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field

import pytest

from nodeos_manager.nodeos.nodeos_api import Block, Head, Unanswered
from nodeos_manager.plugins.blocks import LONGEST, SETTLED, BlockCount
from nodeos_manager.production.schedule import TURN, Schedule, slot_time

SCHEDULE = Schedule(1, ("other", "ours", "third"))
ROUND = 3 * TURN
FIRST = 1000 * ROUND
"""A slot where a round begins."""


@dataclass
class Chain:
    """Every slot has a block, but for the empty ones."""

    empty: Collection[int] = ()
    blocks: list[Block] = field(default_factory=list)
    until: int = FIRST
    asked: int = 0
    is_silent: bool = False

    def grow(self, slots: int) -> Head:
        for slot in range(self.until, self.until + slots):
            if slot - FIRST not in self.empty:
                number = len(self.blocks) + 1
                self.blocks.append(Block(number, str(number), slot_time(slot), SCHEDULE.producer_at(slot)))
        self.until += slots
        last = self.blocks[-1]
        return Head(last.number, last.id, last.time, last.producer, 0, "chain")

    async def block(self, number: int) -> Block:
        self.asked += 1
        if self.is_silent:
            raise Unanswered("hangs")
        return self.blocks[number - 1]


def counted(chain: Chain, steps: Collection[int], ours: Collection[str] = ("ours",)) -> BlockCount:
    """Looks after so many slots each."""
    count = BlockCount(chain, ours)

    async def look() -> None:
        for step in steps:
            await count.look(chain.grow(step), SCHEDULE)

    asyncio.run(look())
    return count


STEPS = [TURN, *[2] * 200]
ROUNDS = (400 - 2 * SETTLED) // ROUND
"""How many whole rounds are settled in these steps, at least."""


def test_where_every_slot_has_a_block_none_is_missed() -> None:
    count = counted(Chain(), STEPS)
    assert (count.missed, count.produced >= ROUNDS * TURN) == (0, True)


@pytest.mark.parametrize("empty", [{120}, {120, 121, 131}, set(range(120, 132)), set(range(110, 170)), {5 + 108, 120}])
def test_our_empty_slots_are_counted_and_those_of_others_are_not(empty: set[int]) -> None:
    ours = [slot for slot in empty if SCHEDULE.producer_at(FIRST + slot) == "ours"]
    count = counted(Chain(empty), STEPS)
    assert count.missed == len(ours)
    assert count.produced == counted(Chain(), STEPS).produced - len(ours)


def test_whole_stretches_are_counted_by_asking_for_their_ends() -> None:
    chain = Chain()
    counted(chain, STEPS)
    assert chain.asked <= len(STEPS)


def test_a_nodeos_that_did_not_answer_loses_no_block() -> None:
    chain = Chain(set(range(120, 132)))
    count = BlockCount(chain, ["ours"])

    async def look() -> None:
        for number, step in enumerate(STEPS):
            chain.is_silent = 30 < number < 80
            head = chain.grow(step)
            if chain.is_silent:
                with pytest.raises(Unanswered):
                    await count.look(head, SCHEDULE)
            else:
                await count.look(head, SCHEDULE)

    asyncio.run(look())
    assert count.missed == TURN


def test_blocks_from_before_another_schedule_are_not_counted_by_it() -> None:
    chain = Chain()
    count = BlockCount(chain, ["late"])

    async def look() -> None:
        for step in STEPS:
            await count.look(chain.grow(step), SCHEDULE)
        await count.look(chain.grow(2), Schedule(2, ("late",)))
        await count.look(chain.grow(SETTLED - 4), Schedule(2, ("late",)))

    asyncio.run(look())
    assert (count.produced, count.missed) == (0, 0)


def test_a_stretch_that_nobody_looked_at_for_too_long_is_left_out() -> None:
    chain = Chain()
    count = counted(chain, [TURN, 2 * SETTLED, 2, LONGEST + 2])
    assert count.produced < ROUND
