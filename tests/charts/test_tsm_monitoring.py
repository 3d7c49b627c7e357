"""How Prometheus reads a player's nodes, and the rendered PrometheusRule, run by promtool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.charts.alerts import Case, lint, machine, rules, run, severities, tried_both_ways, unscheduled
from tests.charts.tsm import Tsm, changed, rendered, sample

OURS = 'namespace="tsm", deployment="tsm-0-node"'
ANOTHER = 'namespace="tsm", deployment="tsm-1-node"'
POD = "tsm-0-node-5d4f6b7c8-x2x4z"
AVAILABLE = "kube_deployment_status_replicas_available{%s}"
WANTED = "kube_deployment_spec_replicas{%s}"
UP = 'up{namespace="tsm", service="tsm-0-management", pod="tsm-0-node-a"}'
ANOTHERS_UP = 'up{namespace="tsm", service="tsm-1-management", pod="tsm-1-node-a"}'
FAILED = 'kube_job_failed{namespace="tsm", job_name="tsm-0-role-0123abcd", condition="true"}'
ANOTHERS_FAILED = 'kube_job_failed{namespace="tsm", job_name="tsm-10-role-0123abcd", condition="true"}'


def nodes(available: str, wanted: str, of: str = OURS) -> dict[str, str]:
    return {AVAILABLE % of: available, WANTED % of: wanted}


def restarts(values: str, pod: str = "tsm-0-node-5f7-x", container: str = "node") -> dict[str, str]:
    of = f'namespace="tsm", pod="{pod}", container="{container}"'
    return {f"kube_pod_container_status_restarts_total{{{of}}}": values}


CASES = [
    Case("no node of two", "PlayerDown", nodes("0x80", "2x80"), 7, ""),
    Case("no node for a moment, as in an upgrade", "PlayerDown", nodes("2x8 0x8 2x60", "2x80"), 7, None),
    Case("one node of two is left", "PlayerDown", nodes("1x80", "2x80"), 7, None),
    Case("a player that is closed on purpose", "PlayerDown", nodes("0x80", "0x80"), 7, None),
    Case("another player that is down", "PlayerDown", nodes("0x80", "2x80", ANOTHER), 7, None),
    Case("one node of two for long", "NodesUnavailable", nodes("1x80", "2x80"), 18, ""),
    Case("one node of two, as in a drain", "NodesUnavailable", nodes("2x8 1x8 2x80", "2x80"), 18, None),
    Case("all nodes", "NodesUnavailable", nodes("2x80", "2x80"), 18, None),
    Case("a node that is started again", "ContainerRestarted", restarts("0x20 1x80"), 9, ""),
    Case("another player's is", "ContainerRestarted", restarts("0x20 1x80", "tsm-10-node-5f7-x"), 9, None),
    Case("a node that cannot be read", "ScrapeFails", {UP: "0x80"}, 12, ""),
    Case("a node that can be read", "ScrapeFails", {UP: "1x80"}, 12, None),
    Case("another player's node that cannot be read", "ScrapeFails", {ANOTHERS_UP: "0x80"}, 12, None),
    Case("a Job that has given up", "RoleFails", {FAILED: "1x80"}, 2, ""),
    Case("a Job that is done", "RoleFails", {FAILED: "0x80"}, 2, None),
    Case("another player's Job that has given up", "RoleFails", {ANOTHERS_FAILED: "1x80"}, 2, None),
    Case("a node's machine that is away", "NodeAway", machine(0, "tsm", POD), 7, "", {"node": "ip-1"}),
    Case("a node's machine that is there", "NodeAway", machine(1, "tsm", POD), 7, None),
    Case("another player's machine that is away", "NodeAway", machine(0, "tsm", "tsm-1-node-b-c"), 7, None),
    Case("a node without a machine", "PodWithoutNode", unscheduled("1x80", "tsm", POD), 17, ""),
    Case("a node whose machine comes", "PodWithoutNode", unscheduled("1x40 0x80", "tsm", POD), 17, None),
]
SEVERITY = {
    "PlayerDown": "critical",
    "NodesUnavailable": "high",
    "ContainerRestarted": "high",
    "ScrapeFails": "high",
    "RoleFails": "high",
    "NodeAway": "critical",
    "PodWithoutNode": "critical",
}


@pytest.fixture(scope="module")
def spec(tsm: Tsm) -> dict[str, Any]:
    found: dict[str, Any] = tsm.of("PrometheusRule")["tsm-0-management"]["spec"]
    return found


def test_each_node_is_read_where_the_management_server_shows_its_metrics(tsm: Tsm) -> None:
    monitor = tsm.of("ServiceMonitor")["tsm-0-management"]
    [endpoint] = monitor["spec"]["endpoints"]
    service = tsm.of("Service")["tsm-0-management"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert endpoint["path"] == "/management/metrics"
    # A node that is not ready is read too.
    assert service["spec"]["publishNotReadyAddresses"] is True


def test_prometheus_shows_the_servers_key_from_a_secret(tsm: Tsm) -> None:
    [endpoint] = tsm.of("ServiceMonitor")["tsm-0-management"]["spec"]["endpoints"]
    assert endpoint["authorization"] == {"type": "APIKEY", "credentials": {"name": "tsm-0-metrics", "key": "apiKey"}}


def test_a_server_that_asks_for_no_key_is_shown_none() -> None:
    tsm = rendered(changed("monitoring.authorization", None))
    [endpoint] = tsm.of("ServiceMonitor")["tsm-0-management"]["spec"]["endpoints"]
    assert "authorization" not in endpoint


def test_both_objects_have_the_labels_by_which_prometheus_selects_them(tsm: Tsm) -> None:
    for kind in ("ServiceMonitor", "PrometheusRule"):
        assert tsm.of(kind)["tsm-0-management"]["metadata"]["labels"]["release"] == "prometheus"


def test_without_monitoring_there_is_neither() -> None:
    tsm = rendered(sample("cluster"))
    assert not tsm.of("ServiceMonitor")
    assert not tsm.of("PrometheusRule")


def test_each_alert_is_tried_both_ways(spec: dict[str, Any]) -> None:
    assert severities(spec) == SEVERITY
    assert tried_both_ways(spec, CASES)


def test_each_alert_says_which_player_it_is_about(spec: dict[str, Any]) -> None:
    for name, rule in rules(spec).items():
        # A pod's own name says it too.
        known = "$labels.pod" if name == "PodWithoutNode" else "tsm/tsm-0" if name == "NodeAway" else "player 0 (tsm-0)"
        assert known in rule["annotations"]["summary"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_alert_fires_when_it_should_and_only_then(
    promtool: Path, spec: dict[str, Any], tmp_path: Path, case: Case
) -> None:
    run(promtool, spec, case, tmp_path)


def test_promtool_finds_nothing_in_the_rules(promtool: Path, spec: dict[str, Any], tmp_path: Path) -> None:
    lint(promtool, spec, tmp_path)
