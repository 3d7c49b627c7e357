"""The agents of the platform's monitoring on a real scheduler: one on each node, the sequencer's tainted ones too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from nodeyard.clouds.contract.monitoring import NAMESPACE, MonitoringSpec
from nodeyard.clouds.in_cluster.monitoring.logs import collector_values
from nodeyard.clouds.in_cluster.monitoring.prometheus import values as prometheus_values
from tests.cluster.harness import Kubernetes, phase, until

SPEC = MonitoringSpec(retention_days=15, logs_retention_days=14, metrics_gib=50, logs_gib=50, receivers={})
AGENTS: Mapping[str, Mapping[str, Any]] = {
    "fluent-bit": collector_values(),
    "node-exporter": prometheus_values("platform", SPEC, "standard")["prometheus-node-exporter"],
}
"""The values of each. A chart's DaemonSet has its tolerations and requests from them, and no selector of nodes."""


@pytest.fixture(scope="module")
def cloud_name(every_cloud: str) -> str:
    return every_cloud


@pytest.fixture(scope="module")
def namespace(kubernetes: Kubernetes) -> str:
    return kubernetes.namespace(NAMESPACE)


def daemon_set(name: str, namespace: str, tolerations: Any, resources: Any) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": name}
    container = {"name": name, "image": f"images.invalid/{name}", "resources": resources}
    template = {"metadata": {"labels": labels}, "spec": {"tolerations": tolerations, "containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def on_nodes(kubernetes: Kubernetes, namespace: str, name: str) -> list[str]:
    """The nodes that a pod of the DaemonSet runs on."""
    pods = kubernetes.client.list("v1", "Pod", namespace, labelSelector=f"app.kubernetes.io/name={name}")
    return sorted(pod["spec"]["nodeName"] for pod in pods if phase(pod) == "Running")


@pytest.mark.parametrize("agent", AGENTS)
def test_an_agent_runs_on_every_node_tainted_or_not(kubernetes: Kubernetes, namespace: str, agent: str) -> None:
    nodes = kubernetes.nodes()
    assert any(node["spec"].get("taints") for node in nodes)
    told = AGENTS[agent]
    kubernetes.apply(daemon_set(agent, namespace, told["tolerations"], told["resources"]))
    names = sorted(node["metadata"]["name"] for node in nodes)
    until(
        lambda: on_nodes(kubernetes, namespace, agent) == names,
        lambda: f"{agent} on {names}: it is on {on_nodes(kubernetes, namespace, agent)}",
    )


def test_without_its_tolerations_an_agent_is_missing_on_the_sequencers_nodes(
    kubernetes: Kubernetes, namespace: str
) -> None:
    free = sorted(node["metadata"]["name"] for node in kubernetes.nodes() if not node["spec"].get("taints"))
    kubernetes.apply(daemon_set("intolerant", namespace, [], {}))

    def wanted() -> bool:
        found = kubernetes.client.find("DaemonSet", "intolerant", namespace, "apps/v1") or {"status": {}}
        counted: dict[str, Any] = found["status"]
        return counted.get("observedGeneration") == 1 and counted["desiredNumberScheduled"] == len(free)

    until(wanted, "the DaemonSet counted its nodes")
    assert set(on_nodes(kubernetes, namespace, "intolerant")) <= set(free)
