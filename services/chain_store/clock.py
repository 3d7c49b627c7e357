"""The time of this machine, behind an interface: the tests give a simulated one."""

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Clock(Protocol):
    """Two times and two ways to wait. All are in seconds."""

    def monotonic(self) -> float:
        """Seconds since some moment. They never jump, and they go on while the machine is suspended."""
        ...

    def wall(self) -> float:
        """Seconds since 1970 in UTC, as the blocks' timestamps count them."""
        ...

    async def sleep(self, seconds: float) -> None: ...

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        """Ends what runs inside it after so many seconds, by `TimeoutError`."""
        ...


class SystemClock:
    """The clock of the machine that this process runs on."""

    def monotonic(self) -> float:
        # CLOCK_MONOTONIC stands still while a virtual machine is suspended: a lease would seem to last.
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def wall(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[object]:
        return asyncio.timeout(seconds)
