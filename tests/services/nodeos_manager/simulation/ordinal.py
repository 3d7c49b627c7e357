"""One ordinal: its pod, the manager in it, and the kubelet that starts a dead container anew."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from nodeos_manager.nodeos.superviser import Limits, Superviser, Unusable, Verdict
from nodeos_manager.production.keeper import Keeper, KeeperSettings
from nodeos_manager.production.production import Production, ProductionSettings
from nodeos_manager.production.proof import Fellow, Standing, standing
from nodeos_manager.production.right import AutomaticRight, Identity, ManualRight, Right

from .api_server import ApiServer, Way
from .chain import OURS, Chain
from .machine import Machine, SimulatedClock
from .nodeos import Disk, Loopback, SimulatedLauncher

LIVENESS = 5.0
"""Seconds after which the kubelet kills a manager that answers nothing. It must be less than the fence."""
_LOG = logging.getLogger("simulation")
_SILENT = 2.0


class Software:
    """nodeos as the superviser sees it. What NodeosSoftware reads from files, a simulated disk says."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def command(self) -> Sequence[str]:
        if self._disk.dirty:
            raise Unusable("dirty")
        return ["nodeos", "--pause-on-startup"]

    def said(self, line: str) -> None:
        pass

    def ended(self, code: int, asked: bool) -> Verdict:
        return Verdict.UNUSABLE if self._disk.dirty else Verdict.RESTART


class Manager:
    """One life of a manager: the objects that a process of it has, and its tasks."""

    def __init__(self, ordinal: "Ordinal", automatic: bool) -> None:
        clock = SimulatedClock(ordinal.machine)
        me = Identity(ordinal.name, ordinal.pod)
        right: Right
        right = AutomaticRight(ordinal.way, me, clock) if automatic else ManualRight(ordinal.way, me, clock)
        ours = frozenset({OURS})
        nodeos = Loopback(ordinal.launcher)
        self.right = right
        self.superviser = Superviser(Software(ordinal.launcher.disk), ordinal.launcher, clock, Limits(), _LOG)
        self.production = Production(nodeos, self.superviser, clock, ProductionSettings(ours))
        settings = KeeperSettings(ours, first=ordinal.name == "bp-0")
        self.keeper = Keeper(
            right, self.production, nodeos, self.superviser, Neighbours(ordinal), clock, settings, _LOG
        )
        self.commands: list[asyncio.Task[str]] = []
        self._life = asyncio.create_task(self._live())

    async def _live(self) -> None:
        with contextlib.suppress(Unusable):
            await self.superviser.start()
        await self.keeper.run()

    def die(self) -> None:
        self._life.cancel()
        for command in self.commands:
            command.cancel()
        self.superviser.abandon()


class Neighbours:
    """How a manager asks those of the other ordinals."""

    def __init__(self, ordinal: "Ordinal") -> None:
        self._ordinal = ordinal

    async def ask(self) -> Sequence[Fellow]:
        await self._ordinal.machine.ready()
        others = [other for other in self._ordinal.others if other is not self._ordinal]
        answers = [await self._one(other) for other in others]
        await self._ordinal.machine.ready()
        return answers

    async def _one(self, other: "Ordinal") -> Fellow:
        await asyncio.sleep(self._ordinal.random.uniform(0.002, 0.03))
        manager = other.manager
        if manager is None or other.machine.hangs or other.is_split or self._ordinal.is_split:
            await asyncio.sleep(_SILENT)
            return Fellow(other.name, Standing.UNKNOWN)
        try:
            async with asyncio.timeout(_SILENT):
                return Fellow(other.name, standing(await manager.production.proof()))
        except TimeoutError:
            return Fellow(other.name, Standing.UNKNOWN)


class Ordinal:
    """A pod of the StatefulSet, on its machine, with its disk."""

    def __init__(
        self, name: str, automatic: bool, chain: Chain, server: ApiServer, machine: Machine, random: Random
    ) -> None:
        self.name = name
        self.machine = machine
        self.random = random
        self.pod = f"{name}-uid-0"
        self.way = Way(server, machine)
        self.launcher = SimulatedLauncher(name, chain, machine, random)
        self.is_split = False
        """The other pods cannot be reached, nor can they reach this one."""
        self.others: Sequence[Ordinal] = ()
        self.manager: Manager | None = None
        self._automatic = automatic
        self._chain = chain
        self._pods = 0

    def start(self) -> None:
        self.machine.go_on()
        self.manager = Manager(self, self._automatic)

    def kill(self) -> None:
        """The container dies, and all that runs in it."""
        if self.manager is not None:
            self.manager.die()
            self.manager = None
        if self.launcher.nodeos is not None:
            self.launcher.nodeos.die()

    def replace_pod(self) -> None:
        self._pods += 1
        self.pod = f"{self.name}-uid-{self._pods}"

    async def restart(self, after: float) -> None:
        await asyncio.sleep(after)
        self.restore()
        if self.manager is None:
            self.start()

    def restore(self) -> None:
        """An operator's restore: what the disk has is whole again."""
        if self.launcher.nodeos is None or self.launcher.nodeos.is_gone:
            self.launcher.disk.dirty = False

    async def hang_manager(self, seconds: float) -> None:
        """The manager hangs. The kubelet kills it when its liveness probe has failed for long enough."""
        manager = self.manager
        self.machine.hang()
        await asyncio.sleep(min(seconds, LIVENESS))
        if seconds < LIVENESS or self.manager is not manager:
            self.machine.go_on()
            return
        self.kill()
        self.machine.go_on()
        await self.restart(self.random.uniform(1.0, 4.0))


@dataclass(frozen=True)
class Shape:
    """What a run is made of, besides its faults."""

    producers: int
    """In the chain's schedule, with ours."""
    automatic: bool
    drift: float
    """The share by which clocks' rates may be off."""
    ahead: float = 0.05
    """Seconds by which wall clocks may be off."""
    slow: float = 0.0
    """The share of what is asked of the API server, or answered, that takes a second or so."""
