"""The manager of one nodeos: what its HTTP API answers, and what its commands do."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from chain_store.clock import Clock

from .commands import Operator, Work
from .nodeos.configuration import Configuration
from .nodeos.nodeos_api import Nodeos, Refused, Unanswered
from .nodeos.superviser import State, Superviser
from .plugins.readings import Readings
from .production.api_node import NeverProduces
from .production.finalizer import Finalizer
from .production.freshness import Freshness, age, is_young
from .production.keeper import Keeper
from .production.production import Production
from .production.proof import Fellow, standing
from .store.copies import Copies


class MayNotReload(Exception):
    """nodeos goes on as it is. The message says why."""


@dataclass(frozen=True)
class Health:
    """Whether nodeos may be sent requests."""

    is_ready: bool
    message: str


class Manager:
    """One nodeos, its keeper and its operator."""

    def __init__(
        self,
        ordinal: str,
        superviser: Superviser,
        keeper: Keeper | NeverProduces,
        production: Production | None,
        nodeos: Nodeos,
        operator: Operator,
        clock: Clock,
        freshness: Freshness,
        readings: Readings,
        configuration: Configuration,
        finalizer: Finalizer | None = None,
        copies: Copies | None = None,
    ) -> None:
        """`production` is a producer's; `finalizer` is that of an ordinal with a finalizer key."""
        self.ordinal = ordinal
        self.configuration = configuration
        self.finalizer = finalizer
        self.is_reloading = False
        """Whether nodeos is being started with a new configuration by itself, or is not well with it yet."""
        self.readings = readings
        self.superviser = superviser
        self.keeper = keeper
        self.operator = operator
        self.copies = copies
        self._production = production
        self._nodeos = nodeos
        self._clock = clock
        self._freshness = freshness

    @property
    def produces(self) -> bool:
        """Whether this is a producer, and no API node."""
        return self._production is not None

    async def run(self) -> None:
        """Runs until it is cancelled. nodeos is started by the first command in the queue: a dirty database must not
        end the manager, which an operator needs to restore it."""
        self.operator.submit("start", self._first_start)
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self.operator.run())
            loops.create_task(self.keeper.run())

    async def health(self) -> Health:
        """Ready while nodeos runs, is not about to stop, and has a young head."""
        if self.superviser.state is not State.RUNNING:
            return Health(False, f"nodeos: {self.superviser.state}")
        try:
            head = await self._nodeos.head()
        except (Unanswered, Refused) as silent:
            return Health(False, str(silent))
        if not is_young(head, self._clock, self._freshness):
            return Health(False, f"the head is {age(head, self._clock):.1f} s old")
        return Health(True, "ok")

    async def as_fellow(self) -> Fellow | None:
        """What the other ordinals are told. None of an API node."""
        if self._production is None:
            return None
        proof = await self._production.proof()
        try:
            head = (await self._nodeos.head()).number
        except (Unanswered, Refused):
            head = None
        return Fellow(self.ordinal, standing(proof), head, self.is_reloading)

    async def resume(self) -> str:
        """`resume`: ends a maintenance. nodeos starts, paused."""
        await self.superviser.start()
        return "nodeos runs."

    async def _first_start(self) -> str:
        if self.copies is not None:
            await self.copies.first_start()
        return await self.resume()

    def maintenance(self, timeout: float) -> Work:
        """Gives the right up, and stops nodeos."""

        async def work() -> str:
            await self.keeper.give_up(timeout)
            await self.superviser.stop()
            return "nodeos is stopped. The right to produce is free." if self.produces else "nodeos is stopped."

        return work

    async def reload(self) -> str:
        """Starts nodeos anew at once, with what its configuration is now. It misses blocks where it is our turn."""
        async with self.keeper.not_resuming():
            await self._start_anew()
        return "nodeos was started anew."

    async def reload_standby(self) -> str:
        """Starts nodeos anew, unless it produces by now, or holds the right to."""
        async with self.keeper.not_resuming():
            if not self.keeper.is_standby():
                raise MayNotReload("This ordinal is no standby any more.")
            await self._start_anew()
        return "nodeos was started anew."

    def safely_reload(self, timeout: float) -> Work:
        """Starts nodeos anew in the gap between our turns."""

        async def work() -> str:
            await self.configuration.check()
            async with self.keeper.resting(timeout):
                await self._start_anew()
            return "nodeos was started anew, between our turns."

        return work

    async def _start_anew(self) -> None:
        """What nodeos could not start with leaves the one that runs as it is."""
        await self.configuration.check()
        await self.superviser.stop()
        await self.superviser.start()

    def safely_pause_production(self, timeout: float) -> Work:
        async def work() -> str:
            return await self.keeper.give_up(timeout)

        return work

    def safely_resume_production(self, lost: Collection[str]) -> Work:
        async def work() -> str:
            return await self.keeper.take_over(lost)

        return work
