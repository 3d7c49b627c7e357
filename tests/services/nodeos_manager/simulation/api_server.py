"""A simulated API server with one Lease, and the ways in which it fails."""

import asyncio
from dataclasses import replace
from random import Random

from nodeos_manager.production.right import Conflict, Record, Unreachable

from .machine import Machine

TIMEOUT = 3.0
SLOW = (0.3, 1.4)
"""Seconds. There and back again is less than `TIMEOUT`."""


class ApiServer:
    def __init__(self, random: Random) -> None:
        self.record: Record | None = None
        self.is_down = False
        self.slow = 0.0
        """Which share of what is asked or answered takes its time."""
        self.random = random
        self._version = 0

    def write(self, record: Record) -> Record:
        """Compare and swap. An empty version is a record that must not be there yet."""
        if record.version != (self.record.version if self.record else ""):
            raise Conflict
        self._version += 1
        self.record = replace(record, version=str(self._version))
        return self.record


class Way:
    """One manager's way to the API server. What it asks where the way is cut may never come there; or come there late,
    and unanswered."""

    def __init__(self, server: ApiServer, machine: Machine) -> None:
        self._server = server
        self._machine = machine
        self.is_cut = False

    async def read(self) -> Record | None:
        await self._travel(None)
        return self._server.record

    async def create(self, record: Record) -> Record:
        return await self._write(record)

    async def replace(self, record: Record) -> Record:
        return await self._write(record)

    async def _write(self, record: Record) -> Record:
        await self._travel(record)
        written = self._server.write(record)
        await self._travel(None)
        return written

    async def _travel(self, record: Record | None) -> None:
        await self._machine.ready()
        random = self._server.random
        if not (self.is_cut or self._server.is_down):
            is_slow = random.random() < self._server.slow
            await asyncio.sleep(random.uniform(*SLOW) if is_slow else random.uniform(0.002, 0.05))
            await self._machine.ready()
            return
        if record is not None and random.random() < 0.5:
            asyncio.get_running_loop().call_later(random.uniform(0.0, 6.0), self._arrive, record)
        await asyncio.sleep(TIMEOUT)
        await self._machine.ready()
        raise Unreachable("no answer")

    def _arrive(self, record: Record) -> None:
        try:
            self._server.write(record)
        except Conflict:
            return
