"""The slots of an Antelope chain, and whose turn they are. Nothing here waits or asks.

A slot is half a second. It has one producer, who signs at most one block in it. A turn is twelve slots of one producer;
the turns of all producers of the schedule, in its order, are a round. Sources: `config.hpp`, `block_timestamp.hpp` and
`producer_schedule.hpp` of AntelopeIO/spring, libraries/chain.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from math import floor, inf
from typing import Any

SLOT = 0.5
"""Seconds."""
EPOCH = 946_684_800.0
"""Slot 0: the year 2000, in seconds since 1970."""
TURN = 12
"""Slots of one producer in a row."""
LEAD = 1.0
"""Seconds before a slot's time in which its block may be in the making. The work begins one slot early, and Spring ends
its blocks up to 450 ms early by default (`produce-block-offset-ms`)."""

ROOM = 10.0
"""Seconds that a switch takes: two pauses settle one after the other, and the next producer's head is checked."""


class Round(StrEnum):
    """Where a producer is in the round, in manageos' words."""

    PRODUCING = "producing"
    PRODUCING_NEXT = "producing next"
    JUST_PRODUCED = "just produced"
    NOT_PRODUCING = "not producing"


@dataclass(frozen=True)
class Gap:
    """A stretch of time, in seconds since 1970, in which no block of ours is in the making."""

    start: float
    end: float
    """Infinite where none of ours is in the schedule."""

    def holds(self, moment: float) -> bool:
        return self.start <= moment < self.end

    def has_room(self, moment: float) -> bool:
        """Whether a switch that begins now is over when the gap is. A gap that is too short for one has room at its
        start."""
        return self.holds(moment) and self.end - moment >= min(ROOM, self.end - self.start - 1.0)


@dataclass(frozen=True)
class Schedule:
    """Who produces, in their order."""

    version: int
    producers: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.producers:
            raise ValueError("A schedule has at least one producer.")

    @classmethod
    def active(cls, answer: Mapping[str, Any]) -> "Schedule":
        """The active schedule of an answer of `get_producer_schedule`. A pending one is not in force yet.

        Raises ValueError for an answer of another shape."""
        try:
            active = answer["active"]
            names = tuple(str(producer["producer_name"]) for producer in active["producers"])
            return cls(int(active["version"]), names)
        except (KeyError, TypeError) as wrong:
            raise ValueError("This is no answer of get_producer_schedule.") from wrong

    def producer_at(self, slot: int) -> str:
        return self.producers[slot // TURN % len(self.producers)]

    def has(self, ours: Collection[str]) -> bool:
        return any(producer in ours for producer in self.producers)

    def gap(self, ours: Collection[str], moment: float, lead: float = LEAD) -> Gap | None:
        """The gap between our turns that `moment` lies in, or else the next one. None where all turns are ours, or the
        turns of others are too short to leave a gap.

        Our turns one after another are one turn. A gap begins at the time of our last slot, when its block is out."""
        if not self.has(ours):
            return Gap(-inf, inf)
        turn = slot_at(moment) // TURN
        count = len(self.producers)
        # One turn back: its last slot's time is the present turn's start less one slot. One round ahead, and one more.
        for first in range(turn - count, turn + 2 * count + 1):
            if not self._is_ours(first, ours) or self._is_ours(first + 1, ours):
                continue
            following = next(then for then in range(first + 1, first + count + 1) if self._is_ours(then, ours))
            gap = Gap(slot_time(first * TURN + TURN - 1), slot_time(following * TURN) - lead)
            if gap.end > max(gap.start, moment):
                return gap
        return None

    def round(self, ours: Collection[str], moment: float) -> Round:
        """Where we are in the round: this turn, the next one, the one before."""
        turn = slot_at(moment) // TURN
        if self._is_ours(turn, ours):
            return Round.PRODUCING
        if self._is_ours(turn + 1, ours):
            return Round.PRODUCING_NEXT
        return Round.JUST_PRODUCED if self._is_ours(turn - 1, ours) else Round.NOT_PRODUCING

    def only_ours(self, ours: Collection[str], after: int, until: int) -> bool:
        """Whether nobody else had a slot after slot `after`, up to and with slot `until`."""
        if until - after >= TURN * len(self.producers):
            return all(producer in ours for producer in self.producers)
        return all(self.producer_at(slot) in ours for slot in range(after + 1, until + 1))

    def _is_ours(self, turn: int, ours: Collection[str]) -> bool:
        return self.producers[turn % len(self.producers)] in ours


def slot_at(moment: float) -> int:
    """The last slot whose time has come. `moment` is in seconds since 1970."""
    return floor((moment - EPOCH) / SLOT)


def slot_time(slot: int) -> float:
    """The timestamp of a slot's block, in seconds since 1970."""
    return EPOCH + slot * SLOT


def timestamp(text: str) -> float:
    """Seconds since 1970 of a time as nodeos writes it: `2026-11-29T15:25:00.500`, in UTC, with no zone.

    Raises ValueError for another text."""
    written = datetime.fromisoformat(text)
    return (written if written.tzinfo else written.replace(tzinfo=UTC)).timestamp()
