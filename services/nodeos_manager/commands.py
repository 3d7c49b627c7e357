"""Runs the commands of operators: one at a time, in the order in which they came."""

import asyncio
import contextlib
import logging
import secrets
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from chain_store.clock import Clock

Work = Callable[[], Awaitable[str]]
"""What a command does. It returns a sentence for the operator."""


class Outcome(StrEnum):
    """The words are part of the HTTP API."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Busy(Exception):
    """A command was not taken."""

    def __init__(self, message: str, running: str | None) -> None:
        super().__init__(message)
        self.running = running
        """The id of the command that it would conflict with, or that runs."""


@dataclass
class Command:
    """A command that was taken. The id polls it."""

    id: str
    name: str
    at: float
    """Seconds since 1970."""
    outcome: Outcome = Outcome.QUEUED
    message: str = ""
    ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False)


@dataclass(frozen=True)
class OperatorSettings:
    queue: int = 10
    """How many commands may wait. manageos had as many."""
    remembered: int = 100
    """How many ended commands can still be polled."""


#: Commands that may wait behind one another. All others undo or disturb one another: one that would wait is refused,
#: because its operator decided on it without knowing of the other.
_PATIENT = frozenset({"backup", "snapshot"})


class Operator:
    """One command at a time, and a queue."""

    def __init__(self, clock: Clock, settings: OperatorSettings, log: logging.Logger) -> None:
        self._clock = clock
        self._settings = settings
        self._log = log
        self._queue: asyncio.Queue[tuple[Command, Work]] = asyncio.Queue(settings.queue)
        self._commands: OrderedDict[str, Command] = OrderedDict()
        self.ended: Counter[tuple[str, Outcome]] = Counter()
        """How many commands of each name have ended, and how."""

    def submit(self, name: str, work: Work) -> Command:
        """Takes a command. Raises Busy where another one is under way that it conflicts with, or the queue is full."""
        for other in self._open():
            if other.name == name or not {name, other.name} <= _PATIENT:
                raise Busy(f"{other.name} is {other.outcome}: {name} would conflict with it.", other.id)
        if self._queue.full():
            running = next(self._open(), None)
            raise Busy(f"{self._settings.queue} commands wait already.", running.id if running else None)
        command = Command(secrets.token_hex(8), name, self._clock.wall())
        self._commands[command.id] = command
        self._forget()
        self._queue.put_nowait((command, work))
        return command

    def find(self, identifier: str) -> Command | None:
        return self._commands.get(identifier)

    async def run(self) -> None:
        """Runs what is taken, until it is cancelled. A command that is cut off by that has failed."""
        while True:
            command, work = await self._queue.get()
            command.outcome = Outcome.RUNNING
            self._log.info("command %s %s begins", command.id, command.name)
            try:
                command.message = await work()
                command.outcome = Outcome.DONE
            except asyncio.CancelledError:
                self._fail(command, "The manager was stopped.")
                raise
            except Exception as failed:
                self._fail(command, str(failed) or type(failed).__name__)
            finally:
                self.ended[command.name, command.outcome] += 1
                command.ended.set()

    def _fail(self, command: Command, message: str) -> None:
        command.outcome, command.message = Outcome.FAILED, message
        self._log.error("command %s %s failed: %s", command.id, command.name, message)

    def _open(self) -> "filter[Command]":
        return filter(lambda command: not command.ended.is_set(), self._commands.values())

    def _forget(self) -> None:
        ended = [command.id for command in self._commands.values() if command.ended.is_set()]
        for identifier in ended[: max(0, len(ended) - self._settings.remembered)]:
            with contextlib.suppress(KeyError):
                del self._commands[identifier]
