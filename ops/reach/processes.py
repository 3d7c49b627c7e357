"""The clouds' command lines, run so that none is left behind."""

import asyncio
import json
import os
import pty
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import IO, Any, TypeVar

import typer
from tenacity import AsyncRetrying, RetryError, retry_if_result, stop_after_delay, wait_fixed

from ..errors import Unreachable

OPEN_LIMIT_SECONDS = 60
"""For a tunnel to accept connections."""
COMMAND_LIMIT_SECONDS = 180
"""For a command that answers and ends."""
_END_LIMIT_SECONDS = 3
# The Session Manager plugin closes its session on an interrupt; the others end on any of them.
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, which SIGTERM and a closed terminal end as Ctrl-C does: with every tunnel closed."""

    async def main() -> T:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio.run has one
        for ending in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(ending, task.cancel)
        return await work

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise typer.Exit(128 + signal.SIGTERM) from None


@asynccontextmanager
async def running(command: Sequence[str], log: IO[bytes]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process with all its children, ended with the context. `log` gets what it prints."""
    process = await _start(command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        await asyncio.shield(_end(process))


async def capture(command: Sequence[str], terminal: bool = False, limit_seconds: float = COMMAND_LIMIT_SECONDS) -> str:
    """What a command prints. Raises `Unreachable` with its errors when it fails or takes too long. `terminal` gives it
    one for its input, on which nobody types."""
    with ExitStack() as held:
        out, err = (held.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        stdin = _terminal(held) if terminal else asyncio.subprocess.DEVNULL
        process = await _start(command, stdin=stdin, stdout=out, stderr=err, start_new_session=True)
        try:
            code = await asyncio.wait_for(process.wait(), limit_seconds)
        except TimeoutError:
            raise Unreachable(f"{_name(command)} did not end in {limit_seconds:g} seconds.") from None
        finally:
            await asyncio.shield(_end(process))
        if code:
            raise Unreachable(f"{_name(command)} failed: {_last_words(err) or f'exit code {code}'}")
        out.seek(0)
        return out.read().decode(errors="replace")


async def capture_json(command: Sequence[str], limit_seconds: float = COMMAND_LIMIT_SECONDS) -> Any:
    """What a command prints, read as JSON. Raises as `capture` does, and when it is none."""
    try:
        return json.loads(await capture(command, limit_seconds=limit_seconds))
    except ValueError:
        raise Unreachable(f"{_name(command)} did not print JSON.") from None


async def followed(command: Sequence[str], take: Callable[[str], None]) -> None:
    """Gives each line of what a command prints to `take`, as it comes. Raises `Unreachable` with its errors when it
    fails."""
    with tempfile.TemporaryFile() as err:
        pipe = asyncio.subprocess.PIPE
        process = await _start(
            command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=err, start_new_session=True
        )
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            await _lines(process.stdout, take)
            code = await process.wait()
        finally:
            await asyncio.shield(_end(process))
        if code:
            raise Unreachable(f"{_name(command)} failed: {_last_words(err) or f'exit code {code}'}")


async def attached(command: Sequence[str]) -> int:
    """Runs a command on this terminal, to which Ctrl-C goes as well. Returns its exit code."""
    process = await _start(command)
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def opened(
    process: asyncio.subprocess.Process, command: Sequence[str], ports: Iterable[int], log: IO[bytes]
) -> None:
    """Returns when a tunnel's local ports accept. Raises `Unreachable` when it ends before, or never does."""
    attempts = AsyncRetrying(
        stop=stop_after_delay(OPEN_LIMIT_SECONDS),
        wait=wait_fixed(0.2),
        retry=retry_if_result(lambda is_open: not is_open),
    )

    async def is_open() -> bool:
        if process.returncode is not None:
            raise Unreachable(f"{_name(command)} failed: {_last_words(log) or f'exit code {process.returncode}'}")
        return all([await _accepts(port) for port in ports])

    try:
        await attempts(is_open)
    except RetryError:
        said = _last_words(log)
        raise Unreachable(
            f"{_name(command)} opened no tunnel in {OPEN_LIMIT_SECONDS} seconds. {said}".rstrip()
        ) from None


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


def _terminal(held: ExitStack) -> int:
    for end in (ends := pty.openpty()):
        held.callback(os.close, end)
    return ends[1]


async def _start(command: Sequence[str], **options: Any) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(*command, **options)
    except OSError as error:
        reason = f"{command[0]} cannot be run ({error.strerror})"
        raise Unreachable(f"{reason}: install it, see docs/ops/README.md.") from None


async def _lines(stream: asyncio.StreamReader, take: Callable[[str], None]) -> None:
    """Of any length, which `readline` does not take."""
    rest = b""
    while chunk := await stream.read(1 << 16):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            take(line.decode(errors="replace"))
    if rest:
        take(rest.decode(errors="replace"))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ends the whole group: `aws` leaves its plugin behind when it alone is ended."""
    for ending in _ENDINGS:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, ending)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _END_LIMIT_SECONDS)
            break
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


def _last_words(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").strip().splitlines()
    return " ".join(line.strip() for line in lines[-5:])


def _name(command: Sequence[str]) -> str:
    return " ".join(word for word in command[:3] if not word.startswith("-"))
