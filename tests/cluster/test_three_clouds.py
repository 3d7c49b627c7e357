"""EKS, AKS and GKE in one world, each with a control plane of its own, at once."""

from __future__ import annotations

import pytest

from tests.cluster.harness import Item, Kubernetes, Sandbox, until
from tests.cluster.worlds import WORLDS, AzureWorld, world_of

PIP_NAME = "service.beta.kubernetes.io/azure-pip-name"
PIP_GROUP = "service.beta.kubernetes.io/azure-load-balancer-resource-group"


@pytest.fixture(scope="module")
def clusters(sandbox: Sandbox) -> dict[str, Kubernetes]:
    for name in WORLDS:
        cloud = world_of(name, sandbox.home)
        cloud.cluster(name)
    sandbox.cluster("start")
    return {name: sandbox.kubernetes(name) for name in WORLDS}


def service(name: str, **annotations: str) -> Item:
    metadata = {"name": name, "namespace": "default", "annotations": annotations}
    spec = {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "ports": [{"port": 30303, "protocol": "UDP"}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def answers_at(kubernetes: Kubernetes, name: str) -> Item:
    found = kubernetes.client.find("Service", name, "default") or {"status": {}}
    return dict(next(iter((found["status"].get("loadBalancer") or {}).get("ingress") or []), {}))


def test_each_cluster_has_its_own_control_plane(sandbox: Sandbox, clusters: dict[str, Kubernetes]) -> None:
    planes = {name: sandbox.control_plane(name) for name in WORLDS}
    assert all(plane.running for plane in planes.values())
    assert len({plane.record["port"] for plane in planes.values()}) == len(WORLDS)
    assert {plane.record["cluster"]["cloud"] for plane in planes.values()} == set(WORLDS)
    for name, kubernetes in clusters.items():
        kubernetes.namespace(f"only-on-{name}")
    for name, kubernetes in clusters.items():
        there = {item["metadata"]["name"] for item in kubernetes.client.list("v1", "Namespace")}
        assert there & {f"only-on-{other}" for other in WORLDS} == {f"only-on-{name}"}


@pytest.mark.parametrize(
    ("cloud", "key", "begins", "ends"),
    [("aws", "hostname", "k8s-", ".elb.us-east-2.amazonaws.com"), ("azure", "ip", "20.", ""), ("gcp", "ip", "34.", "")],
)
def test_a_load_balancer_answers_as_its_cloud_does(
    clusters: dict[str, Kubernetes], cloud: str, key: str, begins: str, ends: str
) -> None:
    clusters[cloud].apply(service("any"))
    answer = until(lambda: answers_at(clusters[cloud], "any").get(key), "an address")
    assert answer.startswith(begins)
    assert answer.endswith(ends)


def test_on_aks_a_service_waits_for_the_address_that_it_names_and_then_has_it(
    sandbox: Sandbox, clusters: dict[str, Kubernetes]
) -> None:
    azure, kubernetes = AzureWorld(sandbox.home), clusters["azure"]
    kubernetes.apply(service("l2geth", **{PIP_NAME: "l2geth", PIP_GROUP: "platform-azure"}))
    because = "findMatchedPIPByName: failed to find PIP l2geth in resource group platform-azure"
    until(lambda: because in kubernetes.why("l2geth", "default", "SyncLoadBalancerFailed"), "the reason")
    assert answers_at(kubernetes, "l2geth") == {}
    azure.address("l2geth", "20.9.8.7")
    until(lambda: answers_at(kubernetes, "l2geth").get("ip") == "20.9.8.7", "its address")


def test_a_cluster_that_goes_leaves_those_of_the_other_clouds_alone(
    sandbox: Sandbox, clusters: dict[str, Kubernetes]
) -> None:
    world_of("gcp", sandbox.home).remove_cluster("gcp")
    until(lambda: not sandbox.control_plane("gcp").running, "the end of its control plane")
    assert sandbox.control_plane("aws").running
    assert sandbox.control_plane("azure").running
