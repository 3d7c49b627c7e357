"""Block producers as real processes, with their right in a Lease of a real API server, and faults.

`make test-nodeos-faults` runs it alone.

Each world is three managers and their nodeos. Its faults come one after another, each when production has come back
from the one before. Several worlds run at once. Clocks' rates are off by 3 % in each direction.

Before them, on the same API server: what `nodeyard nodeos` reads by kubectl, and how it frees a right.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.errors import Unhealthy, Unreachable
from ops.nodeos.kubernetes import Kubectl
from ops.nodeos.sight import Ordinal
from tests.cluster.harness import Item, Sandbox, until
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

COMMANDED = "commanded"
SINCE = {"renewTime": "2026-01-01T00:00:00.000000Z"}
Results = dict[str, Future[Result]]


@pytest.fixture(scope="module")
def kubeconfig(sandbox: Sandbox) -> dict[str, Any]:
    sandbox.cloud.cluster()
    sandbox.cloud.pool("nodeos", sandbox.cloud.zones[0])
    sandbox.cluster("start")
    given: dict[str, Any] = yaml.safe_load(sandbox.control_plane().kubeconfig.read_text())
    return given


@pytest.fixture
def kubectl(sandbox: Sandbox, kubeconfig: dict[str, Any]) -> Kubectl:
    """In a namespace that is left where the faults' worlds do not look."""

    async def run(command: Sequence[str]) -> str:
        result = await asyncio.to_thread(sandbox.kubectl, *command[1:], check=False)
        if result.returncode:
            raise Unreachable(result.stderr)
        return result.stdout

    sandbox.kubernetes().namespace(COMMANDED)
    return Kubectl(COMMANDED, {"nodeos-bp-0": "nodeos-bp-0-0"}, "nodeos-bp", run)


def lease(holder: str) -> Item:
    metadata = {"name": "nodeos-bp", "namespace": COMMANDED}
    spec = {"holderIdentity": holder}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


def test_a_right_is_freed_once_and_never_where_the_lease_was_written_since(sandbox: Sandbox, kubectl: Kubectl) -> None:
    def found() -> Any:
        return asyncio.run(kubectl.look()).lease

    sandbox.kubernetes().apply(lease("nodeos-bp-0_first"))
    stale = found()
    # Written by the same holder, as by a renewal or a pod that is made anew.
    sandbox.kubernetes().apply({**lease("nodeos-bp-0_first"), "spec": {**lease("nodeos-bp-0_first")["spec"], **SINCE}})
    with pytest.raises(Unhealthy, match="The right was not freed"):
        asyncio.run(kubectl.free(stale))
    assert found().ordinal == "nodeos-bp-0"
    held = found()
    asyncio.run(kubectl.free(held))
    assert found().holder == ""
    with pytest.raises(Unhealthy, match="The right was not freed"):
        asyncio.run(kubectl.free(held))


def stateful_set(image: str, *arguments: str, claim: str = "") -> Item:
    labels = {"nodeyard.io/ordinal": "nodeos-bp-0"}
    container = {"name": "nodeos-bp", "image": image, "args": ["--run-dir=/run/nodeos", *arguments]}
    spec: Item = {"containers": [container], "tolerations": [{"operator": "Exists"}]}
    if claim:
        spec["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "nodeos-bp-0", "namespace": COMMANDED},
        "spec": {
            "replicas": 1,
            "serviceName": "nodeos-bp-0",
            "selector": {"matchLabels": labels},
            "updateStrategy": {"type": "OnDelete"},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def test_what_kubectl_prints_of_an_ordinal_is_understood(sandbox: Sandbox, kubectl: Kubectl) -> None:
    def seen(condition: Callable[[Ordinal], bool]) -> Ordinal:
        last: list[Ordinal] = []

        def holds() -> bool:
            last[:] = [asyncio.run(kubectl.look()).ordinals["nodeos-bp-0"]]
            return condition(last[0])

        until(holds, lambda: repr(last))
        return last[0]

    kubernetes = sandbox.kubernetes()
    kubernetes.apply(stateful_set("registry.invalid/nodeos:1", "--bp-mode"))
    runs = seen(lambda each: each.pod is not None and each.pod.phase == "Running")
    assert runs.pod is not None
    assert runs.node is not None
    assert (runs.node.name, runs.node.is_ready, runs.node.taints) == (runs.pod.node, True, ())
    assert runs.node.instance.startswith("aws:///")
    assert (runs.image, runs.pod.image, runs.problems) == ("registry.invalid/nodeos:1", "registry.invalid/nodeos:1", ())
    assert (runs.is_spare, runs.pod.is_spare, runs.may_run) == (False, False, runs.node)
    # Another template restarts nothing. Of another image, or of other arguments alone.
    kubernetes.apply(stateful_set("registry.invalid/nodeos:1", claim="not-there"))
    other = seen(lambda each: each.is_outdated)
    assert other.pod is not None
    assert (other.is_spare, other.pod.is_spare, other.pod.uid) == (True, False, runs.pod.uid)
    asyncio.run(kubectl.delete_pod("nodeos-bp-0-0"))
    waits = seen(lambda each: any(said.startswith("FailedScheduling") for said in each.problems))
    assert "it waits for its volume: claim not-there is not bound" in waits.problems
    assert (waits.pod and waits.pod.is_running, waits.may_run) == (False, None)


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
