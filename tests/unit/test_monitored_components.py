"""Every component on a cluster is seen by its platform's monitoring, and says where its alerts reach nobody."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest

from nodeyard.clouds.contract.monitoring import LABELS
from nodeyard.clouds.contract.platform import PlatformContract
from nodeyard.mantis_cluster import MantisCluster
from nodeyard.metis_replica import MetisReplica
from nodeyard.metis_sequencer import MetisSequencer
from nodeyard.nodeos_bp_cluster import NodeosBPCluster
from nodeyard.theta_edge_node import ThetaEdgeNode
from nodeyard.tsm_node import TSMNode
from sandbox.simulation.values import plain
from tests.unit import examples, theta_fleet, tsm_players
from tests.unit.recording import record
from tests.unit.worlds import with_platform

RELEASE = "kubernetes:helm.sh/v3:Release"
COMPONENTS: Mapping[str, tuple[type[pulumi.ComponentResource], Callable[..., Any], list[str]]] = {
    "mantis": (MantisCluster, examples.network, ["mantis"]),
    "metis": (MetisSequencer, examples.sequencer, ["metis-mainnet"]),
    "metis-replica": (MetisReplica, examples.replicas, ["metis-rpc"]),
    "nodeos": (NodeosBPCluster, examples.cluster, ["nodeos-jungle"]),
    "tsm": (TSMNode, tsm_players.arguments, ["tsm"]),
}


def platform(namespaces: list[str], receiver: bool | None) -> PlatformContract:
    """Without monitoring where nothing is said of a receiver."""
    monitoring = {"namespace": "monitoring", "labels": dict(LABELS), "receiver": receiver}
    return examples.platform(namespaces=namespaces, **({} if receiver is None else {"monitoring": monitoring}))


def deploy(kind: str, receiver: bool | None, **changes: Any) -> dict[str, Any]:
    """What the chart of a component is told of its monitoring."""
    component, arguments, namespaces = COMPONENTS[kind]
    stands_on = platform(namespaces, receiver)
    args = arguments(platform=stands_on, **changes)
    recording = record(lambda: component(kind, args), with_platform(stands_on))
    told: dict[str, Any] = plain(recording.one(RELEASE, kind).inputs["values"])["monitoring"]
    return told


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_, **__: said.append(text))
    return said


def of_alerts(heard: list[str]) -> list[str]:
    return [text for text in heard if "reaches anybody" in text]


@pytest.mark.parametrize("kind", COMPONENTS)
def test_a_component_has_the_platforms_labels_and_its_own_besides(kind: str) -> None:
    assert deploy(kind, True)["labels"] == LABELS
    assert deploy(kind, True, monitoring_labels={"release": "own"})["labels"] == {**LABELS, "release": "own"}


@pytest.mark.parametrize("kind", COMPONENTS)
def test_on_a_platform_without_monitoring_a_component_has_its_own_labels_alone(kind: str) -> None:
    assert deploy(kind, None)["labels"] == {}
    assert deploy(kind, None, monitoring_labels={"release": "own"})["labels"] == {"release": "own"}


@pytest.mark.parametrize("kind", ["metis-replica", "nodeos", "tsm"])
def test_the_namespace_of_the_platforms_prometheus_is_let_in(kind: str) -> None:
    assert deploy(kind, True)["namespace"] == "monitoring"


UNHEARD = pytest.mark.parametrize(
    ("receiver", "said"),
    [
        (None, ["No alert of {} reaches anybody: the platform has no `monitoring`."]),
        (False, ["No critical alert of {} reaches anybody: the platform's `monitoring` has no receiver of such."]),
        (True, []),
    ],
)


@UNHEARD
@pytest.mark.parametrize("kind", COMPONENTS)
def test_a_component_says_so_while_its_alerts_reach_nobody(
    kind: str, receiver: bool | None, said: list[str], heard: list[str]
) -> None:
    deploy(kind, receiver)
    assert of_alerts(heard) == [each.format(kind) for each in said]


@UNHEARD
def test_edge_nodes_in_a_cluster_say_so_too(receiver: bool | None, said: list[str], heard: list[str]) -> None:
    stands_on = platform(["theta"], receiver)
    args = theta_fleet.arguments(**{**theta_fleet.IN_CLUSTER, "platform": stands_on})
    record(lambda: ThetaEdgeNode("theta", args), with_platform(stands_on))
    assert of_alerts(heard) == [each.format("theta") for each in said]


@pytest.mark.parametrize(
    ("changes", "warned"),
    [({}, 1), ({"images": {"tools": "images.invalid/chain-tools:1"}}, 0), ({"monitoring": False}, 0)],
)
@pytest.mark.parametrize("kind", ["metis", "metis-replica"])
def test_a_metis_node_without_the_chain_tools_says_which_alerts_it_lacks(
    kind: str, changes: dict[str, Any], warned: int, heard: list[str]
) -> None:
    deploy(kind, True, **changes)
    assert len([text for text in heard if "`images.tools` is not given" in text]) == warned


def test_whoever_has_a_prometheus_of_his_own_or_wants_none_hears_nothing(heard: list[str]) -> None:
    deploy("metis", None, monitoring_labels={"release": "own"})
    deploy("metis", None, monitoring=False)
    assert of_alerts(heard) == []
