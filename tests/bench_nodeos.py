"""Measures what a switch, a failover and faults cost block producers: `make bench`, or `python -m tests.bench_nodeos`.

In simulated time, by the managers' own code: each figure is what the seeds say, whatever this machine does besides. An
argument is how many runs there are of each kind. `make test-faults` has the same with real processes.
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import mean

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "services"))

from nodeos_manager.freshness import Freshness  # noqa: E402
from nodeos_manager.keeper import KeeperSettings  # noqa: E402
from nodeos_manager.right import Timing  # noqa: E402
from nodeos_manager.schedule import SLOT  # noqa: E402

from .services.nodeos_manager.simulation.ordinal import Shape  # noqa: E402
from .services.nodeos_manager.simulation.run import Result, run  # noqa: E402

DRIFT = 0.03
SCHEDULES = (1, 2, 4, 21)
ALONE = 1
LEASE, RETRY, HEAD = Timing().duration, KeeperSettings(frozenset()).retry, Freshness().max_latency


def switches(seeds: Iterable[int]) -> None:
    """A planned switch, which nobody interrupts."""
    for producers in SCHEDULES:
        shape = Shape(producers, automatic=False, drift=DRIFT)
        missed = [len(run(seed, shape, 1, ["patient_switch"]).missed) for seed in seeds]
        whose = "all slots are ours" if producers == ALONE else f"{producers - 1} others"
        print(f"planned switch, {whose:20} blocks missed: {mean(missed):5.1f} on average, {max(missed)} at most")


def failovers(seeds: Iterable[int]) -> None:
    """The producer's machine is lost. Every slot is ours, so that each without a producer shows."""
    shape = Shape(ALONE, automatic=True, drift=DRIFT)
    hit = _of_the_producer(lambda seed: run(seed, shape, 1, ["lose_machine"]), seeds)
    seconds = [len(result.missed) * SLOT for result in hit]
    print(
        f"failover, {len(seconds)} lost producers:         {mean(seconds):5.1f} s on average, {max(seconds):.1f} s at most"
    )
    print(f"  to be held against a lease, a retry and a head check: {LEASE:g} + {RETRY:g} + {HEAD:g} s")


def faults(seeds: Iterable[int]) -> None:
    """Everything that a seed chooses, of both kinds of failover."""
    results = [
        run(seed, Shape(SCHEDULES[seed % len(SCHEDULES)], automatic, DRIFT))
        for automatic in (True, False)
        for seed in seeds
    ]
    hit, doubles = sum(len(result.faults) for result in results), sum(len(result.doubles) for result in results)
    signed = sum(len(result.signed) for result in results)
    print(f"{len(results)} runs with {hit} faults: {doubles} of {signed} slots were signed twice")


def _of_the_producer(go: Callable[[int], Result], seeds: Iterable[int]) -> list[Result]:
    """The runs whose fault hit the one that produced."""
    results = [go(seed) for seed in seeds]
    return [result for result in results if result.faults[0].endswith(_first_signer(result))]


def _first_signer(result: Result) -> str:
    return result.signed[min(result.signed)][0].partition("#")[0]


def main(count: int) -> None:
    for measure in (switches, failovers, faults):
        measure(range(count))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 40)
