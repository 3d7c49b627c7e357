"""Slots, turns, rounds and gaps."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeos_manager.production.schedule import LEAD, ROOM, SLOT, TURN, Round, Schedule, slot_at, slot_time, timestamp

NAMES = ("a", "b", "c", "d")
SCHEDULES = st.builds(Schedule, st.just(1), st.lists(st.sampled_from(NAMES), min_size=1, max_size=21).map(tuple))
MOMENTS = st.floats(1.5e9, 2.0e9)


def test_slot_0_is_the_year_2000() -> None:
    assert slot_at(timestamp("2000-01-01T00:00:00.000")) == 0
    assert slot_at(timestamp("2000-01-01T00:00:00.500")) == 1


def test_a_time_without_a_zone_is_utc() -> None:
    assert timestamp("2026-11-29T15:25:00.500") == timestamp("2026-11-29T15:25:00.500+00:00")


@given(st.integers(0, 2**32))
def test_a_slot_is_the_slot_of_its_time(slot: int) -> None:
    assert slot_at(slot_time(slot)) == slot


def test_each_producer_has_twelve_slots_in_the_order_of_the_schedule() -> None:
    schedule = Schedule(7, ("a", "b"))
    assert [schedule.producer_at(slot) for slot in range(36)] == ["a"] * 12 + ["b"] * 12 + ["a"] * 12


def test_the_active_schedule_is_read_and_a_pending_one_is_not() -> None:
    producers = [{"producer_name": "a", "authority": [0, {}]}, {"producer_name": "b", "block_signing_key": "EOS1"}]
    pending = {"version": 8, "producers": [{"producer_name": "z"}]}
    answer = {"active": {"version": 7, "producers": producers}, "pending": pending, "proposed": None}
    assert Schedule.active(answer) == Schedule(7, ("a", "b"))


@pytest.mark.parametrize("answer", [{}, {"active": None}, {"active": {"version": 1, "producers": []}}])
def test_an_answer_of_another_shape_is_refused(answer: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"get_producer_schedule|at least one"):
        Schedule.active(answer)


def test_the_gap_is_from_our_last_slot_to_before_our_next_turn() -> None:
    schedule = Schedule(1, ("a", "b", "c"))
    gap = schedule.gap({"a"}, slot_time(0))
    assert gap is not None
    assert gap.start == slot_time(TURN - 1)
    assert gap.end == slot_time(3 * TURN) - LEAD


def test_a_gap_has_room_until_a_switch_would_outlast_it() -> None:
    gap = Schedule(1, ("a", "b", "c", "d")).gap({"a"}, slot_time(0))
    assert gap is not None
    assert [gap.has_room(gap.end - ROOM - before) for before in (0.1, 0.0, -0.1)] == [True, True, False]
    assert not gap.has_room(gap.start - 0.1)


def test_a_gap_that_is_shorter_than_a_switch_has_room_at_its_start() -> None:
    gap = Schedule(1, ("a", "b")).gap({"a"}, slot_time(0))
    assert gap is not None
    assert gap.end - gap.start < ROOM
    assert (gap.has_room(gap.start + 0.9), gap.has_room(gap.start + 1.1)) == (True, False)


def test_two_turns_of_ours_in_a_row_have_no_gap_between_them() -> None:
    gap = Schedule(1, ("a", "b", "c")).gap({"a", "b"}, slot_time(0))
    assert gap is not None
    assert gap.start == slot_time(2 * TURN - 1)


def test_there_is_no_gap_where_all_turns_are_ours() -> None:
    assert Schedule(1, ("a", "b")).gap({"a", "b"}, slot_time(5)) is None


def test_who_is_not_in_the_schedule_is_always_in_a_gap() -> None:
    gap = Schedule(1, ("a",)).gap({"z"}, slot_time(5))
    assert gap is not None
    assert (gap.start, gap.end) == (-math.inf, math.inf)


@given(SCHEDULES, st.sets(st.sampled_from(NAMES), min_size=1), MOMENTS)
def test_no_slot_of_ours_is_made_within_a_gap(schedule: Schedule, ours: set[str], moment: float) -> None:
    gap = schedule.gap(ours, moment)
    if gap is None or math.isinf(gap.end):
        assert gap is not None or all(producer in ours for producer in schedule.producers)
        return
    assert gap.end > max(gap.start, moment)
    for slot in range(slot_at(gap.start) - 1, slot_at(gap.end + LEAD) + 2):
        being_made = slot_time(slot) - LEAD < gap.end and slot_time(slot) > gap.start
        assert not (being_made and schedule.producer_at(slot) in ours)


@given(SCHEDULES, st.sets(st.sampled_from(NAMES), min_size=1), MOMENTS)
def test_a_gap_comes_within_a_round(schedule: Schedule, ours: set[str], moment: float) -> None:
    gap = schedule.gap(ours, moment)
    assert gap is None or gap.start - moment <= len(schedule.producers) * TURN * SLOT


def test_the_round_is_named_as_manageos_named_it() -> None:
    schedule = Schedule(1, ("b", "a", "c", "d"))
    rounds = [schedule.round({"a"}, slot_time(turn * TURN)) for turn in range(4)]
    assert rounds == [Round.PRODUCING_NEXT, Round.PRODUCING, Round.JUST_PRODUCED, Round.NOT_PRODUCING]
