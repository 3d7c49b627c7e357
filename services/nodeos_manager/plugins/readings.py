"""What this ordinal is like now: the answer of GET `status`, and what the metrics say.

A loop reads it. So neither an operator nor a scrape waits for a nodeos that hangs: they get what was read last.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chain_store.clock import Clock

from .. import __version__
from ..nodeos.nodeos_api import DatabaseSize, Head, HttpNodeos, Refused, Unanswered
from ..nodeos.superviser import Superviser
from ..production.freshness import age
from ..production.production import Production
from ..production.proof import Standing, standing
from ..production.right import Right
from ..production.schedule import Round, Schedule
from .blocks import BlockCount
from .plugins import Plugin

if TYPE_CHECKING:
    from ..manager import Manager

PERIOD = 1.0
"""Seconds between two readings."""


@dataclass(frozen=True)
class About:
    """What does not change while the manager runs."""

    ordinal: str
    flavour: str
    bp_mode: bool
    failover: str
    producers: frozenset[str]
    """Our names in the chain's schedule."""
    data: Path
    """nodeos' data directory."""


@dataclass(frozen=True)
class Disk:
    """Bytes of the disk that the data directory is on."""

    size: int
    free: int


class Readings(Plugin):
    """What was read last of one nodeos. None stands for what is not known, or was not answered the last time."""

    name = "the readings"

    def __init__(
        self,
        about: About,
        nodeos: HttpNodeos,
        superviser: Superviser,
        clock: Clock,
        production: Production | None,
        right: Right | None,
        added: Callable[[], Mapping[str, object]],
    ) -> None:
        """`production` and `right` are those of a producer; `added` is what the plugins add to GET `status`."""
        self.about = about
        self.superviser = superviser
        self.right = right
        self.added = added
        self.blocks = BlockCount(nodeos, about.producers)
        self._nodeos = nodeos
        self._clock = clock
        self._production = production
        self.answers = False
        """Whether nodeos answered the last time."""
        self.head: Head | None = None
        """The last one that was read. A nodeos that hangs leaves it, and it grows old."""
        self.schedule: Schedule | None = None
        self.peers: int | None = None
        self.database: DatabaseSize | None = None
        self.disk: Disk | None = None
        self.standing: Standing | None = None

    async def run(self, manager: "Manager") -> None:
        while True:
            await self.read()
            await self._clock.sleep(PERIOD)

    async def read(self) -> None:
        """Reads everything once. What nodeos does not answer is not known then."""
        self.standing = await self._standing()
        self.disk = await asyncio.to_thread(_disk, self.about.data)
        self.answers = await self._read_head()
        self.peers = self.database = None
        if not self.answers:
            return
        with contextlib.suppress(Unanswered, Refused):
            self.peers = await self._nodeos.peers()
        with contextlib.suppress(Unanswered, Refused):
            self.database = await self._nodeos.database_size()
        with contextlib.suppress(Unanswered, Refused):
            await self._read_turns()

    def head_age(self) -> float | None:
        """Seconds since the slot of the newest block that was read."""
        return None if self.head is None else age(self.head, self._clock)

    def is_scheduled(self) -> bool | None:
        return None if self.schedule is None else self.schedule.has(self.about.producers)

    def round(self) -> Round | None:
        if self.schedule is None:
            return None
        return self.schedule.round(self.about.producers, self._clock.wall())

    def restarts(self) -> int:
        return max(0, self.superviser.starts - 1)

    async def told(self) -> dict[str, Any]:
        """The answer of GET `status`. The standing is asked for now: who switches the producer goes by it."""
        about = self.about
        return {
            "ordinal": about.ordinal,
            "flavour": about.flavour,
            "bp_mode": about.bp_mode,
            "state": self.superviser.state,
            "standing": await self._standing(),
            "head": self._head(),
            "chain_id": self.head.chain_id if self.head else None,
            "schedule": {"in": self.is_scheduled(), "round": self.round()} if self.schedule else None,
            "right": self._right(),
            "reload_pending": False,
            "finalizer": None,
            "snapshot": None,
            "backup": None,
            "peers": self.peers,
            "restarts": self.restarts(),
            "version": __version__,
            **self.added(),
        }

    def _head(self) -> dict[str, Any] | None:
        head = self.head
        if head is None:
            return None
        return {"number": head.number, "id": head.id, "age": self.head_age(), "irreversible": head.irreversible}

    def _right(self) -> dict[str, Any] | None:
        if self.right is None:
            return None
        held = self.right.remaining() > 0
        return {"holder": self.right.holder, "held": held, "failover": self.about.failover}

    async def _standing(self) -> Standing | None:
        return None if self._production is None else standing(await self._production.proof())

    async def _read_head(self) -> bool:
        try:
            self.head = await self._nodeos.head()
        except (Unanswered, Refused):
            return False
        return True

    async def _read_turns(self) -> None:
        self.schedule = await self._nodeos.schedule()
        if self.head is not None and self.about.producers:
            await self.blocks.look(self.head, self.schedule)


def _disk(directory: Path) -> Disk | None:
    try:
        usage = shutil.disk_usage(directory)
    except OSError:
        return None
    return Disk(usage.total, usage.free)
