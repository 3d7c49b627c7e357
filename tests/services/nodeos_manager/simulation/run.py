"""A run: three ordinals, a chain, an API server, and faults at moments that the seed chooses."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from nodeos_manager.nodeos.nodeos_api import Refused, Unanswered
from nodeos_manager.production.keeper import NotReleased
from nodeos_manager.production.production import MayNotResume, TooLate, Unverified

from .api_server import ApiServer
from .chain import Chain
from .loop import simulated
from .machine import Machine
from .ordinal import Ordinal, Shape

ORDINALS = 3
QUIET = 40.0
"""Seconds at the start, in which the first one begins to produce."""
FAULTY = 120.0
RECOVERY = 100.0
"""Seconds at the end, in which nothing fails and everything that was broken comes back."""
END = QUIET + FAULTY + RECOVERY
_REFUSALS = (MayNotResume, NotReleased, TooLate, Unverified, Unanswered, Refused)


@dataclass
class Result:
    """What came of a run."""

    seed: int
    shape: Shape
    doubles: dict[int, list[str]]
    signed: dict[int, list[str]]
    missed: list[int]
    """Slots of ours that nobody signed while faults came."""
    missed_at_the_end: list[int]
    """The same of the last 30 seconds, when all is well again."""
    faults: list[str] = field(default_factory=list)


class Run:
    def __init__(self, seed: int, shape: Shape, only: Sequence[str] = ()) -> None:
        self.seed = seed
        self.shape = shape
        self.random = Random(seed)
        self.chain = Chain(shape.producers, self.random)
        self.server = ApiServer(self.random)
        self.server.slow = shape.slow
        self.ordinals = [self._ordinal(f"bp-{number}") for number in range(ORDINALS)]
        for ordinal in self.ordinals:
            ordinal.others = self.ordinals
            ordinal.launcher.disk.dirty = False
        self.faults: list[str] = []
        self.kinds = self.some_kinds() if not only else [getattr(self, kind) for kind in only]
        self._tasks: list[asyncio.Task[Any]] = []

    def _ordinal(self, name: str) -> Ordinal:
        drift, ahead = self.shape.drift, self.shape.ahead
        machine = Machine(1 + self.random.uniform(-drift, drift), self.random.uniform(-ahead, ahead))
        return Ordinal(name, self.shape.automatic, self.chain, self.server, machine, self.random)

    async def go(self, faults: int | None) -> Result:
        self.begin(self.chain.others())
        for ordinal in self.ordinals:
            ordinal.start()
        await asyncio.sleep(QUIET)
        count = self.random.randint(2, 8) if faults is None else faults
        moments = sorted(self.random.uniform(0, FAULTY - 20) for _ in range(count))
        for moment in moments:
            await self.until(QUIET + moment)
            self.one_fault()
        await self.until(QUIET + FAULTY)
        await self.heal()
        await self.until(END)
        result = Result(
            self.seed,
            self.shape,
            self.chain.doubles(),
            dict(self.chain.signed),
            self.chain.missed(QUIET, QUIET + FAULTY),
            self.chain.missed(END - 30, END),
            self.faults,
        )
        for ordinal in self.ordinals:
            ordinal.kill()
        for task in self._tasks:
            task.cancel()
        return result

    async def until(self, moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        self._tasks.append(asyncio.create_task(work))

    def some_kinds(self) -> list[Callable[[Ordinal], None]]:
        """Each run has faults of a few kinds only: where all kinds come together, they hide one another."""
        kinds: list[Callable[[Ordinal], None]] = [
            self.kill_manager,
            self.hang_manager,
            self.kill_nodeos,
            self.hang_nodeos,
            self.pause_implicitly,
            self.cut_api,
            self.api_down,
            self.split_pods,
            self.cut_peers,
            self.lose_machine,
            self.split_control,
            self.split_all,
            self.switch,
            self.usurp,
        ]
        return self.random.sample(kinds, 4)

    def one_fault(self) -> None:
        fault = self.random.choice(self.kinds)
        # Most of the faults meet the producer, where there is one.
        producer = [ordinal for ordinal in self.ordinals if self.may_produce(ordinal)]
        among = producer if producer and self.random.random() < 0.7 else self.ordinals
        ordinal = self.random.choice(among)
        self.faults.append(f"{asyncio.get_running_loop().time():.1f} {fault.__name__} {ordinal.name}")
        fault(ordinal)

    def may_produce(self, ordinal: Ordinal) -> bool:
        return ordinal.manager is not None and ordinal.manager.production.may_produce()

    def kill_manager(self, ordinal: Ordinal) -> None:
        ordinal.kill()
        self.begin(ordinal.restart(self.random.uniform(1.0, 10.0)))

    def hang_manager(self, ordinal: Ordinal) -> None:
        self.begin(ordinal.hang_manager(self.random.choice([1.0, 3.0, 4.9, 60.0])))

    def kill_nodeos(self, ordinal: Ordinal) -> None:
        nodeos = ordinal.launcher.nodeos
        if nodeos is not None:
            ordinal.launcher.disk.dirty = self.random.random() < 0.5
            nodeos.die(-11)

    def hang_nodeos(self, ordinal: Ordinal) -> None:
        nodeos = ordinal.launcher.nodeos
        if nodeos is not None:
            nodeos.hang()
            asyncio.get_running_loop().call_later(self.random.choice([0.8, 2.5, 7.0, 40.0]), nodeos.go_on)

    def pause_implicitly(self, ordinal: Ordinal) -> None:
        if ordinal.launcher.nodeos is not None:
            ordinal.launcher.nodeos.pause_implicitly(self.random.uniform(3.0, 30.0))

    def cut_api(self, ordinal: Ordinal, length: float = 0.0) -> None:
        ordinal.way.is_cut = True
        asyncio.get_running_loop().call_later(length or self._long(), setattr, ordinal.way, "is_cut", False)

    def api_down(self, ordinal: Ordinal) -> None:
        self.server.is_down = True
        asyncio.get_running_loop().call_later(self._long(), setattr, self.server, "is_down", False)

    def split_pods(self, ordinal: Ordinal, length: float = 0.0) -> None:
        ordinal.is_split = True
        asyncio.get_running_loop().call_later(length or self._long(), setattr, ordinal, "is_split", False)

    def cut_peers(self, ordinal: Ordinal, length: float = 0.0) -> None:
        self.chain.cut_off.add(ordinal.name)
        asyncio.get_running_loop().call_later(length or self._long(), self.chain.join, ordinal.name)

    def split_control(self, ordinal: Ordinal) -> None:
        """Neither API server nor fellows, and still in the peer-to-peer net: the one where two would produce unseen."""
        length = self._long()
        for cut in (self.cut_api, self.split_pods):
            cut(ordinal, length)

    def split_all(self, ordinal: Ordinal) -> None:
        """Its machine is cut off from everything."""
        length = self._long()
        for cut in (self.cut_api, self.split_pods, self.cut_peers):
            cut(ordinal, length)

    def lose_machine(self, ordinal: Ordinal) -> None:
        """Its pod comes back elsewhere, as another one."""
        ordinal.kill()
        ordinal.replace_pod()
        self.begin(ordinal.restart(self.random.uniform(10.0, 40.0)))

    def switch(self, ordinal: Ordinal) -> None:
        """An operator gives the right to an ordinal, and may be interrupted at any step."""
        self.begin(self.switch_to(ordinal, self.random.choice([2.0, 8.0, 20.0, 60.0])))

    def patient_switch(self, ordinal: Ordinal) -> None:
        """A planned switch, which nobody interrupts."""
        self.begin(self.switch_to(ordinal))

    def usurp(self, ordinal: Ordinal) -> None:
        """An operator who did not pause the producer before, and is refused."""
        if ordinal.manager is not None:
            self.begin(self._quietly(self._command(ordinal, ordinal.manager.keeper.take_over())))

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        with contextlib.suppress(asyncio.CancelledError, *_REFUSALS):
            await work

    async def switch_to(self, target: Ordinal, patience: float = 60.0) -> bool:
        with contextlib.suppress(TimeoutError, asyncio.CancelledError, *_REFUSALS):
            async with asyncio.timeout(patience):
                for ordinal in self.ordinals:
                    manager = ordinal.manager
                    if ordinal is not target and manager is not None:
                        await self._command(ordinal, manager.keeper.give_up(30.0))
                if target.manager is not None:
                    await self._command(target, target.manager.keeper.take_over())
                    return True
        return False

    async def _command(self, ordinal: Ordinal, work: Coroutine[Any, Any, str]) -> None:
        """The command runs in the manager, and ends with it; who gave it may go away before."""
        assert ordinal.manager is not None
        task = asyncio.create_task(work)
        ordinal.manager.commands.append(task)
        await asyncio.shield(task)

    async def heal(self) -> None:
        self.server.is_down = False
        for ordinal in self.ordinals:
            ordinal.way.is_cut = ordinal.is_split = False
            self.chain.join(ordinal.name)
            if ordinal.launcher.nodeos is not None:
                ordinal.launcher.nodeos.go_on()
                ordinal.launcher.nodeos.pause_implicitly(0.0)
        await asyncio.sleep(20.0)
        for ordinal in self.ordinals:
            ordinal.restore()
            if ordinal.manager is not None:
                with contextlib.suppress(Exception):
                    await ordinal.manager.superviser.start()
        # Who was told to pause stays paused until it is told otherwise, also where the right ends by time.
        willing = any(ordinal.manager is not None and ordinal.manager.keeper.wanted for ordinal in self.ordinals)
        if not (self.shape.automatic and willing):
            await asyncio.sleep(10.0)
            await self.settle_by_hand()

    async def settle_by_hand(self) -> None:
        """An operator repeats the switch until it is done."""
        for _ in range(5):
            if await self.switch_to(self.ordinals[1]):
                return
            await asyncio.sleep(1.0)

    def _long(self) -> float:
        return self.random.choice([2.0, 8.0, 25.0, 45.0])


def run(seed: int, shape: Shape, faults: int | None = None, only: Sequence[str] = ()) -> Result:
    """`faults`: how many. `only`: of which kinds, by their methods' names. Without them the seed chooses."""

    async def going() -> Result:
        return await Run(seed, shape, only).go(faults)

    return simulated(going())
