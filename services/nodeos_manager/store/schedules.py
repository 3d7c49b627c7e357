"""Snapshots and backups by a period, or every so many blocks."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chain_store.bucket import Failed
from chain_store.clock import Clock
from chain_store.manifests import Kind, Manifest

from ..commands import Busy, Work
from ..nodeos.nodeos_api import Head, Refused, Unanswered
from ..plugins.plugins import Plugin
from .copies import Copies, Refusal

if TYPE_CHECKING:
    from ..manager import Manager

_BLOCKS_PER_SECOND = 2
_PAUSE = 180.0
"""Seconds that a pause may take before a backup. An ordinal that does not produce is paused already."""


class Headed(Protocol):
    async def head(self) -> Head: ...


@dataclass(frozen=True)
class Every:
    """When one is due. 0 is never."""

    period: float = 0.0
    """Seconds since the newest one in the bucket was taken."""
    modulo: int = 0
    """manageos' word: a new one for each so many blocks."""

    def is_set(self) -> bool:
        return self.period > 0 or self.modulo > 0

    def is_due(self, latest: Manifest | None, head: int, now: float, later: float) -> bool:
        """`later`: seconds that others go before. However many were missed, one is due."""
        if latest is None:
            return self.is_set()
        behind = head - int(later * _BLOCKS_PER_SECOND)
        by_time = self.period > 0 and now - latest.at >= self.period + later
        return by_time or (self.modulo > 0 and behind // self.modulo > latest.block.height // self.modulo)


@dataclass(frozen=True)
class SchedulesSettings:
    every: Mapping[Kind, Every]
    rank: int = 0
    """How many ordinals go before: where all would take one at the same moment, all but one are in vain."""
    each: float = 300.0
    """Seconds that one ordinal has before the next one tries."""
    tick: float = 60.0
    retry: float = 600.0
    """Seconds after a failure."""


class Schedules(Plugin):
    """Takes what is due, on an ordinal that does not produce. What the bucket has from other ordinals counts."""

    name = "the schedule of snapshots and backups"

    def __init__(
        self, copies: Copies, nodeos: Headed, clock: Clock, settings: SchedulesSettings, log: logging.Logger
    ) -> None:
        self._copies = copies
        self._nodeos = nodeos
        self._clock = clock
        self._settings = settings
        self._log = log
        self._tried: dict[Kind, float] = {}

    def status(self) -> Mapping[str, object]:
        return {kind: self._copies.latest(kind) for kind in Kind}

    async def run(self, manager: "Manager") -> None:
        while self._copies.has_bucket():
            await self._clock.sleep(self._settings.tick)
            try:
                await self._copies.refresh()
                if (await manager.health()).is_ready:
                    await self._look(manager)
            except (Failed, Refusal, Unanswered, Refused) as failed:
                self._log.warning("the bucket or nodeos does not say what is due: %s", failed)
                await self._clock.sleep(self._settings.retry)

    async def _look(self, manager: "Manager") -> None:
        await self._copies.remove_used()
        for kind in self._due((await self._nodeos.head()).number, self._clock.wall()):
            if kind is Kind.BACKUP and await self._copies.is_being_backed_up():
                continue
            if await self._copies.is_idle():
                await self._take(kind, manager)
                return

    def _due(self, head: int, now: float) -> Sequence[Kind]:
        settings, later = self._settings, self._settings.rank * self._settings.each
        return [
            kind
            for kind, every in settings.every.items()
            if every.is_due(self._copies.reports[kind].latest, head, now, later)
            and now - self._tried.get(kind, -settings.retry) >= settings.retry
        ]

    async def _take(self, kind: Kind, manager: "Manager") -> None:
        """One that is refused, because another command runs, is due at the next look as well."""
        work: Work = self._copies.snapshot if kind is Kind.SNAPSHOT else self._copies.backup(_PAUSE)
        try:
            command = manager.operator.submit(kind, work)
        except Busy as busy:
            self._log.info("the %s waits: %s", kind, busy)
            return
        self._tried[kind] = self._clock.wall()
        await command.ended.wait()
