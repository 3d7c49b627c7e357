"""Keeps one program running: starts and stops it, reads what it writes, and starts it anew when it ends by itself.

What the program is, it says by `Software`; nodeos.py has nodeos.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from chain_store.clock import Clock

from .process import Child, Launcher
from .redaction import redacted


class State(StrEnum):
    """The words are part of the HTTP API."""

    STOPPED = "stopped"
    RUNNING = "running"
    STOPPING = "stopping"
    WAITING = "waiting to start anew"
    CRASH_LOOP = "crash loop"
    """It ended by itself too often. It stays so until a command starts it."""
    UNUSABLE = "unusable"
    """It cannot start with what is on its disk. It stays so until that is restored."""


class Verdict(StrEnum):
    """What an exit that nobody asked for means."""

    RESTART = "restart"
    UNUSABLE = "unusable"


class Unusable(Exception):
    """The software cannot start with what is on its disk. The message says why."""


class NotYet(Exception):
    """The software cannot start now, and is tried again. The message says what it waits for."""


class NotStopped(Exception):
    """The program did not end in time. It still runs, and has been asked to end."""


class Software(Protocol):
    """What is supervised."""

    def command(self) -> Sequence[str]:
        """The program and its arguments, for this one start. Raises Unusable."""
        ...

    def said(self, line: str) -> None:
        """It wrote a line."""
        ...

    def ended(self, code: int, asked: bool) -> Verdict:
        """It ended, with its last lines read. `asked`: somebody told it to."""
        ...


@dataclass(frozen=True)
class Limits:
    """Times are in seconds."""

    stop: float = 270.0
    """How long a stop waits: nodeos writes its state to disk. Less than the pod's grace."""
    ask_again: float = 30.0
    """SIGTERM is sent again so often: a nodeos in the middle of many blocks has been seen to miss one."""
    restart: float = 1.0
    """Before the first start anew; it doubles with each exit in `window`."""
    longest_restart: float = 30.0
    crashes: int = 5
    """So many exits within `window` are a crash loop."""
    window: float = 600.0
    lines: int = 100
    """How many of the last lines are kept."""


async def _nothing() -> None:
    """Many programs need no preparation."""


class Superviser:
    """One program, and at most one process of it.

    `prepare` runs before each start, within a few seconds. It raises Unusable, NotYet."""

    def __init__(
        self,
        software: Software,
        launcher: Launcher,
        clock: Clock,
        limits: Limits,
        log: logging.Logger,
        prepare: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        self._software = software
        self._prepare = prepare
        self._launcher = launcher
        self._clock = clock
        self._limits = limits
        self._log = log
        self._lock = asyncio.Lock()
        self._child: Child | None = None
        self._watch: asyncio.Task[None] | None = None
        self._again: asyncio.Task[None] | None = None
        self._starts = 0
        self._postponed = 0
        self._asked = False
        self._retired = False
        self._exits: deque[float] = deque()
        self.state = State.STOPPED
        self.reason = ""
        """Why it does not run, where nobody asked for that."""
        self.lines: deque[str] = deque(maxlen=limits.lines)
        self.started_with: tuple[str, ...] = ()

    def running(self) -> int | None:
        """The number of the process: it counts the starts. None where no process runs."""
        return self._starts if self._child is not None else None

    @property
    def starts(self) -> int:
        return self._starts

    async def start(self) -> None:
        """Starts the program where it does not run. Raises Unusable; NotYet, after which it is tried again until it
        starts or is stopped; and OSError, after which it is tried again as after an exit."""
        async with self._lock:
            self._forget_restart()
            self._exits.clear()
            self._postponed = 0
            await self._launch()

    async def stop(self, wait: float | None = None) -> None:
        """Asks the program to end, and waits. It is never killed here: nodeos' database would be dirty.

        Raises NotStopped after `wait` seconds, which `Limits.stop` is the default of."""
        async with self._lock:
            self._forget_restart()
            if self._child is None:
                self.state, self.reason = State.STOPPED, ""
                return
            self._asked, self.state = True, State.STOPPING
            patience = self._limits.stop if wait is None else wait
            try:
                async with self._clock.timeout(patience):
                    while not await self._ends_within(self._limits.ask_again):
                        self._log.warning("it has not ended yet, and is asked again")
            except TimeoutError as fired:
                raise NotStopped(f"{patience:g} s after SIGTERM it still runs.") from fired

    def retire(self) -> None:
        """Nothing starts from here on, for the manager ends: a command that would start the program anew may be under
        way, and the program would be killed with the manager."""
        self._retired = True

    async def kill(self) -> None:
        """Ends the program at once, and waits until it is gone. It takes no lock: it ends a stop that hangs, too."""
        child, watch = self._child, self._watch
        if child is None or watch is None:
            return
        self._log.warning("it is killed")
        child.kill()
        await asyncio.wait([watch])

    async def _launch(self) -> None:
        if self._child is not None or self._retired:
            return
        try:
            await self._prepare()
            await self._launch_now(tuple(self._software.command()))
        except Unusable as unusable:
            self.state, self.reason = State.UNUSABLE, str(unusable)
            raise
        except NotYet as waiting:
            self.reason = str(waiting)
            self._postponed += 1
            self._wait_and_start(self._postponed)
            raise
        except Exception as failed:
            self.reason = f"it cannot be started: {failed}"
            self._start_again_unless_too_often()
            raise

    async def _launch_now(self, command: tuple[str, ...]) -> None:
        self._postponed = 0
        self._asked = False
        self._starts += 1
        self._child = await self._launcher.launch(command)
        self.started_with, self.state, self.reason = command, State.RUNNING, ""
        self._watch = asyncio.create_task(self._follow(self._child))

    async def _ends_within(self, seconds: float) -> bool:
        """Asks once, and waits."""
        child, watch = self._child, self._watch
        if child is None or watch is None:
            return True
        child.terminate()
        try:
            async with self._clock.timeout(seconds):
                await asyncio.wait([watch])
        except TimeoutError:
            return self._child is None
        return True

    async def _follow(self, child: Child) -> None:
        reading = asyncio.create_task(self._read(child))
        code = await child.wait()
        # A grandchild may hold the output open: what is written by then has been read.
        await asyncio.wait([reading], timeout=1.0)
        reading.cancel()
        self._child = None
        self._end(code)

    async def _read(self, child: Child) -> None:
        async for written in child.lines():
            line = redacted(written)
            self.lines.append(line)
            self._software.said(line)

    def _end(self, code: int) -> None:
        asked, self._asked = self._asked, False
        verdict = self._software.ended(code, asked)
        if asked:
            self.state = State.STOPPED
            self._log.info("it ended as asked, with code %d", code)
            return
        self.reason = f"it ended by itself, with code {code}: {self.lines[-1] if self.lines else ''}"
        self._log.error("%s", self.reason)
        if verdict is Verdict.UNUSABLE:
            self.state = State.UNUSABLE
            return
        self._start_again_unless_too_often()

    def _start_again_unless_too_often(self) -> None:
        now = self._clock.monotonic()
        self._exits.append(now)
        while self._exits[0] < now - self._limits.window:
            self._exits.popleft()
        if len(self._exits) >= self._limits.crashes:
            self.state = State.CRASH_LOOP
            return
        self._wait_and_start(len(self._exits))

    def _wait_and_start(self, attempts: int) -> None:
        self.state = State.WAITING
        self._again = asyncio.create_task(self._start_again(attempts))

    async def _start_again(self, attempts: int) -> None:
        # Never 2 to a high power: a signer may be away for days.
        await self._clock.sleep(min(self._limits.restart * 2 ** min(attempts - 1, 10), self._limits.longest_restart))
        async with self._lock:
            if self.state is not State.WAITING:
                return
            try:
                await self._launch()
            except NotYet as waiting:
                self._log.warning("it cannot start yet: %s", waiting)
            except Unusable as unusable:
                self._log.error("it cannot start: %s", unusable)
            except Exception:
                self._log.exception("it cannot be started")

    def abandon(self) -> None:
        """Ends what this object does by itself; nodeos is left as it is. For the end of the manager."""
        for task in (self._watch, self._again):
            if task is not None:
                task.cancel()

    def _forget_restart(self) -> None:
        if self._again is not None and self._again is not asyncio.current_task():
            self._again.cancel()
        self._again = None
