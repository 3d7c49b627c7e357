"""The rendered PrometheusRule of an edge node in a cluster, run by promtool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.charts.alerts import Case, Series, lint, machine, rules, run, tried_both_ways, unscheduled, volume
from tests.charts.test_theta_edge_node import changed, rendered

POD = "theta-mainnet-edge-1-edge-0"
CLAIM = "theta-mainnet-edge-1"


def ready(values: str, pod: str = POD) -> Series:
    return {f'kube_pod_status_ready{{namespace="theta", pod="{pod}", condition="true"}}': values}


def restarts(values: str, pod: str = POD, container: str = "edgelauncher") -> Series:
    of = f'namespace="theta", pod="{pod}", container="{container}"'
    return {f"kube_pod_container_status_restarts_total{{{of}}}": values}


def cases(claim: str) -> list[Case]:
    return [
        Case("a node that says nothing", "EdgeNodeNotReady", ready("0x200"), 40, ""),
        Case("a node that starts", "EdgeNodeNotReady", ready("0x60 1x200"), 40, None),
        Case("another release's", "EdgeNodeNotReady", ready("0x200", "theta-testnet-edge-0"), 40, None),
        Case("a node that is started again", "ContainerRestarted", restarts("0x20 1x80"), 9, ""),
        Case("another release's is", "ContainerRestarted", restarts("0x20 1x80", "theta-testnet-edge-0"), 9, None),
        Case("the machine is away", "NodeAway", machine(0, "theta", POD), 7, "", {"node": "ip-1"}),
        Case("the machine is there", "NodeAway", machine(1, "theta", POD), 7, None),
        Case("the machine is gone", "PodWithoutNode", unscheduled("1x80", "theta", POD), 17, ""),
        Case("the machine comes", "PodWithoutNode", unscheduled("1x40 0x80", "theta", POD), 9, None),
        Case("a disk that is nearly full", "DiskFillsUp", volume("49x400", "theta", claim), 65, ""),
        Case("a disk with room", "DiskFillsUp", volume("500x400", "theta", claim), 65, None),
    ]


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    found: dict[str, Any] = rendered(changed("monitoring", {"enabled": True}))["PrometheusRule"]["spec"]
    return found


def test_each_alert_is_tried_both_ways(spec: dict[str, Any]) -> None:
    assert tried_both_ways(spec, cases(CLAIM))


@pytest.mark.parametrize("number", range(len(cases(CLAIM))))
def test_an_alert_fires_when_it_should_and_only_then(
    promtool: Path, spec: dict[str, Any], tmp_path: Path, number: int
) -> None:
    claim = changed("monitoring", {"enabled": True})["claim"]
    run(promtool, spec, cases(claim)[number], tmp_path)


def test_promtool_finds_nothing_in_the_rules(promtool: Path, spec: dict[str, Any], tmp_path: Path) -> None:
    lint(promtool, spec, tmp_path)


def test_without_monitoring_there_is_none() -> None:
    assert "PrometheusRule" not in rendered()


def test_the_rules_are_those_that_the_docs_name(spec: dict[str, Any]) -> None:
    assert set(rules(spec)) == {"EdgeNodeNotReady", "ContainerRestarted", "NodeAway", "PodWithoutNode", "DiskFillsUp"}
