"""A machine: its clock, which may run fast or slow, and whether its manager runs, hangs or is dead."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from nodeos_manager.production.schedule import EPOCH

START = EPOCH + 843_000_000.0
"""The wall clock at the start of a run, in seconds since 1970: the beginning of a turn."""


class Machine:
    """One ordinal's machine. `rate` and `ahead` are its clock's faults: seconds per true second, and seconds."""

    def __init__(self, rate: float = 1.0, ahead: float = 0.0) -> None:
        self.rate = rate
        self.ahead = ahead
        self._goes = asyncio.Event()
        self._goes.set()

    def hang(self) -> None:
        """The manager is as if stopped by SIGSTOP: its clock goes on, and it does nothing."""
        self._goes.clear()

    def go_on(self) -> None:
        self._goes.set()

    @property
    def hangs(self) -> bool:
        return not self._goes.is_set()

    async def ready(self) -> None:
        await self._goes.wait()

    def do(self, action: Callable[[], None]) -> None:
        """Now, or when the manager goes on."""
        if self.hangs:
            asyncio.get_running_loop().create_task(self._later(action))
        else:
            action()

    async def _later(self, action: Callable[[], None]) -> None:
        await self.ready()
        action()


class SimulatedClock:
    """The clock that a manager on this machine has."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() * self._machine.rate

    def wall(self) -> float:
        """Kept by NTP: it does not drift away."""
        return true_wall() + self._machine.ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._machine.rate)
        await self._machine.ready()

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        return asyncio.timeout(seconds / self._machine.rate)


def true_wall() -> float:
    return START + asyncio.get_running_loop().time()
