"""What `nodeyard` starts, answered within the test's own process: a hundred runs would else wait for as many Pythons.

`Programs` takes the place of the processes themselves. Everything above them, up to what is made of an exit code, is
the product's own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from ops.reach import processes

NOWHERE = 1
"""A port that nobody listens at."""


@dataclass(frozen=True)
class Printed:
    """What a program prints before it ends."""

    text: str = ""
    error: str = ""

    @property
    def code(self) -> int:
        return 1 if self.error else 0


@dataclass(frozen=True)
class Tunnel:
    """A program that stays: the port at which something is, by the local port that leads there."""

    ports: Mapping[int, int]


Answer = Callable[[Sequence[str]], Awaitable[Printed | Tunnel]]


class Process:
    """As asyncio has them."""

    def __init__(self) -> None:
        self.returncode: int | None = None
        self.stdout = asyncio.StreamReader()
        self.servers: list[asyncio.Server] = []
        self.task: asyncio.Task[None] | None = None

    async def begin(self, answer: Awaitable[Printed | Tunnel], out: Any = None, err: Any = None) -> None:
        """Returns soon: a program that takes its time goes on."""
        self.task = asyncio.create_task(self._live(answer, out, err))
        await asyncio.wait([self.task], timeout=0.05)

    async def wait(self) -> int:
        assert self.task
        await self.task
        assert self.returncode is not None, "nobody waits for a tunnel"
        return self.returncode

    def terminate(self) -> None:
        if self.task:
            self.task.cancel()

    async def end(self) -> None:
        self.terminate()
        for server in self.servers:
            server.close()

    async def _live(self, answer: Awaitable[Printed | Tunnel], out: Any, err: Any) -> None:
        said = await answer
        if isinstance(said, Tunnel):
            for near, there in said.ports.items():
                self.servers.append(await asyncio.start_server(_to(there), "127.0.0.1", near))
        else:
            self._say(said, out, err)

    def _say(self, said: Printed, out: Any, err: Any) -> None:
        self.returncode = said.code
        if out == asyncio.subprocess.PIPE:
            self.stdout.feed_data(said.text.encode())
            self.stdout.feed_eof()
        elif out:
            out.write(said.text.encode())
        if err:
            err.write(said.error.encode())


@dataclass
class Programs:
    """Every program by its name; one without an answer is not installed."""

    answers: dict[str, Answer] = field(default_factory=dict)
    calls: list[list[str]] = field(default_factory=list)

    def take_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(processes, "_start", self._start)
        monkeypatch.setattr(processes, "_end", Process.end)

    async def _start(self, command: Sequence[str], **options: Any) -> Process:
        self.calls.append(list(command))
        process = Process()
        answer = self.answers[command[0]](command)
        await process.begin(answer, options.get("stdout"), options.get("stderr"))
        return process


def _to(port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """Leads each connection on, or ends it where nobody listens."""

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))

    return lead


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(1 << 16):
            sink.write(chunk)
            await sink.drain()
    sink.close()
