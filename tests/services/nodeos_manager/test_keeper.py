"""What the keeper does in one fault at a time, on a simulated chain of ours alone: each slot of it is ours."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from nodeos_manager.production.right import NOBODY, Timing
from tests.services.nodeos_manager.simulation.loop import simulated
from tests.services.nodeos_manager.simulation.ordinal import Manager, Ordinal, Shape
from tests.services.nodeos_manager.simulation.run import Run

TIMING = Timing()
Test = Callable[[Run, Ordinal, Manager], Coroutine[Any, Any, None]]


def producing(test: Test, *, automatic: bool = True) -> None:
    """Runs the test with the ordinal that produces, and its manager. No slot may be signed twice."""

    async def run() -> None:
        run = Run(5, Shape(1, automatic, drift=0.0))
        run.begin(run.chain.others())
        for ordinal in run.ordinals:
            ordinal.start()
        await asyncio.sleep(30.0)
        (producer,) = [ordinal for ordinal in run.ordinals if run.may_produce(ordinal)]
        assert producer.manager is not None
        await test(run, producer, producer.manager)
        assert not run.chain.doubles()
        for ordinal in run.ordinals:
            ordinal.kill()

    simulated(run())


def last_signed(run: Run) -> tuple[int, str]:
    slot = max(run.chain.signed)
    return slot, run.chain.signed[slot][0].partition("#")[0]


def test_without_the_api_server_a_producer_by_time_pauses_before_its_right_ends_and_comes_back() -> None:
    async def test(run: Run, producer: Ordinal, manager: Manager) -> None:
        run.server.is_down = True
        while manager.production.may_produce():
            await asyncio.sleep(0.1)
        assert TIMING.kill < manager.right.remaining() <= TIMING.fence
        assert manager.superviser.running() == 1
        run.server.is_down = False
        await asyncio.sleep(60.0)
        assert any(run.may_produce(ordinal) for ordinal in run.ordinals)

    producing(test)


@pytest.mark.parametrize("automatic", [True, False])
def test_a_manager_says_once_that_the_lease_is_out_of_its_reach_and_again_when_that_comes_back(
    caplog: pytest.LogCaptureFixture, automatic: bool
) -> None:
    def said() -> list[str]:
        return [message for message in caplog.messages if message.startswith("who may produce cannot be read")]

    async def test(run: Run, producer: Ordinal, manager: Manager) -> None:
        for _ in range(2):
            run.server.is_down = True
            await asyncio.sleep(60.0)
            run.server.is_down = False
            await asyncio.sleep(60.0)
        assert said() == ["who may produce cannot be read or written: no answer"] * 2 * len(run.ordinals)

    with caplog.at_level(logging.WARNING, "simulation"):
        producing(test, automatic=automatic)


def test_without_the_api_server_a_producer_by_hand_goes_on() -> None:
    async def test(run: Run, producer: Ordinal, manager: Manager) -> None:
        run.server.is_down = True
        await asyncio.sleep(300.0)
        assert not run.chain.missed(31.0, 329.0)
        assert last_signed(run)[1] == producer.name

    producing(test, automatic=False)


def test_a_nodeos_that_hangs_when_the_right_ends_is_killed_before_that() -> None:
    async def test(run: Run, producer: Ordinal, manager: Manager) -> None:
        run.server.is_down = True
        while manager.right.remaining() > TIMING.fence + 1.0:
            await asyncio.sleep(0.1)
        assert producer.launcher.nodeos is not None
        producer.launcher.nodeos.hang()
        while manager.superviser.running() is not None:
            await asyncio.sleep(0.1)
        assert manager.right.remaining() > 0

    producing(test)


@pytest.mark.parametrize("fault", ["nodeos is killed", "nodeos pauses by itself"])
def test_a_producer_that_cannot_go_on_gives_the_right_to_another_one(fault: str) -> None:
    async def test(run: Run, producer: Ordinal, manager: Manager) -> None:
        if fault == "nodeos is killed":
            producer.launcher.disk.dirty = True
            assert producer.launcher.nodeos is not None
            producer.launcher.nodeos.die()
        else:
            assert producer.launcher.nodeos is not None
            producer.launcher.nodeos.pause_implicitly(60.0)
        await asyncio.sleep(2 * TIMING.duration + 15.0)
        assert last_signed(run)[1] != producer.name

    producing(test)


def test_a_right_that_comes_after_its_ordinal_was_told_to_pause_is_given_up() -> None:
    async def test(run: Run, producer: Ordinal, manager: Manager) -> None:
        for ordinal in run.ordinals:
            assert ordinal.manager is not None
            await ordinal.manager.keeper.give_up(30.0)
        # The loop had asked for the right before the command came, and is answered now.
        await manager.right.take()
        await asyncio.sleep(5.0)
        assert run.server.record is not None
        assert (run.server.record.holder, manager.right.remaining() <= 0) == (NOBODY, True)

    producing(test)


def test_an_operators_switch_leaves_one_producer_and_misses_little() -> None:
    async def test(run: Run, producer: Ordinal, manager: Manager) -> None:
        target = next(ordinal for ordinal in run.ordinals if ordinal is not producer)
        assert await run.switch_to(target)
        await asyncio.sleep(3.0)
        assert [ordinal for ordinal in run.ordinals if run.may_produce(ordinal)] == [target]
        # All turns are ours: 1.5 s until the pause is verified, 5 s until the head has stood still.
        assert len(run.chain.missed(30.0, 42.0)) <= 18

    producing(test, automatic=False)


def test_a_command_ends_the_attempt_of_the_loop_and_resumes() -> None:
    async def test(run: Run, producer: Ordinal, manager: Manager) -> None:
        assert await manager.keeper.give_up(30.0)
        assert run.server.record is not None
        assert run.server.record.holder == NOBODY
        # Each resume takes seconds: the loop's own has begun when the command comes.
        manager.keeper.wanted = True
        await manager.right.take()
        await asyncio.sleep(1.0)
        await manager.keeper.take_over()
        assert manager.production.was_resumed()

    producing(test, automatic=False)
