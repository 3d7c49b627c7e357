"""Standbys take a changed configuration one after another, and the producer by a command only."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, cast

import pytest

from chain_store.clock import Clock
from nodeos_manager.commands import Operator, OperatorSettings
from nodeos_manager.manager import Health
from nodeos_manager.nodeos.superviser import State, Unusable
from nodeos_manager.plugins.reloads import Reloads
from nodeos_manager.production.proof import Fellow, Standing
from tests.services.nodeos_manager.simulation.loop import simulated
from tests.services.nodeos_manager.stand_ins import clock

LOG = logging.getLogger("test")
RELOAD = 20.0
"""Seconds until nodeos is well after a start."""


class Configuration:
    def __init__(self) -> None:
        self.running, self.now = "old", "old"

    def mounted(self) -> str:
        return self.now

    def is_reload_pending(self) -> bool:
        return self.running != self.now


class Ordinal:
    """One manager, as far as its reloads depend on it."""

    def __init__(self, name: str, cluster: "Cluster", time: Clock) -> None:
        self.ordinal = name
        self.cluster = cluster
        self.configuration = Configuration()
        self.keeper, self.superviser = self, self
        self.state = State.RUNNING
        self.produces = False
        self.is_reloading = False
        self.gets_well = True
        self.is_well = True
        self.silent = False
        self.reloads = Reloads(cast(Any, self.configuration), self, time)
        self.operator = Operator(time, OperatorSettings(), LOG)

    def is_standby(self) -> bool:
        return not self.produces

    async def health(self) -> Health:
        return Health(self.is_well, "")

    async def reload_standby(self) -> str:
        self.cluster.log.append(self.ordinal)
        self.state, self.is_well = State.STOPPING, False
        await asyncio.sleep(5.0)
        if self.configuration.now == "refused":
            self.state = State.UNUSABLE
            raise Unusable("config.ini, line 1")
        self.state = State.RUNNING
        self.configuration.running = self.configuration.now
        asyncio.get_running_loop().call_later(RELOAD, self._get_well)
        return ""

    def _get_well(self) -> None:
        self.is_well = self.gets_well

    async def ask(self) -> Sequence[Fellow]:
        others = [other for other in self.cluster.ordinals if other is not self]
        return [await other.answer() for other in others]

    async def answer(self) -> Fellow:
        await asyncio.sleep(0.01)
        if self.silent:
            return Fellow(self.ordinal, Standing.UNKNOWN)
        standing = Standing.MAY_PRODUCE if self.produces else Standing.PAUSED
        if self.state is not State.RUNNING:
            standing = Standing.STOPPED
        return Fellow(self.ordinal, standing, 1, self.is_reloading)


class Cluster:
    """`bp-0` produces."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.ordinals = [Ordinal(f"bp-{number}", self, clock()) for number in range(4)]
        self.ordinals[0].produces = True
        self.most = 0
        """The most ordinals that were not well at once."""

    def mount(self, digest: str) -> None:
        for ordinal in self.ordinals:
            ordinal.configuration.now = digest

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        loops: list[Coroutine[Any, Any, None]] = [self._watch()]
        for ordinal in self.ordinals:
            loops += [ordinal.operator.run(), ordinal.reloads.run(cast(Any, ordinal))]
        tasks = [asyncio.create_task(loop) for loop in loops]
        yield
        for task in tasks:
            task.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            self.most = max(self.most, sum(not ordinal.is_well for ordinal in self.ordinals))


def case(test: Callable[[Cluster], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        cluster = Cluster()
        async with cluster.running():
            await test(cluster)

    simulated(run())


def test_standbys_reload_one_after_another_and_the_producer_does_not() -> None:
    async def test(cluster: Cluster) -> None:
        await asyncio.sleep(60.0)
        assert cluster.log == []
        cluster.mount("new")
        await asyncio.sleep(300.0)
        assert sorted(cluster.log) == ["bp-1", "bp-2", "bp-3"]
        assert cluster.most == 1
        assert [ordinal.reloads.status() for ordinal in cluster.ordinals] == [
            {"reload_pending": pending} for pending in (True, False, False, False)
        ]

    case(test)


def test_two_that_begin_at_the_same_moment_both_wait_and_then_take_turns() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.mount("new")
        await asyncio.sleep(11.0)
        assert cluster.log == []
        await asyncio.sleep(300.0)
        assert (sorted(cluster.log), cluster.most) == (["bp-1", "bp-2", "bp-3"], 1)

    case(test)


def test_a_standby_that_does_not_get_well_keeps_the_others_on_the_old_configuration() -> None:
    async def test(cluster: Cluster) -> None:
        for ordinal in cluster.ordinals:
            ordinal.gets_well = False
        cluster.mount("broken")
        await asyncio.sleep(1000.0)
        assert (len(cluster.log), cluster.most) == (1, 1)
        for ordinal in cluster.ordinals:
            ordinal.gets_well = True
        cluster.mount("mended")
        await asyncio.sleep(1000.0)
        assert (sorted(set(cluster.log)), cluster.most) == (["bp-1", "bp-2", "bp-3"], 1)
        assert all(not ordinal.is_reloading for ordinal in cluster.ordinals)

    case(test)


def test_what_does_not_start_is_tried_once_and_what_comes_after_it_too() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.mount("refused")
        await asyncio.sleep(300.0)
        assert (len(cluster.log), cluster.most) == (1, 1)
        cluster.mount("mended")
        await asyncio.sleep(300.0)
        assert sorted(set(cluster.log)) == ["bp-1", "bp-2", "bp-3"]
        assert len(cluster.log) == 4

    case(test)


@pytest.mark.parametrize("fault", ["silent", "stopped", "nobody produces"])
def test_nothing_reloads_while_another_ordinal_is_missing(fault: str) -> None:
    async def test(cluster: Cluster) -> None:
        first, last = cluster.ordinals[0], cluster.ordinals[3]
        last.silent = fault == "silent"
        last.state = State.STOPPED if fault == "stopped" else State.RUNNING
        first.produces = fault != "nobody produces"
        cluster.mount("new")
        await asyncio.sleep(300.0)
        # A silent one hears all others, and may be the one that reloads.
        assert set(cluster.log) <= ({"bp-3"} if fault == "silent" else set())
        last.silent, last.state, first.produces = False, State.RUNNING, True
        await asyncio.sleep(600.0)
        assert (sorted(cluster.log), cluster.most) == (["bp-1", "bp-2", "bp-3"], 1)

    case(test)


def test_what_was_stopped_by_a_command_stays_so() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.ordinals[3].state = State.STOPPED
        cluster.mount("new")
        await asyncio.sleep(300.0)
        assert cluster.ordinals[3].state is State.STOPPED

    case(test)


def test_a_command_that_runs_is_waited_for() -> None:
    async def test(cluster: Cluster) -> None:
        async def long() -> str:
            await asyncio.sleep(200.0)
            return ""

        for ordinal in cluster.ordinals:
            ordinal.operator.submit("maintenance", long)
        cluster.mount("new")
        await asyncio.sleep(190.0)
        assert cluster.log == []
        assert not any(ordinal.is_reloading for ordinal in cluster.ordinals)
        await asyncio.sleep(300.0)
        assert sorted(cluster.log) == ["bp-1", "bp-2", "bp-3"]

    case(test)
