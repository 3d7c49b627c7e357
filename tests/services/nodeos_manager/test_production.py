"""When a pause is verified, when production is paused, and what a resume is refused for."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from nodeos_manager.nodeos.nodeos_api import NeverReached, Refused, Unanswered
from nodeos_manager.production.production import (
    SETTLE,
    MayNotResume,
    Production,
    ProductionSettings,
    TooLate,
    Unverified,
)
from nodeos_manager.production.proof import Fellow, Paused, Standing, Stopped, Unresumed, standing
from nodeos_manager.production.right import AutomaticRight, Identity, ManualRight
from nodeos_manager.production.schedule import SLOT, TURN
from tests.services.nodeos_manager.simulation.loop import simulated
from tests.services.nodeos_manager.simulation.machine import START, true_wall
from tests.services.nodeos_manager.stand_ins import BLOCKS, Fellows, Nodeos, Process, Store, clock

OURS = frozenset({"ours"})
ME = Identity("nodeos-bp-0", "uid")
REST = Fellows(Fellow("nodeos-bp-1", Standing.PAUSED), Fellow("nodeos-bp-2", Standing.STOPPED))


class Case:
    """A node that runs and is paused by its start, and the right, which it holds."""

    def __init__(self, nodeos: Nodeos) -> None:
        self.nodeos = nodeos
        self.process = Process()
        self.store = Store()
        self.right = ManualRight(self.store, ME, clock())
        self.production = Production(nodeos, self.process, clock(), ProductionSettings(OURS))

    async def resume(self) -> None:
        await self.right.take()
        await self.production.safely_resume(self.right, REST)


def case(test: Callable[[Case], Coroutine[Any, Any, None]], nodeos: Nodeos | None = None) -> None:
    async def run() -> None:
        await test(Case(nodeos or Nodeos()))

    simulated(run())


def test_a_pause_is_verified_after_nodeos_said_so_and_its_last_block_is_out() -> None:
    async def test(case: Case) -> None:
        await case.resume()
        assert await case.production.proof() is None
        before = true_wall()
        assert await case.production.pause() == Paused(1)
        assert true_wall() - before >= SETTLE
        assert case.nodeos.asked[-2:] == ["pause", "paused"]

    case(test)


def test_there_is_no_proof_before_the_last_block_is_out() -> None:
    async def test(case: Case) -> None:
        await case.resume()
        pausing = asyncio.create_task(case.production.pause())
        await asyncio.sleep(SETTLE / 2)
        assert case.nodeos.is_paused
        assert await case.production.proof() is None
        assert standing(await case.production.proof()) is Standing.MAY_PRODUCE
        await pausing

    case(test)


def test_paused_alone_proves_nothing() -> None:
    async def test(case: Case) -> None:
        await case.resume()
        case.nodeos.implicit = True
        assert await case.nodeos.paused()
        assert await case.production.proof() is None
        assert case.production.may_produce()

    case(test)


def test_a_pause_that_somebody_else_undid_is_none() -> None:
    async def test(case: Case) -> None:
        await case.resume()
        await case.production.pause()
        case.nodeos.is_paused = False
        assert await case.production.proof() is None
        assert case.production.may_produce()

    case(test)


def test_a_start_that_is_found_unpaused_may_produce() -> None:
    async def test(case: Case) -> None:
        assert await case.production.proof() == Unresumed(1)
        case.nodeos.is_paused = False
        assert await case.production.proof() is None

    case(test)


@pytest.mark.parametrize("failure", [Unanswered("late"), Refused("500")])
def test_a_pause_that_nodeos_did_not_confirm_is_not_verified(failure: Exception) -> None:
    async def test(case: Case) -> None:
        await case.resume()
        case.nodeos.fails["pause"] = failure
        with pytest.raises(type(failure)):
            await case.production.pause()
        assert await case.production.proof() is None

    case(test)


def test_after_a_resume_without_an_answer_no_pause_of_that_process_is_verified() -> None:
    async def test(case: Case) -> None:
        case.nodeos.fails["resume"] = Unanswered("late")
        with pytest.raises(Unanswered):
            await case.resume()
        with pytest.raises(Unverified, match="stop nodeos"):
            await case.production.pause()
        assert case.production.may_produce()
        case.process.number = 2
        assert await case.production.proof() == Unresumed(2)

    case(test)


def test_a_resume_that_reached_nobody_changes_nothing() -> None:
    async def test(case: Case) -> None:
        case.nodeos.fails["resume"] = NeverReached("refused")
        with pytest.raises(NeverReached):
            await case.resume()
        assert await case.production.pause() == Paused(1)

    case(test)


def test_a_node_that_does_not_run_is_stopped() -> None:
    async def test(case: Case) -> None:
        case.process.number = None
        assert await case.production.proof() == Stopped()
        assert await case.production.safely_pause(1.0) == Stopped()

    case(test)


def test_a_safe_pause_waits_for_the_end_of_our_turn() -> None:
    async def test(case: Case) -> None:
        await case.resume()
        await asyncio.sleep(START + TURN * SLOT + 1.0 - true_wall())
        assert case.nodeos.producers[1] == "ours"
        await case.production.safely_pause(60.0)
        # The turn of ours is the second one: its last slot, then the pause, then SETTLE.
        assert START + (2 * TURN - 1) * SLOT <= true_wall() - SETTLE <= START + 2 * TURN * SLOT

    case(test)


def test_a_safe_pause_late_in_the_gap_waits_for_the_next_one() -> None:
    """The next producer would not be ready for the turn after this gap."""

    async def test(case: Case) -> None:
        await case.resume()
        await asyncio.sleep(START + 2 * TURN * SLOT + 4.0 - true_wall())
        await case.production.safely_pause(60.0)
        assert START + (4 * TURN - 1) * SLOT <= true_wall() - SETTLE <= START + 4 * TURN * SLOT

    case(test)


def test_where_all_turns_are_ours_a_safe_pause_waits_for_none() -> None:
    async def test(case: Case) -> None:
        await case.resume()
        before = true_wall()
        await case.production.safely_pause(60.0)
        assert true_wall() - before < SETTLE + SLOT

    case(test, Nodeos(["ours"]))


def test_the_timeout_of_a_safe_pause_fires_and_production_goes_on() -> None:
    async def test(case: Case) -> None:
        await case.resume()
        await asyncio.sleep(START + TURN * SLOT + 1.0 - true_wall())
        before = true_wall()
        with pytest.raises(TooLate, match="the gap between our turns"):
            await case.production.safely_pause(2.0)
        assert true_wall() - before == pytest.approx(2.0)
        assert not case.nodeos.is_paused

    case(test)


def test_a_resume_takes_five_blocks_in_a_row() -> None:
    async def test(case: Case) -> None:
        before = true_wall()
        await case.resume()
        assert BLOCKS - SLOT <= true_wall() - before <= BLOCKS + 2 * SLOT
        assert not case.nodeos.is_paused
        assert case.production.was_resumed()

    case(test)


def test_a_resume_is_refused_without_the_right() -> None:
    async def test(case: Case) -> None:
        with pytest.raises(MayNotResume, match="does not hold the right"):
            await case.production.safely_resume(case.right, REST)
        assert "resume" not in case.nodeos.asked

    case(test)


def test_a_resume_is_refused_with_a_right_that_is_about_to_end() -> None:
    async def test(case: Case) -> None:
        right = AutomaticRight(case.store, ME, clock())
        await right.take()
        await asyncio.sleep(4.5)
        with pytest.raises(MayNotResume, match="ends in"):
            await case.production.safely_resume(right, REST)
        assert "resume" not in case.nodeos.asked

    case(test)


@pytest.mark.parametrize("other", [Standing.MAY_PRODUCE, Standing.UNKNOWN])
def test_a_resume_is_refused_while_another_ordinal_is_not_verifiably_at_rest(other: Standing) -> None:
    async def test(case: Case) -> None:
        await case.right.take()
        with pytest.raises(MayNotResume, match="nodeos-bp-1"):
            await case.production.safely_resume(case.right, Fellows(Fellow("nodeos-bp-1", other)))
        assert "resume" not in case.nodeos.asked

    case(test)


def test_an_operator_may_vouch_for_an_ordinal_that_does_not_answer_and_for_no_other() -> None:
    async def test(case: Case) -> None:
        await case.right.take()
        silent = Fellow("nodeos-bp-1", Standing.UNKNOWN)
        producing = Fellow("nodeos-bp-1", Standing.MAY_PRODUCE)
        with pytest.raises(MayNotResume):
            await case.production.safely_resume(case.right, Fellows(producing), lost=["nodeos-bp-1"])
        await case.production.safely_resume(case.right, Fellows(silent), lost=["nodeos-bp-1"])
        assert not case.nodeos.is_paused

    case(test)


def test_the_right_of_one_that_does_not_answer_has_ended_by_time() -> None:
    async def test(case: Case) -> None:
        right = AutomaticRight(case.store, ME, clock())
        await right.take()
        await case.production.safely_resume(right, Fellows(Fellow("nodeos-bp-1", Standing.UNKNOWN)))
        assert not case.nodeos.is_paused

    case(test)


def test_a_resume_is_refused_where_the_head_is_old() -> None:
    async def test(case: Case) -> None:
        case.nodeos.behind = 8.0
        with pytest.raises(MayNotResume, match=r"8\.\d s old"):
            await case.resume()

    case(test)


def test_a_resume_is_refused_while_the_node_catches_up() -> None:
    async def test(case: Case) -> None:
        case.nodeos.pace, case.nodeos.behind = 8.0, 600.0
        with pytest.raises(MayNotResume, match="blocks in a row"):
            await case.resume()

    case(test)


def test_on_a_chain_of_ours_alone_a_head_that_stands_still_is_fresh_where_nobody_has_a_higher_one() -> None:
    async def test(case: Case) -> None:
        case.nodeos.pace, case.nodeos.behind = 0.0, 60.0
        number = (await case.nodeos.head()).number
        await case.right.take()
        higher = Fellows(Fellow("nodeos-bp-1", Standing.PAUSED, number + 1))
        with pytest.raises(MayNotResume, match="blocks in a row"):
            await case.production.safely_resume(case.right, higher)
        same = Fellows(Fellow("nodeos-bp-1", Standing.PAUSED, number))
        await case.production.safely_resume(case.right, same)
        assert not case.nodeos.is_paused

    case(test, Nodeos(["ours"]))
