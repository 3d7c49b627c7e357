"""Block producers as real processes, with their right in a Lease of a real API server, and faults: `make test-faults`.

Each world is three managers and their nodeos. Its faults come one after another, each when production has come back
from the one before. Several worlds run at once. Clocks' rates are off by 3 % in each direction.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.harness import Sandbox
from tests.services.nodeos_manager.processes.world import Result, Shape, World

FAST, TRUE, SLOW = 1.03, 1.0, 0.97
AT_ONCE = 5


def _shape(name: str, failover: str, others: int, rates: tuple[float, float, float], faults: str, **more: str) -> Shape:
    return Shape(name, failover, others, rates, tuple(faults.split()), **more)


#: The longest first.
SHAPES = (
    _shape("auto-kills", "automatic", 0, (SLOW, FAST, TRUE), "kill_manager kill_nodeos split_control stop_api"),
    _shape("auto-splits", "automatic", 1, (SLOW, SLOW, FAST), "split_from_api lose_machine hang_nodeos switch"),
    _shape("auto-hangs", "automatic", 0, (FAST, SLOW, TRUE), "hang_manager lose_api hang_main_thread blink_api"),
    _shape("auto-lost", "automatic", 0, (SLOW, FAST, FAST), "lose_machine split_control pause_implicitly kill_manager"),
    _shape(
        "hand-splits", "manual", 1, (SLOW, FAST, TRUE), "kill_nodeos split_control split_from_api hang_nodeos switch"
    ),
    _shape(
        "hand-kills", "manual", 0, (FAST, SLOW, TRUE), "kill_manager hang_manager switch usurp stop_api kill_nodeos"
    ),
    _shape(
        "hand-hangs", "manual", 0, (TRUE, FAST, SLOW), "hang_main_thread pause_implicitly lose_api usurp lose_machine"
    ),
    _shape("hand-switches", "manual", 2, (FAST, TRUE, SLOW), "switch switch usurp switch"),
)
#: The producer is cut off and goes on, for nobody fences: then the tests must see two.
UNFENCED = _shape("no-fence", "automatic", 0, (SLOW, FAST, TRUE), "split_control", leave_out="no-fence")
UNNOTICED = ("blink_api", "usurp")
BY_HAND = (*UNNOTICED, "stop_api", "lose_api", "split_from_api", "split_control")
KEEPS_PRODUCING = {"automatic": UNNOTICED, "manual": BY_HAND}
"""What costs no slot: by hand, nobody needs the API server to go on."""
MOST = 120.0
"""Seconds without a producer, at most: a lease, a retry, the question to the lost one and a head check take 20, and
the rest is for a busy machine, on which a manager starts in half a minute."""

Results = dict[str, Future[Result]]


@pytest.fixture(scope="module")
def kubeconfig(sandbox: Sandbox) -> dict[str, Any]:
    sandbox.cloud.cluster()
    sandbox.cluster("start")
    given: dict[str, Any] = yaml.safe_load(sandbox.control_plane().kubeconfig.read_text())
    return given


@pytest.fixture(scope="module")
def results(kubeconfig: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    def run(shape: Shape, directory: Path) -> Result:
        return World(shape, directory, kubeconfig).run()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            shape.name: pool.submit(run, shape, tmp_path_factory.mktemp(shape.name)) for shape in (*SHAPES, UNFENCED)
        }


@pytest.fixture(params=SHAPES, ids=lambda shape: shape.name)
def result(request: pytest.FixtureRequest, results: Results) -> Result:
    found = results[request.param.name].result()
    for fault in found.faults:
        sys.stdout.write(f"{fault.name:20}{fault.hit} -> {fault.now}{fault.seconds:8.1f} s without a producer\n")
    return found


def test_no_slot_is_signed_twice_and_production_comes_back(result: Result) -> None:
    assert not result.doubles
    assert [fault.name for fault in result.faults] == list(result.shape.faults)
    assert result.signatures > 3 * len(result.faults)


def test_the_time_without_a_producer_is_bounded(result: Result) -> None:
    assert max(fault.seconds for fault in result.faults) <= MOST
    unnoticed = [fault for fault in result.faults if fault.name in KEEPS_PRODUCING[result.shape.failover]]
    assert all(fault.seconds <= 1.0 and fault.hit == fault.now for fault in unnoticed), unnoticed


def test_a_switch_among_others_misses_no_slot(results: Results) -> None:
    faults = results["hand-switches"].result().faults
    assert [fault.seconds for fault in faults if fault.name == "switch"] == [0.0] * 3


def test_a_producer_that_does_not_fence_is_seen(results: Results) -> None:
    assert results[UNFENCED.name].result().doubles
