"""mantis-testnet by `./sandbox/pulumi` onto a real control plane. The tests share one deployment, in this order."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.cluster.harness import Item, Kubernetes
from tests.cluster.harness import Sandbox as Clusters
from tests.engine.harness import Sandbox

STACK, PLATFORM = "mantis-testnet", "platform-aws"
LABEL = "nodeyard.io/mantis"
MINERS, PASSIVE = [f"miner-{n}" for n in range(5)], [f"passive-{n}" for n in range(5)]


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    made = Clusters(tmp_path_factory.mktemp("mantis"))
    made.cluster("start")
    yield made
    made.cluster("stop")


@pytest.fixture(scope="module")
def stacks(clusters: Clusters) -> Sandbox:
    sandbox = Sandbox(clusters.home, SANDBOX_CLUSTER_OWNER=str(os.getpid()))
    sandbox.up(STACK)
    return sandbox


@pytest.fixture(scope="module")
def kubernetes(clusters: Clusters, stacks: Sandbox) -> Kubernetes:
    return clusters.kubernetes(PLATFORM)


def running(kubernetes: Kubernetes, *names: str) -> dict[str, Item]:
    """The pod of each node, once it runs."""
    return {name: kubernetes.running(f"{name}-0", STACK) for name in names}


def label(kubernetes: Kubernetes, pod: Item) -> str:
    """Of the machine on which a pod runs: what it is for."""
    node = kubernetes.client.find("Node", pod["spec"]["nodeName"])
    assert node is not None
    return str(node["metadata"]["labels"].get(LABEL))


def test_the_api_server_takes_every_object_and_knows_all_its_fields(stacks: Sandbox, kubernetes: Kubernetes) -> None:
    applied = [item for item in stacks.manifests(STACK) if item["kind"] != "Secret"]
    assert {"StatefulSet", "NetworkPolicy", "CronJob", "PodDisruptionBudget"} <= {item["kind"] for item in applied}
    for item in applied:
        kubernetes.client.apply(item, "test", dry_run=True)


def test_every_pod_runs_on_a_machine_of_its_own_that_was_made_for_it(stacks: Sandbox, kubernetes: Kubernetes) -> None:
    tasks = stacks.outputs(STACK)["tasks"]
    pods = running(kubernetes, *MINERS, *PASSIVE)
    assert len({pod["spec"]["nodeName"] for pod in pods.values()}) == len(pods)
    for name, pod in pods.items():
        assert label(kubernetes, pod) == tasks[name]["nodePool"]
        zone = kubernetes.node_of(f"{name}-0", STACK)["metadata"]["labels"]["topology.kubernetes.io/zone"]
        assert zone == tasks[name]["zone"]


def test_nothing_else_gets_onto_the_networks_machines(kubernetes: Kubernetes) -> None:
    ours = {node["metadata"]["name"] for node in kubernetes.nodes(LABEL)}
    there = [pod for pod in kubernetes.client.list("v1", "Pod") if pod["spec"].get("nodeName") in ours]
    assert {pod["metadata"]["namespace"] for pod in there} == {STACK}
    assert len(ours) == len([*MINERS, *PASSIVE]) + 1  # and the services' machine


def test_each_node_has_a_disk_of_its_own_in_its_zone(stacks: Sandbox, kubernetes: Kubernetes) -> None:
    claims = {c["metadata"]["name"]: c for c in kubernetes.client.list("v1", "PersistentVolumeClaim", STACK)}
    disks = {claims[f"data-{name}-0"]["spec"]["volumeName"] for name in (*MINERS, *PASSIVE)}
    assert len(disks) == len([*MINERS, *PASSIVE])


def test_a_sixth_miner_comes_beside_five_that_run_on(stacks: Sandbox, kubernetes: Kubernetes) -> None:
    before = {name: pod["metadata"]["uid"] for name, pod in running(kubernetes, *MINERS, *PASSIVE).items()}
    machines = {node["metadata"]["uid"] for node in kubernetes.nodes(LABEL)}
    stacks.set(STACK, {"miners": "6"})
    stacks.up(STACK)
    sixth = running(kubernetes, "miner-5")["miner-5"]
    now = running(kubernetes, *MINERS, *PASSIVE)
    assert {name: pod["metadata"]["uid"] for name, pod in now.items()} == before
    assert label(kubernetes, sixth) == f"{STACK}-miner-2"
    assert sixth["spec"]["nodeName"] not in {pod["spec"]["nodeName"] for pod in now.values()}
    assert len({node["metadata"]["uid"] for node in kubernetes.nodes(LABEL)} - machines) == 1
    stacks.ok("up", "--stack", STACK, "--yes", "--skip-preview", "--expect-no-changes")
