"""Measures what a switch, a failover and faults cost block producers: `make bench`, or `python -m tests.bench_nodeos`.

In simulated time, by the managers' own code: each figure is what the seeds say, whatever this machine does besides. An
argument is how many runs there are of each kind. `make test-nodeos-faults` has the same with real processes.
"""

import logging
import sys
from pathlib import Path
from statistics import mean

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "services"))

from nodeos_manager.production.freshness import Freshness  # noqa: E402
from nodeos_manager.production.keeper import KeeperSettings  # noqa: E402
from nodeos_manager.production.right import Timing  # noqa: E402
from nodeos_manager.production.schedule import SLOT  # noqa: E402

from .services.nodeos_manager.simulation.ordinal import Shape  # noqa: E402
from .services.nodeos_manager.simulation.run import Result, run  # noqa: E402

DRIFT = 0.03
SCHEDULES = (1, 2, 4, 21)
ALONE = 1
LEASE, RETRY, HEAD = Timing().duration, KeeperSettings(frozenset()).retry, Freshness().max_latency


def switches(count: int) -> None:
    """A planned switch, which nobody interrupts."""
    for producers in SCHEDULES:
        shape = Shape(producers, automatic=False, drift=DRIFT)
        results = [run(seed, shape, 1, ["patient_switch"]) for seed in range(4 * count)]
        # The seed may choose the one that produces already: by hand, that is the first one.
        missed = [len(result.missed) for result in results if not result.faults[0].endswith("bp-0")]
        whose = "all slots ours" if producers == ALONE else f"{producers - 1} others"
        told = f"planned switch, {whose}, blocks missed in {len(missed)} runs"
        print(f"{told:60}{mean(missed):6.1f} mean{max(missed):6} most")


def failovers(count: int) -> None:
    """The producer's machine is lost. Every slot is ours, so that each without a producer shows."""
    shape = Shape(ALONE, automatic=True, drift=DRIFT)
    results = [run(seed, shape, 1, ["lose_machine"]) for seed in range(2 * count)]
    seconds = [len(result.missed) * SLOT for result in results if _met_the_producer(result)]
    print(
        f"{f'failover, {len(seconds)} lost producers, s without one':60}{mean(seconds):6.1f} mean{max(seconds):6} most"
    )
    print(
        f"{'  a lease, a retry and a head check, s':60}{LEASE + RETRY + HEAD:6.1f} = {LEASE:g} + {RETRY:g} + {HEAD:g}"
    )


def faults(count: int) -> None:
    """Everything that a seed chooses, of both kinds of failover."""
    results = [
        run(seed, Shape(SCHEDULES[seed % len(SCHEDULES)], automatic, DRIFT))
        for automatic in (True, False)
        for seed in range(count)
    ]
    hit, doubles = sum(len(result.faults) for result in results), sum(len(result.doubles) for result in results)
    signed = sum(len(result.signed) for result in results)
    print(f"{len(results)} runs with {hit} faults: {doubles} of {signed} slots were signed twice")


def _met_the_producer(result: Result) -> bool:
    """Whether the fault met the ordinal that produced first."""
    producer = result.signed[min(result.signed)][0].partition("#")[0]
    return result.faults[0].endswith(producer)


def main(count: int) -> None:
    logging.disable()
    for measure in (switches, failovers, faults):
        measure(count)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 40)
