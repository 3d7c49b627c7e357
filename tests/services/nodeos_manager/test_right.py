"""Who holds the right to produce, and from when to when."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from nodeos_manager.production.proof import Stopped
from nodeos_manager.production.right import NOBODY, AutomaticRight, Identity, ManualRight, NotHeld, Timing, Unreachable
from tests.services.nodeos_manager.simulation.loop import simulated
from tests.services.nodeos_manager.stand_ins import Store, clock

ONE, TWO = Identity("bp-1", "uid-1"), Identity("bp-2", "uid-2")
DURATION = Timing().duration


def run(test: Callable[[Store], Coroutine[Any, Any, None]]) -> None:
    async def running() -> None:
        await test(Store())

    simulated(running())


def test_by_hand_nobody_takes_it_from_its_holder() -> None:
    async def test(store: Store) -> None:
        holder, other = ManualRight(store, ONE, clock()), ManualRight(store, TWO, clock())
        await holder.take()
        await asyncio.sleep(10 * DURATION)
        with pytest.raises(NotHeld, match="bp-1"):
            await other.take()
        await holder.release(Stopped())
        await other.take()
        assert (holder.remaining(), other.remaining()) == (0, math.inf)

    run(test)


def test_by_hand_the_holder_keeps_it_while_the_api_server_is_away() -> None:
    async def test(store: Store) -> None:
        holder = ManualRight(store, ONE, clock())
        await holder.take()
        store.is_down = True
        with pytest.raises(Unreachable):
            await holder.refresh()
        await asyncio.sleep(10 * DURATION)
        assert holder.remaining() == math.inf

    run(test)


def test_by_hand_it_is_not_held_any_more_when_a_release_was_sent_whatever_came_of_it() -> None:
    async def test(store: Store) -> None:
        holder = ManualRight(store, ONE, clock())
        await holder.take()
        store.lost = True
        with pytest.raises(Unreachable):
            await holder.release(Stopped())
        assert holder.remaining() == 0
        assert store.record is not None
        assert store.record.holder == NOBODY

    run(test)


def test_by_hand_a_late_release_does_not_free_a_right_that_was_taken_back() -> None:
    async def test(store: Store) -> None:
        holder, other = ManualRight(store, ONE, clock()), ManualRight(store, TWO, clock())
        await holder.take()
        store.late = 5.0
        with pytest.raises(Unreachable):
            await holder.release(Stopped())
        await holder.take()
        await asyncio.sleep(6.0)
        with pytest.raises(NotHeld):
            await other.take()

    run(test)


def test_by_hand_a_new_pod_of_the_same_ordinal_goes_on_with_it() -> None:
    async def test(store: Store) -> None:
        await ManualRight(store, ONE, clock()).take()
        again = ManualRight(store, Identity("bp-1", "uid-9"), clock())
        await again.resume_holding(first=False)
        assert again.remaining() == math.inf
        stranger = ManualRight(store, TWO, clock())
        await stranger.resume_holding(first=True)
        assert stranger.remaining() == 0

    run(test)


def test_by_hand_what_an_operator_frees_in_the_lease_is_not_taken_back() -> None:
    async def test(store: Store) -> None:
        holder, other = ManualRight(store, ONE, clock()), ManualRight(store, TWO, clock())
        await holder.take()
        assert store.record is not None
        store.record = replace(store.record, holder=NOBODY, version="by hand")
        await holder.refresh()
        await holder.resume_holding(first=True)
        assert holder.remaining() == 0
        await other.take()
        assert other.remaining() == math.inf

    run(test)


def test_by_hand_only_the_first_ordinal_takes_what_was_never_anybodys() -> None:
    async def test(store: Store) -> None:
        second, first = ManualRight(store, TWO, clock()), ManualRight(store, ONE, clock())
        await second.resume_holding(first=False)
        assert second.remaining() == 0
        await first.resume_holding(first=True)
        assert first.remaining() == math.inf

    run(test)


def test_the_holder_counts_from_when_it_sent_its_renewal() -> None:
    async def test(store: Store) -> None:
        holder = AutomaticRight(store, ONE, clock())
        await holder.take()
        store.slow = 2.5
        await holder.refresh()
        assert holder.remaining() == pytest.approx(DURATION - 2.5)

    run(test)


def test_a_renewal_without_an_answer_does_not_count() -> None:
    async def test(store: Store) -> None:
        holder = AutomaticRight(store, ONE, clock())
        await holder.take()
        await asyncio.sleep(3.0)
        store.lost = True
        with pytest.raises(Unreachable):
            await holder.refresh()
        assert holder.remaining() == pytest.approx(DURATION - 3.0)

    run(test)


@pytest.mark.parametrize(("slow", "fast"), [(0.95, 1.05), (1.05, 0.95), (1.0, 1.0)])
def test_no_two_hold_it_at_once_though_their_clocks_run_differently(slow: float, fast: float) -> None:
    async def test(store: Store) -> None:
        margin = Timing().kill
        holder, taker = AutomaticRight(store, ONE, clock(slow)), AutomaticRight(store, TWO, clock(fast))
        await holder.take()
        store_is_watched = False
        for _ in range(int(2 * DURATION / 0.05)):
            try:
                await taker.take()
                store_is_watched = True
            except NotHeld:
                pass
            assert not (taker.remaining() > 0 and holder.remaining() > margin)
            await asyncio.sleep(0.05)
        assert store_is_watched

    run(test)


def test_a_taker_waits_a_whole_duration_from_the_last_change_that_it_saw() -> None:
    async def test(store: Store) -> None:
        holder, taker = AutomaticRight(store, ONE, clock()), AutomaticRight(store, TWO, clock())
        await holder.take()
        with pytest.raises(NotHeld):
            await taker.take()
        await asyncio.sleep(10.0)
        await holder.refresh()
        await asyncio.sleep(DURATION - 0.1)
        with pytest.raises(NotHeld):
            await taker.take()
        await asyncio.sleep(DURATION)
        await taker.take()
        assert taker.remaining() == pytest.approx(DURATION)
        await holder.refresh()
        assert holder.remaining() <= 0

    run(test)


def test_a_taker_waits_the_holders_duration_where_that_is_longer() -> None:
    async def test(store: Store) -> None:
        await AutomaticRight(store, ONE, clock(), Timing(duration=60.0)).take()
        taker = AutomaticRight(store, TWO, clock())
        with pytest.raises(NotHeld):
            await taker.take()
        await asyncio.sleep(59.0)
        with pytest.raises(NotHeld):
            await taker.take()

    run(test)


def test_a_release_lets_another_one_take_it_at_once() -> None:
    async def test(store: Store) -> None:
        holder, taker = AutomaticRight(store, ONE, clock()), AutomaticRight(store, TWO, clock())
        await holder.take()
        await holder.release(Stopped())
        assert holder.remaining() <= 0
        await taker.take()
        assert taker.remaining() > 0

    run(test)


@pytest.mark.parametrize("kind", [ManualRight, AutomaticRight])
def test_a_write_that_is_answered_late_brings_no_right_back_that_was_released(
    kind: type[ManualRight] | type[AutomaticRight],
) -> None:
    async def test(store: Store) -> None:
        holder, taker = kind(store, ONE, clock()), kind(store, TWO, clock())
        store.slow = 2.5
        taking = asyncio.create_task(holder.take())
        await asyncio.sleep(0.1)
        store.slow = 0.0
        await holder.release(Stopped())
        await taker.take()
        await asyncio.wait([taking])
        assert (holder.remaining() <= 0, taker.remaining() > 0) == (True, True)

    run(test)


def test_a_holder_whose_lease_was_deleted_is_waited_for_by_who_knew_of_it() -> None:
    async def test(store: Store) -> None:
        holder, taker = AutomaticRight(store, ONE, clock()), AutomaticRight(store, TWO, clock())
        await holder.take()
        await taker.refresh()
        await holder.refresh()
        store.record = None
        await asyncio.sleep(1.0)
        for _ in range(int(DURATION) - 2):
            with pytest.raises(NotHeld, match="deleted"):
                await taker.take()
            await asyncio.sleep(1.0)
        assert holder.remaining() > 0
        await asyncio.sleep(3.0)
        await taker.take()
        assert (holder.remaining() <= 0, taker.remaining() > 0) == (True, True)

    run(test)


def test_only_one_of_two_takers_gets_it() -> None:
    async def test(store: Store) -> None:
        rights = [AutomaticRight(store, Identity(f"bp-{number}", "uid"), clock()) for number in range(5)]
        outcomes = await asyncio.gather(*(right.take() for right in rights), return_exceptions=True)
        assert sum(outcome is None for outcome in outcomes) == 1
        assert sum(right.remaining() > 0 for right in rights) == 1

    run(test)


def test_a_container_that_starts_again_in_its_pod_goes_on_and_another_pod_waits() -> None:
    async def test(store: Store) -> None:
        await AutomaticRight(store, ONE, clock()).take()
        again = AutomaticRight(store, ONE, clock())
        await again.take()
        assert again.remaining() > 0
        with pytest.raises(NotHeld):
            await AutomaticRight(store, Identity("bp-1", "uid-9"), clock()).take()

    run(test)


@pytest.mark.parametrize("wrong", [{"kill": 0.0}, {"fence": 1.0}, {"duration": 9.0}, {"renew": 5.0}])
def test_a_timing_without_a_margin_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="kill < fence"):
        Timing(**wrong)
