"""A nodeos, fellows and a lease that do what a test says, in simulated time."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from nodeos_manager.nodeos.nodeos_api import Head
from nodeos_manager.production.proof import Fellow
from nodeos_manager.production.right import Conflict, Record, Unreachable
from nodeos_manager.production.schedule import SLOT, Schedule, slot_at, slot_time
from tests.services.nodeos_manager.simulation.machine import START, Machine, SimulatedClock, true_wall


def clock(rate: float = 1.0) -> SimulatedClock:
    return SimulatedClock(Machine(rate))


class Nodeos:
    """At the head of its chain, unless a test says otherwise."""

    def __init__(self, producers: Sequence[str] = ("other", "ours")) -> None:
        self.is_paused = True
        self.asked: list[str] = []
        self.fails: dict[str, Exception] = {}
        self.implicit = False
        self.producers = tuple(producers)
        self.behind = 0.0
        self.pace = 1.0
        """Blocks per slot: more than one is a node that catches up."""

    async def pause(self) -> None:
        self._ask("pause")
        self.is_paused = True

    async def resume(self) -> None:
        self._ask("resume")
        self.is_paused = False

    async def paused(self) -> bool:
        self._ask("paused")
        return self.is_paused or self.implicit

    async def head(self) -> Head:
        self._ask("head")
        passed = (true_wall() - START) * self.pace
        slot = slot_at(START + passed - self.behind)
        return Head(slot, str(slot), slot_time(slot), "other", slot - 3, "chain")

    async def schedule(self) -> Schedule:
        self._ask("schedule")
        return Schedule(1, self.producers)

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.fails:
            raise self.fails[what]


class Process:
    def __init__(self, number: int | None = 1) -> None:
        self.number = number

    def running(self) -> int | None:
        return self.number


class Fellows:
    def __init__(self, *fellows: Fellow) -> None:
        self.fellows = fellows

    async def ask(self) -> Sequence[Fellow]:
        return self.fellows


class Store:
    """A lease in memory. `lost`: the next write is done and not answered. `late`: it is done so much later."""

    def __init__(self) -> None:
        self.record: Record | None = None
        self.is_down = False
        self.lost = False
        self.late: float | None = None
        self.slow = 0.0
        """Seconds that an answer takes after the write was done."""
        self._version = 0

    async def read(self) -> Record | None:
        if self.is_down:
            raise Unreachable("down")
        return self.record

    async def create(self, record: Record) -> Record:
        return await self._write(record)

    async def replace(self, record: Record) -> Record:
        return await self._write(record)

    async def _write(self, record: Record) -> Record:
        if self.is_down:
            raise Unreachable("down")
        if self.late is not None:
            asyncio.get_running_loop().call_later(self.late, self._arrive, record)
            self.late = None
            raise Unreachable("late")
        written = self._put(record)
        if self.lost:
            self.lost = False
            raise Unreachable("lost")
        await asyncio.sleep(self.slow)
        return written

    def _put(self, record: Record) -> Record:
        if record.version != (self.record.version if self.record else ""):
            raise Conflict
        self._version += 1
        self.record = replace(record, version=str(self._version))
        return self.record

    def _arrive(self, record: Record) -> None:
        try:
            self._put(record)
        except Conflict:
            return


BLOCKS = 5 * SLOT
"""Seconds in which five blocks come."""
