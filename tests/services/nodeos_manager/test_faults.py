"""Runs with faults in simulated time: never two signatures in one slot, and production comes back.

A run that fails is repeated by its seed: `run(SEED, shape(SEED, automatic=...))`. SEEDS in the environment says how
many runs of each kind there are.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from nodeos_manager.production import freshness, keeper, production, right
from nodeos_manager.production.schedule import SLOT
from tests.services.nodeos_manager.simulation import ordinal
from tests.services.nodeos_manager.simulation.ordinal import Shape
from tests.services.nodeos_manager.simulation.run import FAULTY, run

SEEDS = int(os.environ.get("SEEDS", "150"))
#: Runs of one test: a worker of pytest takes a test at a time.
BATCH = 20
DRIFT = 0.03
"""Clocks' rates are off by as much as 3 %: a hundred times what a machine with NTP shows."""
SLOW = 0.1
"""In a third of the runs a tenth of the API server's answers is slow, as one's is that writes to a busy etcd."""
#: A chain of one producer has no other's blocks, and every slot of it is ours. EOS has 21.
PRODUCERS = (1, 2, 4, 21)


def shape(seed: int, *, automatic: bool) -> Shape:
    slow = SLOW if seed % 3 == 0 else 0.0
    return Shape(PRODUCERS[seed % len(PRODUCERS)], automatic, DRIFT, slow=slow)


def batches() -> list[range]:
    return [range(start, min(start + BATCH, SEEDS)) for start in range(0, SEEDS, BATCH)]


@pytest.mark.parametrize("seeds", batches(), ids=str)
@pytest.mark.parametrize("automatic", [True, False], ids=["automatic", "manual"])
def test_no_slot_is_signed_twice_and_production_comes_back(seeds: range, automatic: bool) -> None:
    for seed in seeds:
        result = run(seed, shape(seed, automatic=automatic))
        told = f"seed {seed}, {result.shape}: {result.faults}"
        assert not result.doubles, told
        assert not result.missed_at_the_end, told
        assert result.signed, told


def test_a_run_is_what_its_seed_says() -> None:
    first, again = (run(7, shape(7, automatic=True)) for _ in range(2))
    assert (first.signed, first.faults) == (again.signed, again.faults)
    assert run(11, shape(7, automatic=True)).faults != first.faults


def test_without_faults_a_failover_never_happens_and_no_slot_is_missed() -> None:
    result = run(3, Shape(1, automatic=True, drift=DRIFT), faults=0)
    assert not result.missed
    assert len({signers[0] for signers in result.signed.values()}) == 1


async def _no_fence(self: keeper.Keeper) -> None:
    await self._clock.sleep(10 * FAULTY)


def _hurry(self: right.AutomaticRight, record: right.Record) -> float:
    return 3.0 - (self.clock.monotonic() - self._seen_at)


async def _grab(self: right.ManualRight) -> None:
    record = await self.store.read()
    if record is None:
        await self.store.create(right.Record(str(self.me), 0.0, 0, ""))
    else:
        await self.store.replace(right._passed(record, str(self.me), 0.0))
    self._held = True


async def _look_away(self: right.ManualRight) -> None:
    await self.store.read()


async def _ask_nobody(self: production.Production, *others: object) -> int:
    return 0


Break = Callable[..., Awaitable[Any]] | Callable[..., Any] | float
"""What stands where something of the manager stood."""
#: What is broken, and by which fault that shows: each leaves out one thing that the rule rests on.
BROKEN: dict[str, tuple[bool, str, list[tuple[object, str, Break]]]] = {
    "the holder does not fence": (True, "split_control", [(keeper.Keeper, "_fence", _no_fence)]),
    "a taker waits three seconds": (True, "split_control", [(right.AutomaticRight, "_left", _hurry)]),
    "nobody heeds the record": (
        False,
        "usurp",
        [
            (right.ManualRight, "take", _grab),
            (right.ManualRight, "refresh", _look_away),
            (production.Production, "_others_rest", _ask_nobody),
        ],
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_runs_find_what_is_broken(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    automatic, fault, changes = BROKEN[what]
    for owner, name, value in changes:
        monkeypatch.setattr(owner, name, value)
    assert any(run(seed, Shape(1, automatic, DRIFT), only=[fault]).doubles for seed in range(30))


def test_the_liveness_probe_is_part_of_the_rule() -> None:
    """The fence is the manager's: one that hangs cannot fence."""
    assert right.Timing().fence > ordinal.LIVENESS


LEASE, RETRY, HEAD_CHECK = right.Timing().duration, keeper.KeeperSettings(frozenset()).retry, 2.5


@pytest.mark.parametrize("seed", range(4))
def test_a_lost_machine_costs_a_lease_a_retry_and_a_head_check(seed: int) -> None:
    """On a chain of ours alone, where every slot is ours, and the head is fresh when it has stood still for 5 s."""
    result = run(seed, Shape(1, automatic=True, drift=DRIFT), faults=1, only=["lose_machine"])
    producing = result.faults[0].endswith(result.signed[min(result.signed)][0].partition("#")[0])
    stands_still = freshness.Freshness().max_latency
    asking = 2 * 2.0  # The lost one does not answer, twice.
    most = (LEASE + RETRY + max(stands_still, HEAD_CHECK) + asking + 2.0) / SLOT if producing else 0
    assert len(result.missed) <= most


def test_a_planned_switch_misses_no_slot_where_others_are_scheduled_too() -> None:
    """At whatever moment of the round it begins. By hand the first one produces, so it is no switch to that one."""
    shape = Shape(4, automatic=False, drift=DRIFT)
    results = [run(seed, shape, faults=1, only=["patient_switch"]) for seed in range(24)]
    switches = [result for result in results if not result.faults[0].endswith("bp-0")]
    assert len(switches) >= 5
    assert [result.seed for result in switches if result.missed] == []
