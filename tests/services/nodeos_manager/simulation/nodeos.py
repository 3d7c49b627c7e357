"""A simulated nodeos: its flags, its main thread, and the blocks that it signs.

What it does is what producer_plugin.cpp of AntelopeIO/spring does: `pause` sets a flag and a block in the making is
still signed; `paused` is true also in a pause of its own, which ends by itself; who starts with `--pause-on-startup` is
paused.
While the main thread hangs, what it was asked waits, and is done later even where nobody waits for the answer, in any
order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from random import Random
from typing import TypeVar

from nodeos_manager.nodeos.nodeos_api import Head, NeverReached, Unanswered
from nodeos_manager.production.schedule import SLOT, TURN, Schedule, slot_at, slot_time

from .chain import OURS, Chain
from .machine import Machine, true_wall

Answer = TypeVar("Answer")
TIMEOUT = 3.0
KILLED = -9


class Disk:
    """What outlives a process."""

    def __init__(self) -> None:
        self.dirty = False


class SimulatedNodeos:
    """One process of nodeos. It is the child of the superviser, too."""

    def __init__(self, name: str, number: int, chain: Chain, machine: Machine, disk: Disk, random: Random) -> None:
        self.name = name
        self.pid = number
        self._chain = chain
        self._machine = machine
        self._disk = disk
        self._random = random
        self._paused = True
        self._implicit_until = 0.0
        self._hangs = False
        self._waiting: list[Callable[[], None]] = []
        self._serves = False
        self._exit: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._tasks = [asyncio.create_task(self._boot()), asyncio.create_task(self._produce())]
        self.stop_takes = 1.0
        disk.dirty = True

    # What a fault does to it.

    def hang(self) -> None:
        self._hangs = True

    def go_on(self) -> None:
        self._hangs = False
        waiting, self._waiting = self._waiting, []
        self._random.shuffle(waiting)
        for request in waiting:
            request()

    def pause_implicitly(self, seconds: float) -> None:
        self._implicit_until = asyncio.get_running_loop().time() + seconds

    def die(self, code: int = KILLED) -> None:
        """The process is gone now."""
        if not self._exit.done():
            self._exit.set_result(code)
        for task in self._tasks:
            task.cancel()

    @property
    def is_gone(self) -> bool:
        return self._exit.done()

    # The process, as a superviser sees it.

    async def wait(self) -> int:
        code = await asyncio.shield(self._exit)
        await self._machine.ready()
        return code

    def terminate(self) -> None:
        self._machine.do(lambda: self._tasks.append(asyncio.create_task(self._stop())))

    def kill(self) -> None:
        self._machine.do(self.die)

    async def lines(self) -> AsyncIterator[str]:
        code = await asyncio.shield(self._exit)
        yield f"info  it ends with {code}"

    # The API.

    async def pause(self) -> None:
        await self._ask(lambda: self._set_paused(True))

    async def resume(self) -> None:
        await self._ask(lambda: self._set_paused(False))

    async def paused(self) -> bool:
        return await self._ask(lambda: self._paused or self._is_implicit())

    async def head(self) -> Head:
        return await self._ask(lambda: self._chain.head(self.name).head())

    async def schedule(self) -> Schedule:
        return await self._ask(lambda: self._chain.schedule)

    async def _ask(self, what: Callable[[], Answer]) -> Answer:
        await self._machine.ready()
        if not self._serves or self.is_gone:
            raise NeverReached("nobody listens")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def handle() -> None:
            result = what()
            if not answer.done():
                answer.set_result(result)

        if self._hangs:
            self._waiting.append(handle)
        else:
            asyncio.get_running_loop().call_later(self._random.uniform(0.001, 0.02), self._handle, handle)
        try:
            async with asyncio.timeout(TIMEOUT):
                return await answer
        except TimeoutError as late:
            raise Unanswered("no answer") from late
        finally:
            await self._machine.ready()

    def _handle(self, request: Callable[[], None]) -> None:
        if self.is_gone:
            return
        if self._hangs:
            self._waiting.append(request)
        else:
            request()

    def _set_paused(self, paused: bool) -> None:
        self._paused = paused

    def _is_implicit(self) -> bool:
        return asyncio.get_running_loop().time() < self._implicit_until

    async def _boot(self) -> None:
        await asyncio.sleep(self._random.uniform(0.5, 3.0))
        if self.name not in self._chain.cut_off:
            self._chain.join(self.name)
        self._serves = True

    async def _produce(self) -> None:
        """Works on each block for a slot, and signs it up to 450 ms early, by this machine's wall clock."""
        slot = slot_at(true_wall()) + 2
        while True:
            # Spring ends each block of a turn a little earlier than the one before, 450 ms in all.
            early = self._random.uniform(0.0, 0.02) + 0.43 * (slot % TURN) / TURN
            await self._until(slot_time(slot) - SLOT - early)
            ours = self._chain.schedule.producer_at(slot) == OURS
            begun = ours and self._serves and not self._hangs and not self._paused and not self._is_implicit()
            await self._until(slot_time(slot) - early)
            while self._hangs:
                await asyncio.sleep(0.05)
            if begun and self._chain.head(self.name).slot < slot:
                self._chain.sign(self.name, f"{self.name}#{self.pid}", slot, OURS)
            slot = max(slot + 1, slot_at(true_wall() + self._machine.ahead) + 1)

    async def _until(self, wall: float) -> None:
        await asyncio.sleep(max(0.0, wall - self._machine.ahead - true_wall()))

    async def _stop(self) -> None:
        """SIGTERM: the main thread hears it when it does not hang. It signs no more, and writes its state."""
        while self._hangs:
            await asyncio.sleep(0.1)
        self._tasks[1].cancel()
        await asyncio.sleep(self.stop_takes)
        self._disk.dirty = False
        if not self._exit.done():
            self._exit.set_result(0)


class SimulatedLauncher:
    """Starts simulated processes on one machine."""

    def __init__(self, name: str, chain: Chain, machine: Machine, random: Random) -> None:
        self.name = name
        self.disk = Disk()
        self._chain = chain
        self._machine = machine
        self._random = random
        self.nodeos: SimulatedNodeos | None = None
        self._started = 0

    async def launch(self, command: Sequence[str]) -> SimulatedNodeos:
        await self._machine.ready()
        assert "--pause-on-startup" in command
        assert self.nodeos is None or self.nodeos.is_gone, "two processes on one disk"
        self._started += 1
        self.nodeos = SimulatedNodeos(self.name, self._started, self._chain, self._machine, self.disk, self._random)
        return self.nodeos


class Loopback:
    """The way to whatever process runs now on one machine."""

    def __init__(self, launcher: SimulatedLauncher) -> None:
        self._launcher = launcher

    async def pause(self) -> None:
        await self._nodeos().pause()

    async def resume(self) -> None:
        await self._nodeos().resume()

    async def paused(self) -> bool:
        return await self._nodeos().paused()

    async def head(self) -> Head:
        return await self._nodeos().head()

    async def schedule(self) -> Schedule:
        return await self._nodeos().schedule()

    def _nodeos(self) -> SimulatedNodeos:
        if self._launcher.nodeos is None:
            raise NeverReached("nobody listens")
        return self._launcher.nodeos
