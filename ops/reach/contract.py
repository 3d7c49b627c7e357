"""What may be asked of a node, and how its cloud leads there."""

import json
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ..stacks import ThetaNode
from .df import Disk


@dataclass(frozen=True)
class Call:
    """One JSON-RPC call to a port of the node."""

    port: int
    method: str
    params: tuple[dict[str, Any], ...] = ()
    after: float = 0
    """Seconds to wait before."""

    def body(self) -> str:
        return json.dumps({"jsonrpc": "2.0", "id": 1, "method": self.method, "params": list(self.params)})


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    text: str


@dataclass(frozen=True)
class NoAnswer:
    """This port did not answer."""

    reason: str
    was_reached: bool = True
    """Whether the machine was: without a connection nothing is known of it."""


def curled(text: str, limit: float) -> Answer | NoAnswer:
    """What curl printed that was told to write the HTTP status on a line of its own behind the answer."""
    body, _, code = text.rpartition("\n")
    if code == "000":
        return NoAnswer(f"no answer in {limit:g} seconds, or nobody listens")
    return Answer(int(code), body)


def unreached(answers: Sequence[Answer | NoAnswer]) -> str:
    """Why nobody was reached, by all of these; empty where somebody was."""
    silent = [each.reason for each in answers if isinstance(each, NoAnswer) and not each.was_reached]
    return silent[0] if silent and len(silent) == len(answers) else ""


class Line(Protocol):
    """An open way to one node."""

    async def ask(self, calls: Sequence[Call], limit: float) -> list[Answer | NoAnswer]:
        """The answer to each call, for which it gets `limit` seconds."""
        ...


@dataclass(frozen=True)
class Lines:
    """Which lines of a log."""

    last: int | None
    """How many of the last ones; None for all."""
    since: str | None = None
    """Only those of this last time, such as `1h30m`."""


@dataclass(frozen=True)
class Machine:
    """What runs the container, as it says itself."""

    uptime: int | None = None
    """For how many seconds the container's unit or the container has been up; None when that is not known."""
    gpu_up: bool | None = None
    """Whether the machine's GPU answers; None when that is not known, or where there is none."""
    disk: Disk | None = None
    """The one that has the node's data; None when that is not known."""


class Way(Protocol):
    """One way to a node."""

    def line(self, node: ThetaNode, ports: Sequence[int]) -> AbstractAsyncContextManager[Line]:
        """Open while the context is, and closed whatever happens. Raises `Unreachable` with what the command line
        said."""
        ...

    async def machine(self, node: ThetaNode) -> Machine:
        """What runs the container; nothing of it where it does not say."""
        ...


class MachineWay(Way, Protocol):
    """The way to a node on a machine of its own. Each method raises `Unreachable` with what the command line said."""

    async def logs(self, node: ThetaNode, wanted: Lines) -> str:
        """The last lines of the node's log."""
        ...

    async def follow(self, node: ThetaNode, wanted: Lines) -> None:
        """Shows the log on this terminal until interrupted."""
        ...

    async def restart(self, node: ThetaNode) -> str:
        """Restarts what runs the container, and says in which state it is, without waiting for another."""
        ...


@runtime_checkable
class LineByLine(Protocol):
    """A way without a session: a shell there is one script for each line."""

    async def script(self, node: ThetaNode, script: str) -> str:
        """What a shell script on the machine prints."""
        ...
