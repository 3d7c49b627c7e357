"""One command at a time, a bounded queue, and who is refused."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from nodeos_manager.commands import Busy, Operator, OperatorSettings, Outcome
from tests.services.nodeos_manager.simulation.loop import simulated
from tests.services.nodeos_manager.stand_ins import clock

LOG = logging.getLogger("test")
SETTINGS = OperatorSettings()


def operated(test: Callable[[Operator], Coroutine[Any, Any, None]], settings: OperatorSettings = SETTINGS) -> None:
    async def run() -> None:
        operator = Operator(clock(), settings, LOG)
        running = asyncio.create_task(operator.run())
        await test(operator)
        running.cancel()

    simulated(run())


def taking(seconds: float) -> Callable[[], Coroutine[Any, Any, str]]:
    async def work() -> str:
        await asyncio.sleep(seconds)
        return "It is done."

    return work


async def failing() -> str:
    raise ValueError("no such backup")


def test_a_command_is_polled_by_its_id_until_it_is_done() -> None:
    async def test(operator: Operator) -> None:
        command = operator.submit("backup", taking(10))
        assert command.outcome is Outcome.QUEUED
        await asyncio.sleep(1)
        found = operator.find(command.id)
        assert found is not None
        assert found.outcome is Outcome.RUNNING
        await command.ended.wait()
        assert (found.outcome, found.message) == (Outcome.DONE, "It is done.")
        assert operator.find("another") is None

    operated(test)


def test_a_command_that_fails_says_why_and_the_next_one_runs() -> None:
    async def test(operator: Operator) -> None:
        failed = operator.submit("backup", failing)
        await failed.ended.wait()
        assert (failed.outcome, failed.message) == (Outcome.FAILED, "no such backup")
        after = operator.submit("backup", taking(1))
        await after.ended.wait()
        assert after.outcome is Outcome.DONE

    operated(test)


def test_one_runs_and_the_next_one_waits() -> None:
    async def test(operator: Operator) -> None:
        first, second = operator.submit("backup", taking(5)), operator.submit("snapshot", taking(5))
        await asyncio.sleep(4)
        assert (first.outcome, second.outcome) == (Outcome.RUNNING, Outcome.QUEUED)
        await asyncio.sleep(4)
        assert (first.outcome, second.outcome) == (Outcome.DONE, Outcome.RUNNING)

    operated(test)


@pytest.mark.parametrize(
    ("running", "other"),
    [
        ("maintenance", "resume"),
        ("safely_pause_production", "safely_resume_production"),
        ("backup", "maintenance"),
        ("reload", "backup"),
        ("backup", "backup"),
    ],
)
def test_a_command_that_conflicts_is_refused_with_the_id_of_the_other_one(running: str, other: str) -> None:
    async def test(operator: Operator) -> None:
        first = operator.submit(running, taking(5))
        with pytest.raises(Busy, match=running) as refused:
            operator.submit(other, taking(5))
        assert refused.value.running == first.id
        await first.ended.wait()
        operator.submit(other, taking(5))

    operated(test)


def test_a_command_that_is_cut_off_has_failed() -> None:
    async def run() -> None:
        operator = Operator(clock(), OperatorSettings(), LOG)
        running = asyncio.create_task(operator.run())
        command = operator.submit("backup", taking(60))
        await asyncio.sleep(1)
        running.cancel()
        await command.ended.wait()
        assert (command.outcome, command.message) == (Outcome.FAILED, "The manager was stopped.")

    simulated(run())


def test_old_commands_are_forgotten() -> None:
    async def test(operator: Operator) -> None:
        commands = []
        for _ in range(5):
            commands.append(operator.submit("backup", taking(1)))
            await commands[-1].ended.wait()
        assert [operator.find(command.id) is not None for command in commands] == [False, False, True, True, True]

    operated(test, OperatorSettings(remembered=2))


def test_the_queue_has_an_end() -> None:
    async def test(operator: Operator) -> None:
        first = operator.submit("backup", taking(1))
        with pytest.raises(Busy, match="1 commands wait") as refused:
            operator.submit("snapshot", taking(1))
        assert refused.value.running == first.id

    operated(test, OperatorSettings(queue=1))
