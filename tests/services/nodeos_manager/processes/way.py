"""Ways between processes on loopback, which a fault cuts: all of them in one thread."""

import asyncio
import contextlib
import threading
from enum import StrEnum


class State(StrEnum):
    OPEN = "open"
    CUT = "cut"
    """Nothing arrives and nobody is told. What was sent arrives when the way is open again."""
    CLOSED = "closed"
    """Nobody listens, as where a server is stopped."""


class Ways:
    """A thread, and every way of one test in it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def to(self, port: int) -> "Way":
        """A way to a port of loopback."""
        way = Way(self.loop, port)
        asyncio.run_coroutine_threadsafe(way.listen(), self.loop).result(10)
        return way

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)


class Way:
    def __init__(self, loop: asyncio.AbstractEventLoop, target: int) -> None:
        self.port = 0
        self._loop = loop
        self._target = target
        self._state = State.OPEN
        self._changed = asyncio.Event()
        self._open: set[asyncio.StreamWriter] = set()

    def set(self, state: State) -> None:
        self._loop.call_soon_threadsafe(self._set, state)

    def _set(self, state: State) -> None:
        self._state = state
        if state is State.CLOSED:
            for writer in self._open:
                writer.transport.abort()
        self._changed.set()
        self._changed = asyncio.Event()

    async def listen(self) -> None:
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Every byte waits here while the way is cut."""
        writers = [writer]
        self._open.add(writer)
        try:
            await self._passable()
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            writers.append(back)
            self._open.add(back)
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for each in writers:
                self._open.discard(each)
                with contextlib.suppress(OSError, RuntimeError):
                    each.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            await self._passable()
            writer.write(data)
            await writer.drain()
        await self._passable()
        if writer.can_write_eof():
            writer.write_eof()

    async def _passable(self) -> None:
        while self._state is State.CUT:
            await self._changed.wait()
        if self._state is State.CLOSED:
            raise ConnectionResetError
