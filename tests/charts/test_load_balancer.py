"""The Service that charts make of what a cloud says of a load balancer, rendered by a chart of a few lines."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.charts.harness import COMMON, helm

TEMPLATE = """
{{- $ports := list (dict "name" "mpc" "port" 9000) }}
{{- $behind := dict "root" $ "component" "mpc" "pods" "node" "service" .Values.service "ports" $ports }}
{{ include "common.balancedService" $behind }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: node
spec:
  podSelector: {}
  ingress:
    - from: [{{ include "common.balancedPeers" .Values.service | fromYamlArray | toJson | trimAll "[]" }}]
"""
BALANCED = {
    "type": "LoadBalancer",
    "annotations": {"example.invalid/address": "mpc"},
    "address": "192.0.2.30",
    "sourceRanges": ["192.0.2.0/24", "198.51.100.7/32"],
    "sticky": False,
}
"""Of a cloud that goes by the Service."""
BY_POD: dict[str, Any] = {
    "type": "ClusterIP",
    "annotations": {},
    "sourceRanges": ["192.0.2.0/24"],
    "healthRanges": ["10.0.0.0/24", "10.0.1.0/24"],
    "sticky": True,
}
"""Of a cloud whose balancer sends to the pods themselves."""


@pytest.fixture(scope="module")
def chart() -> Any:
    with tempfile.TemporaryDirectory() as directory:
        made = Path(directory)
        (made / "Chart.yaml").write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v2",
                    "name": "behind",
                    "version": "0.1.0",
                    "dependencies": [{"name": "common", "version": "0.1.0", "repository": "file://common"}],
                }
            )
        )
        (made / "charts").mkdir()
        (made / "charts/common").symlink_to(COMMON)
        (made / "templates").mkdir()
        (made / "templates/all.yaml").write_text(TEMPLATE)
        yield made


def rendered(chart: Path, service: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """The Service and the policy, by kind."""
    values = chart / "given.yaml"
    values.write_text(yaml.safe_dump({"service": service}))
    result = helm("template", "tsm", chart, "--namespace", "tsm", "--values", values)
    assert result.returncode == 0, result.stderr
    objects = [item for item in yaml.safe_load_all(result.stdout) if item]
    for item in objects:
        kubernetes_validate.validate(item, "1.37", strict=True)
    return {item["kind"]: item for item in objects}


def spec(chart: Path, service: dict[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = rendered(chart, service)["Service"]["spec"]
    return found


def let_in(chart: Path, service: dict[str, Any] | None) -> list[str]:
    [rule] = rendered(chart, service)["NetworkPolicy"]["spec"]["ingress"]
    return [peer["ipBlock"]["cidr"] for peer in rule["from"] or []]


def test_a_balanced_service_takes_its_address_and_lets_the_pods_see_the_callers(chart: Path) -> None:
    assert spec(chart, BALANCED) == {
        "type": "LoadBalancer",
        "loadBalancerIP": "192.0.2.30",
        "loadBalancerSourceRanges": ["192.0.2.0/24", "198.51.100.7/32"],
        "externalTrafficPolicy": "Local",
        "selector": {
            "app.kubernetes.io/name": "behind",
            "app.kubernetes.io/instance": "tsm",
            "app.kubernetes.io/component": "node",
        },
        "ports": [{"name": "mpc", "port": 9000, "protocol": "TCP", "targetPort": "mpc"}],
    }


def test_an_address_that_the_annotations_say_is_not_asked_for_twice(chart: Path) -> None:
    without = {key: value for key, value in BALANCED.items() if key != "address"}
    assert "loadBalancerIP" not in spec(chart, without)
    assert rendered(chart, without)["Service"]["metadata"]["annotations"] == BALANCED["annotations"]


# Helm drops a null, and pulumi-kubernetes makes one of an empty list.
@pytest.mark.parametrize("nobody", [[], None])
def test_a_closed_balancer_is_no_balancer_since_no_ranges_mean_everybody_to_kubernetes(
    chart: Path, nobody: list[str] | None
) -> None:
    closed = {**BALANCED, "sourceRanges": nobody}
    found = spec(chart, closed)
    assert found["type"] == "ClusterIP"
    assert not {"loadBalancerIP", "loadBalancerSourceRanges", "externalTrafficPolicy"} & set(found)
    assert let_in(chart, closed) == []


def test_a_closed_balancer_keeps_the_annotations_by_which_the_cloud_takes_it_away(chart: Path) -> None:
    closed = {**BALANCED, "sourceRanges": []}
    assert rendered(chart, closed)["Service"]["metadata"]["annotations"] == BALANCED["annotations"]


@pytest.mark.parametrize("service", [None, {}, BY_POD])
def test_a_service_that_no_cloud_balances_is_the_clusters_own(chart: Path, service: dict[str, Any] | None) -> None:
    found = rendered(chart, service)["Service"]
    assert found["spec"]["type"] == "ClusterIP"
    assert not {"loadBalancerIP", "loadBalancerSourceRanges", "externalTrafficPolicy"} & set(found["spec"])
    assert "annotations" not in found["metadata"]


def test_a_sticky_service_keeps_a_caller_on_one_pod(chart: Path) -> None:
    assert spec(chart, {**BALANCED, "sticky": True})["sessionAffinity"] == "ClientIP"
    assert "sessionAffinity" not in spec(chart, BALANCED)


def test_the_pods_let_in_the_callers_and_the_balancers_own_health_checks(chart: Path) -> None:
    assert let_in(chart, BY_POD) == ["192.0.2.0/24", "10.0.0.0/24", "10.0.1.0/24"]
    assert let_in(chart, BALANCED) == ["192.0.2.0/24", "198.51.100.7/32"]
    assert let_in(chart, None) == []


def test_where_nobody_may_call_the_health_checks_stay_out_too(chart: Path) -> None:
    assert let_in(chart, {**BY_POD, "sourceRanges": []}) == []


def test_a_range_of_both_is_let_in_once(chart: Path) -> None:
    assert let_in(chart, {**BY_POD, "sourceRanges": ["10.0.0.0/24"]}) == ["10.0.0.0/24", "10.0.1.0/24"]
