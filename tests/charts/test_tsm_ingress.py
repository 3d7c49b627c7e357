"""The Ingress of the chart tsm-node: the host, its certificate, and whom the nodes let in for it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.fields import check_fields
from tests.charts.harness import Values
from tests.charts.tsm import SAMPLES, Tsm, changed, rendered, sample, template

HOST = "sdk.example.com"
OWN: dict[str, Any] = {
    "host": HOST,
    "className": "edge",
    "tlsSecret": "sdk-tls",
    "annotations": {"cert-manager.io/cluster-issuer": "ours"},
    "callers": {"namespaces": ["edge"]},
}
"""Of a controller of the operator's own."""
GKE: dict[str, Any] = {
    "host": HOST,
    "annotations": {"kubernetes.io/ingress.class": "gce", "ingress.gcp.kubernetes.io/pre-shared-cert": "sdk"},
    "serviceAnnotations": {"cloud.google.com/neg": '{"ingress": true}'},
    "settings": [
        {"apiVersion": "cloud.google.com/v1", "kind": "BackendConfig", "name": "tsm-0-sdk", "spec": {"timeoutSec": 350}}
    ],
    "callers": {"cidrs": ["130.211.0.0/22", "35.191.0.0/16"]},
}
"""Of GKE's."""


def behind(ingress: dict[str, Any], name: str = "cluster") -> Values:
    return changed("sdk.ingress", ingress, name)


def ingress_of(tsm: Tsm) -> dict[str, Any]:
    [ingress] = tsm.of("Ingress").values()
    return ingress


@pytest.mark.parametrize("name", SAMPLES)
def test_no_player_has_one_that_is_not_asked_for(name: str) -> None:
    assert not rendered(sample(name)).of("Ingress")


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("given", [OWN, GKE], ids=["own", "gke"])
def test_every_object_has_only_fields_that_are_known(name: str, given: dict[str, Any]) -> None:
    tsm = rendered(behind(given, name))
    for kind in ("Ingress", "Service", "NetworkPolicy"):
        for item in tsm.of(kind).values():
            check_fields(item)


def test_the_host_leads_to_the_sdks_port_and_to_no_other() -> None:
    tsm = rendered(behind(OWN))
    ingress = ingress_of(tsm)
    [rule] = ingress["spec"]["rules"]
    assert rule["host"] == HOST
    [path] = rule["http"]["paths"]
    assert (path["path"], path["pathType"]) == ("/", "Prefix")
    backend = path["backend"]["service"]
    [port] = tsm.of("Service")[backend["name"]]["spec"]["ports"]
    assert (backend["port"], port["name"], port["port"]) == ({"name": "sdk"}, "sdk", 8080)
    assert "defaultBackend" not in ingress["spec"]


def test_the_certificate_is_in_a_secret_or_the_annotations_name_it() -> None:
    own, gke = ingress_of(rendered(behind(OWN))), ingress_of(rendered(behind(GKE)))
    assert own["spec"]["tls"] == [{"hosts": [HOST], "secretName": "sdk-tls"}]
    assert own["metadata"]["annotations"] == OWN["annotations"]
    assert "tls" not in gke["spec"]
    assert gke["metadata"]["annotations"] == GKE["annotations"]


def test_the_class_is_a_field_or_the_annotations_name_it() -> None:
    assert ingress_of(rendered(behind(OWN)))["spec"]["ingressClassName"] == "edge"
    assert "ingressClassName" not in ingress_of(rendered(behind(GKE)))["spec"]


def test_what_the_controller_reads_from_the_service_stands_beside_what_the_balancer_does() -> None:
    alone = rendered(behind(GKE)).of("Service")["tsm-0-sdk"]
    assert alone["metadata"]["annotations"] == GKE["serviceAnnotations"]
    assert alone["spec"]["type"] == "ClusterIP"
    beside = rendered(behind(GKE, "gcp")).of("Service")["tsm-0-sdk"]
    balancer = sample("gcp")["sdk"]["service"]["annotations"]
    assert beside["metadata"]["annotations"] == {**balancer, **GKE["serviceAnnotations"]}
    assert beside["spec"]["type"] == "LoadBalancer"
    assert rendered(behind(GKE, "gcp")).of("Service")["tsm-0-mpc"] == rendered(sample("gcp")).of("Service")["tsm-0-mpc"]


def test_what_the_controller_reads_besides_stands_in_the_releases_namespace() -> None:
    tsm = rendered(behind(GKE))
    settings = tsm.of("BackendConfig")["tsm-0-sdk"]
    assert settings["apiVersion"] == "cloud.google.com/v1"
    assert settings["spec"] == {"timeoutSec": 350}
    assert settings["metadata"]["namespace"] == ingress_of(tsm)["metadata"]["namespace"] == "tsm"


def test_the_controllers_pods_come_in_to_the_sdks_port_and_to_no_other() -> None:
    before, after = rendered(sample("cluster")), rendered(behind(OWN))
    assert [one for one in after.admits_pods(8080) if one not in before.admits_pods(8080)] == [("edge", {})]
    for port in (9000, 14401):
        assert after.admits_pods(port) == before.admits_pods(port)


def test_the_controllers_ranges_come_in_to_the_sdks_port_and_to_no_other() -> None:
    tsm = rendered(behind(GKE))
    assert tsm.admits(8080, "130.211.3.9")
    assert tsm.admits(8080, "35.191.255.1")
    assert not tsm.admits(8080, "35.192.0.1")
    assert not any(tsm.admits(port, "130.211.3.9") for port in (9000, 14401))


def test_a_running_node_is_left_alone_when_it_gets_one() -> None:
    before, after = rendered(sample("cluster")).deployment, rendered(behind(OWN)).deployment
    assert before["spec"]["template"] == after["spec"]["template"]


@pytest.mark.parametrize(
    "change",
    [
        {"misspelt": True},
        {"host": "Not A Host"},
        {"host": None},
        {"callers": None},
        {"callers": {}},  # the rule of a policy without a `from` lets in everybody
        {"callers": {"cidrs": []}},
        {"callers": {"cidrs": ["anyone"]}},
        {"callers": {"namespaces": []}},
        {"className": ""},
        {"settings": []},
        {"settings": [{**GKE["settings"][0], "apiVersion": "v1"}]},  # none of Kubernetes' own objects
        {"settings": [{**GKE["settings"][0], "misspelt": True}]},
        {"tlsSecret": ""},
        {"annotations": {"a": True}},
    ],
    ids=str,
)
def test_a_wrong_value_is_refused(change: dict[str, Any]) -> None:
    given = {key: value for key, value in {**OWN, **change}.items() if value is not None}
    assert template(behind(given)).returncode != 0
