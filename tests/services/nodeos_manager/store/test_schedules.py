"""When a snapshot or a backup is due, and which ordinal takes it."""

import asyncio
import contextlib
import logging
from typing import Any, cast

import pytest

from chain_store.bucket import Failed
from chain_store.manifests import Kind, Snapshot
from nodeos_manager.commands import Operator, OperatorSettings, Work
from nodeos_manager.manager import Health
from nodeos_manager.nodeos.nodeos_api import Unanswered
from nodeos_manager.production.production import Production, ProductionSettings
from nodeos_manager.store.assembly import rank
from nodeos_manager.store.copies import Copies, Report
from nodeos_manager.store.schedules import Every, Schedules, SchedulesSettings
from nodeos_manager.store.turns import produces
from tests.services.nodeos_manager.simulation.loop import simulated
from tests.services.nodeos_manager.stand_ins import Nodeos, Process, clock
from tests.services.nodeos_manager.store.nodes import CHAIN, block

LOG = logging.getLogger("test")
HOUR = 3600.0


def taken(height: int, at: float) -> Snapshot:
    return Snapshot(block(height), at, 1, "ab" * 32, f"{CHAIN}/snapshots/x")


@pytest.mark.parametrize(
    ("every", "latest", "head", "now", "due"),
    [
        (Every(), None, 1000, 0.0, False),
        (Every(period=HOUR), None, 1000, 0.0, True),
        (Every(modulo=100), None, 1000, 0.0, True),
        (Every(period=HOUR), taken(900, 0.0), 1000, HOUR - 1, False),
        (Every(period=HOUR), taken(900, 0.0), 1000, HOUR, True),
        (Every(modulo=100), taken(900, 0.0), 999, 9 * HOUR, False),
        (Every(modulo=100), taken(999, 0.0), 1000, 1.0, True),
        (Every(period=HOUR, modulo=100), taken(999, 0.0), 1000, 1.0, True),
    ],
)
def test_one_is_due_by_its_period_or_by_its_number_of_blocks(
    every: Every, latest: Snapshot | None, head: int, now: float, due: bool
) -> None:
    assert every.is_due(latest, head, now, later=0.0) is due


def test_the_ordinals_after_the_first_one_leave_it_time() -> None:
    assert not Every(period=HOUR).is_due(taken(900, 0.0), 1000, HOUR, later=300.0)
    assert Every(period=HOUR).is_due(taken(900, 0.0), 1000, HOUR + 300, later=300.0)
    assert not Every(modulo=100).is_due(taken(999, 0.0), 1599, 0.0, later=300.0)
    assert Every(modulo=100).is_due(taken(999, 0.0), 1600, 0.0, later=300.0)


@pytest.mark.parametrize(("ordinal", "before"), [("nodeos-bp-0", 0), ("nodeos-bp-2", 2), ("alone", 0)])
def test_an_ordinals_name_says_how_many_go_before(ordinal: str, before: int) -> None:
    assert rank(ordinal) == before


class Case:
    """A schedule that runs, in simulated time: a snapshot takes a minute, and there is one each hour."""

    def __init__(self) -> None:
        self.clock = clock()
        self.nodeos, self.produces, self.is_ready = Nodeos(), False, True
        self.fails: Exception | None = None
        self.made: list[float] = []
        self.backed_up_elsewhere = False
        self.reports = {kind: Report() for kind in Kind}
        self.operator = Operator(self.clock, OperatorSettings(), LOG)
        settings = SchedulesSettings({Kind.SNAPSHOT: Every(period=HOUR)})
        self.schedules = Schedules(cast(Copies, self), self.nodeos, self.clock, settings, LOG)

    def has_bucket(self) -> bool:
        return True

    def latest(self, kind: Kind) -> None:
        return None

    async def remove_used(self) -> None: ...

    async def refresh(self) -> None: ...

    async def is_idle(self) -> bool:
        return not self.produces

    async def health(self) -> Health:
        return Health(self.is_ready, "")

    async def is_being_backed_up(self) -> bool:
        return self.backed_up_elsewhere

    def backup(self, timeout: float) -> Work:
        return self.snapshot

    async def snapshot(self) -> str:
        await self.clock.sleep(60.0)
        if self.fails is not None:
            raise self.fails
        self.made.append(self.clock.monotonic())
        head = (await self.nodeos.head()).number
        for report in self.reports.values():
            report.latest = taken(head, self.clock.wall())
        return "done"

    @contextlib.asynccontextmanager
    async def running(self) -> Any:
        work = [asyncio.create_task(self.operator.run()), asyncio.create_task(self.schedules.run(cast(Any, self)))]
        yield
        for one in work:
            one.cancel()


def test_it_takes_one_each_period() -> None:
    async def run() -> None:
        case = Case()
        async with case.running():
            await asyncio.sleep(3.5 * HOUR)
        assert len(case.made) == 4

    simulated(run())


def test_one_that_was_missed_is_taken_once() -> None:
    async def run() -> None:
        case = Case()
        case.produces = True
        async with case.running():
            await asyncio.sleep(10.5 * HOUR)
            assert case.made == []
            case.produces = False
            await asyncio.sleep(0.5 * HOUR)
        assert len(case.made) == 1

    simulated(run())


def test_one_that_failed_is_tried_again_after_a_while() -> None:
    async def run() -> None:
        case = Case()
        case.fails = Failed("away")
        async with case.running():
            await asyncio.sleep(1800.0)
            assert case.operator.ended["snapshot", "failed"] == 3
            case.fails = None
            await asyncio.sleep(1800.0)
        assert len(case.made) == 1

    simulated(run())


def test_no_backup_begins_while_another_ordinal_makes_one() -> None:
    async def run() -> None:
        case = Case()
        case.schedules._settings = SchedulesSettings({Kind.BACKUP: Every(period=HOUR)})
        case.backed_up_elsewhere = True
        async with case.running():
            await asyncio.sleep(2 * HOUR)
            assert case.made == []
            case.backed_up_elsewhere = False
            await asyncio.sleep(200.0)
        assert len(case.made) == 1

    simulated(run())


def test_one_waits_behind_another_command() -> None:
    async def run() -> None:
        case = Case()

        async def slow() -> str:
            await asyncio.sleep(600.0)
            return ""

        case.operator.submit("reload", slow)
        async with case.running():
            await asyncio.sleep(590.0)
            assert case.made == []
            await asyncio.sleep(200.0)
        assert len(case.made) == 1

    simulated(run())


@pytest.mark.parametrize("what", ["not ready", "silent"])
def test_a_node_that_is_not_at_the_head_takes_none(what: str) -> None:
    async def run() -> None:
        case = Case()
        case.is_ready = what != "not ready"
        if what == "silent":
            case.nodeos.fails["head"] = Unanswered("it hangs")
        async with case.running():
            await asyncio.sleep(2 * HOUR)
        assert case.operator.ended.total() == 0

    simulated(run())


class Right:
    def __init__(self, held: bool) -> None:
        self.held = held

    def remaining(self) -> float:
        return 10.0 if self.held else 0.0


@pytest.mark.parametrize(
    ("held", "resumed", "producers", "process", "said"),
    [
        (True, False, ("other", "ours"), 1, "holds the right to produce, and is in the schedule"),
        (False, True, ("other", "ours"), 1, "may produce, and is in the schedule"),
        (False, False, ("other", "ours"), 1, None),
        (True, True, ("other", "another"), 1, None),
        (True, False, ("other", "ours"), None, None),
    ],
    ids=["holder", "resumed", "standby", "not in the schedule", "stopped"],
)
def test_an_ordinal_produces_or_is_about_to_by_the_right_and_the_schedule(
    held: bool, resumed: bool, producers: tuple[str, ...], process: int | None, said: str | None
) -> None:
    async def run() -> None:
        time, nodeos, running, ours = clock(), Nodeos(producers), Process(process), frozenset({"ours"})
        production = Production(nodeos, running, time, ProductionSettings(ours))
        if resumed:
            production._resumed = 1
        why = await produces(running, production, Right(held), nodeos, ours, time)()
        assert (why is None) == (said is None)
        assert said is None or said in str(why)

    simulated(run())


def test_a_schedule_that_is_not_known_refuses() -> None:
    async def run() -> None:
        time, nodeos, ours = clock(), Nodeos(), frozenset({"ours"})
        nodeos.fails["schedule"] = Unanswered("it hangs")
        production = Production(nodeos, Process(), time, ProductionSettings(ours))
        with pytest.raises(Unanswered):
            await produces(Process(), production, Right(True), nodeos, ours, time)()

    simulated(run())
