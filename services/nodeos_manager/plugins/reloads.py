"""Whether the configuration that runs is the mounted one; and standbys that take a changed one, one after another.

A producer never reloads by itself: `safely_reload` is for it. A standby does where another ordinal produces, and every
other one answers, runs, and reloads nothing. Two that begin at once see one another, as each says that it reloads, and
asks the others after that. Then both wait, each for a time of its own. One that does not get well with the new
configuration goes on saying that it reloads: the others keep the old one.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chain_store.clock import Clock

from ..commands import Busy
from ..nodeos.configuration import Configuration
from ..nodeos.superviser import State
from ..production.production import Fellows
from ..production.proof import Standing
from .plugins import Plugin

if TYPE_CHECKING:
    from ..manager import Manager

PERIOD = 10.0
"""Seconds between two looks of the first ordinal."""
_LATER = 5.0
"""So many seconds more for each ordinal before it."""
_RUN = (Standing.PAUSED, Standing.MAY_PRODUCE)


class Reloads(Plugin):
    name = "reloads"

    def __init__(self, configuration: Configuration, fellows: Fellows, clock: Clock) -> None:
        self._configuration = configuration
        self._fellows = fellows
        self._clock = clock
        self._tried: str | None = None
        """The digest of what was tried last: what did not start is not tried twice."""

    def status(self) -> Mapping[str, object]:
        return {"reload_pending": self._configuration.is_reload_pending()}

    async def run(self, manager: "Manager") -> None:
        period = PERIOD
        while True:
            await self._clock.sleep(period)
            period = await self._look(manager)

    async def _look(self, manager: "Manager") -> float:
        """Returns the seconds until the next look."""
        if manager.is_reloading:
            manager.is_reloading = not (await manager.health()).is_ready
        mounted = self._configuration.mounted()
        if not self._is_due(mounted, manager):
            return PERIOD
        before, manager.is_reloading = manager.is_reloading, True
        fellows = await self._fellows.ask()
        earlier = sum(fellow.ordinal < manager.ordinal for fellow in fellows)
        produced = any(fellow.standing is Standing.MAY_PRODUCE for fellow in fellows)
        others_run = all(fellow.standing in _RUN and not fellow.reloads for fellow in fellows)
        if not (produced and others_run and await self._reload(mounted, manager)):
            manager.is_reloading = before
        return PERIOD + earlier * _LATER

    def _is_due(self, mounted: str, manager: "Manager") -> bool:
        stopped = manager.superviser.state in (State.STOPPED, State.STOPPING)
        untried = self._configuration.is_reload_pending() and mounted != self._tried
        return untried and not stopped and manager.keeper.is_standby()

    async def _reload(self, mounted: str, manager: "Manager") -> bool:
        """Returns whether the command was taken."""
        try:
            command = manager.operator.submit("reload", manager.reload_standby)
        except Busy:
            return False
        self._tried = mounted
        await command.ended.wait()
        return True
