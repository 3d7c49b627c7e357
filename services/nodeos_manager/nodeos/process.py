"""A child process that never outlives this one."""

import asyncio
import ctypes
import os
import resource
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
#: Bytes of one line. nodeos writes a transaction's trace in one.
_LINE = 1 << 20


class Child(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int: ...

    async def wait(self) -> int:
        """Its exit code, when it has ended. Negative: the signal that ended it."""
        ...

    def terminate(self) -> None:
        """Asks it to end. Nothing where it has ended."""
        ...

    def kill(self) -> None: ...

    def lines(self) -> AsyncIterator[str]:
        """What it writes, stdout and stderr together, until it closes both."""
        ...


class Launcher(Protocol):
    """What starts a process."""

    async def launch(self, command: Sequence[str]) -> Child:
        """Raises OSError where there is no such program."""
        ...


class SystemLauncher:
    """Starts a process of the operating system. It is called on the main thread: the kernel ends the child when the
    THREAD that started it ends (prctl(2), PR_SET_PDEATHSIG)."""

    async def launch(self, command: Sequence[str]) -> Child:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=_LINE,
            # A signal to the manager's group must not reach it: the manager asks it to end when it is time.
            start_new_session=True,
            preexec_fn=_dies_with(os.getpid()),
        )
        return SystemChild(process)


class SystemChild:
    """A process of the operating system."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    async def wait(self) -> int:
        return await self._process.wait()

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    async def lines(self) -> AsyncIterator[str]:
        output = self._process.stdout
        while output is not None:
            try:
                line = await output.readline()
            except ValueError:
                yield "(a line that is too long was left out)"
                continue
            if not line:
                return
            yield line.decode(errors="replace").rstrip("\n")

    def _signal(self, which: signal.Signals) -> None:
        if self._process.returncode is None:
            self._process.send_signal(which)


def _dumps_no_core() -> None:
    """A core has the signing keys in it. A limit of one byte also keeps it from a program of the machine that collects
    cores, which one of zero does not: `do_coredump` in fs/coredump.c of Linux."""
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != 0:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


def _dies_with(parent: int) -> Callable[[], None]:
    """Runs in the child, before the program: the kernel kills the child when its parent ends.

    A signal that can be caught would not do: nodeos may hang, and without a manager nobody says when to stop."""

    def prepare() -> None:
        if _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            os._exit(126)
        _dumps_no_core()
        # The parent may have ended before the call.
        if os.getppid() != parent:
            os._exit(126)

    return prepare
