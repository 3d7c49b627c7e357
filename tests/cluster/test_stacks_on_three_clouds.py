"""Metis on AWS, Azure and Google Cloud by `./sandbox/pulumi`, on three real control planes at once.

The tests share the deployments, in this order. `test_stacks.py` asks one of them much more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.cluster.harness import Item, Kubernetes, until
from tests.cluster.harness import Sandbox as Clusters
from tests.engine.harness import Sandbox

STACKS = {
    "platform-aws": "metis-sepolia",
    "platform-azure": "metis-sepolia-azure",
    "platform-gcp": "metis-sepolia-gcp",
}
NAMESPACE = "metis-sepolia"
ON = {"l2geth": "l2geth", "l1dtl": "l2geth", "themis": "themis", "exporter": "themis"}

platforms = pytest.mark.parametrize("platform", STACKS)


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    made = Clusters(tmp_path_factory.mktemp("three"))
    made.cluster("start")
    yield made
    made.cluster("stop")


@pytest.fixture(scope="module")
def stacks(clusters: Clusters) -> Sandbox:
    sandbox = Sandbox(clusters.home, SANDBOX_CLUSTER_OWNER=str(os.getpid()))
    for stack in STACKS.values():
        sandbox.up(stack)
    return sandbox


def on(clusters: Clusters, stacks: Sandbox, platform: str) -> Kubernetes:
    return clusters.kubernetes(stacks.outputs(platform)["platform"]["cluster_name"])


def disks(kubernetes: Kubernetes) -> dict[str, str]:
    """The disk behind each bound volume."""
    volumes = kubernetes.client.list("v1", "PersistentVolume")
    return {v["metadata"]["name"]: v["spec"]["csi"]["volumeHandle"] for v in volumes if v["status"]["phase"] == "Bound"}


def test_the_three_run_at_once(clusters: Clusters, stacks: Sandbox) -> None:
    planes = [clusters.control_plane(stacks.outputs(name)["platform"]["cluster_name"]) for name in STACKS]
    assert all(plane.running for plane in planes)
    assert len({plane.record["port"] for plane in planes}) == len(STACKS)


@platforms
def test_every_pod_has_its_secrets_and_runs_on_the_node_made_for_it(
    clusters: Clusters, stacks: Sandbox, platform: str
) -> None:
    kubernetes = on(clusters, stacks, platform)
    for name, node in ON.items():
        pod = f"{STACKS[platform]}-{name}-0"
        kubernetes.running(pod, NAMESPACE)
        assert kubernetes.node_of(pod, NAMESPACE)["metadata"]["labels"]["node.metis.io"] == node
    assert len(disks(kubernetes)) == 3


def claimants(kubernetes: Kubernetes) -> dict[str, Item]:
    pods = kubernetes.client.list("v1", "Pod", NAMESPACE)
    return {p["spec"]["nodeName"]: p for p in pods if "-address-" in p["metadata"]["name"] and "nodeName" in p["spec"]}


def test_on_google_cloud_a_claimant_runs_on_each_node_beside_its_pod(clusters: Clusters, stacks: Sandbox) -> None:
    kubernetes = on(clusters, stacks, "platform-gcp")
    nodes = {node["metadata"]["name"] for node in kubernetes.nodes("node.metis.io")}
    until(lambda: claimants(kubernetes).keys() == nodes, "a claimant on each node")
    for pod in claimants(kubernetes).values():
        assert not pod["spec"].get("hostNetwork"), "on the host network it would have the node's identity"


def test_on_azure_the_load_balancer_answers_at_the_addresses_that_peers_are_told(
    clusters: Clusters, stacks: Sandbox
) -> None:
    kubernetes, stack = on(clusters, stacks, "platform-azure"), STACKS["platform-azure"]
    for process, address in stacks.outputs(stack)["addresses"].items():
        service = kubernetes.client.find("Service", f"{stack}-{process}-p2p", NAMESPACE)
        assert service
        assert service["status"]["loadBalancer"]["ingress"][0]["ip"] == address


@platforms
def test_the_same_program_again_changes_nothing(stacks: Sandbox, platform: str) -> None:
    for stack in (platform, STACKS[platform]):
        stacks.ok("up", "--stack", stack, "--yes", "--skip-preview", "--expect-no-changes")


@pytest.mark.parametrize("platform", ["platform-azure", "platform-gcp"])
def test_destroyed_and_built_again_the_same_disks_are_bound(clusters: Clusters, stacks: Sandbox, platform: str) -> None:
    kubernetes, stack = on(clusters, stacks, platform), STACKS[platform]
    before = disks(kubernetes)
    stacks.ok("destroy", "--stack", stack, "--yes", "--exclude-protected")
    until(lambda: not kubernetes.nodes("node.metis.io"), "the end of the nodes")
    assert not disks(kubernetes)
    stacks.up(stack)
    for name in ON:
        kubernetes.running(f"{stack}-{name}-0", NAMESPACE)
    assert disks(kubernetes) == before
