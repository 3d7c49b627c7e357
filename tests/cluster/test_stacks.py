"""metis-mainnet by `./sandbox/pulumi` onto a real control plane. The tests share one deployment, in this order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.harness import Kubernetes, phase, until, waiting
from tests.cluster.harness import Sandbox as Clusters
from tests.cluster.operators import environment
from tests.engine.harness import Sandbox
from tests.ops.page import NETWORKS, Reader, blocks

STACK, PLATFORM, NAMESPACE = "metis-mainnet", "platform-aws", "metis-mainnet"
ON = {"l2geth": "l2geth", "l1dtl": "l2geth", "themis": "themis", "exporter": "themis"}


@pytest.fixture(scope="module")
def stacks(clusters: Clusters) -> Sandbox:
    """metis-mainnet on its platform; its secrets wait for the operator."""
    sandbox = Sandbox(clusters.home, SANDBOX_EMPTY_SECRETS="1", SANDBOX_CLUSTER_OWNER=str(os.getpid()))
    sandbox.up(STACK)
    return sandbox


@pytest.fixture
def kubernetes(clusters: Clusters, stacks: Sandbox) -> Kubernetes:
    return clusters.kubernetes(PLATFORM)


def pod(name: str) -> str:
    return f"{STACK}-{name}-0"


def bound_to(kubernetes: Kubernetes) -> dict[str, str]:
    """The disk behind each claim."""
    volumes = kubernetes.client.list("v1", "PersistentVolume")
    claims = {claim["spec"]["volumeName"]: claim for claim in kubernetes.client.list("v1", "PersistentVolumeClaim")}
    bound = [volume for volume in volumes if volume["status"]["phase"] == "Bound"]
    return {claims[v["metadata"]["name"]]["metadata"]["name"]: v["spec"]["csi"]["volumeHandle"] for v in bound}


def test_pods_that_wait_for_their_secrets_do_not_fail_the_deployment(kubernetes: Kubernetes) -> None:
    for name in ON:
        kubernetes.pending(pod(name), NAMESPACE, "can't find the specified secret value for staging label: AWSCURRENT")
        assert waiting(kubernetes.pod(pod(name), NAMESPACE)) <= {"PodInitializing", "ContainerCreating"}


def test_the_pages_of_operations_are_followed_line_by_line(
    clusters: Clusters, kubernetes: Kubernetes, tmp_path: Path
) -> None:
    """By somebody who has credentials of a real cloud: they are not used."""
    reader = Reader(tmp_path / "reader", environment(clusters))
    for block in blocks():
        if not block.is_elsewhere and block.section != NETWORKS:
            reader.follow(block)
    assert "https://l1.example.com" not in reader.printed


def test_once_the_operator_gave_the_secrets_every_pod_runs_on_its_node(kubernetes: Kubernetes) -> None:
    for name, node in ON.items():
        assert kubernetes.node_of(pod(name), NAMESPACE)["metadata"]["labels"]["node.metis.io"] == node


def test_nothing_else_gets_onto_the_sequencers_nodes(kubernetes: Kubernetes) -> None:
    ours = {node["metadata"]["name"] for node in kubernetes.nodes("node.metis.io")}
    there = [p for p in kubernetes.client.list("v1", "Pod") if p["spec"].get("nodeName") in ours]
    assert {p["metadata"]["name"] for p in there} == {pod(name) for name in ON}


def test_the_same_program_again_and_a_refresh_change_nothing(stacks: Sandbox) -> None:
    stacks.ok("up", "--stack", STACK, "--yes", "--skip-preview", "--expect-no-changes")
    stacks.ok("refresh", "--stack", STACK, "--yes", "--expect-no-changes")


def test_an_upgrade_replaces_the_pods_and_the_way_back_does_too(stacks: Sandbox, kubernetes: Kubernetes) -> None:
    before = kubernetes.running(pod("l1dtl"), NAMESPACE)["metadata"]["uid"]
    key = "nodeyard:stack.images.l1dtl"
    for image in ("images.invalid/l1dtl:v9.9.9", None):
        if image:
            stacks.configure(STACK, "--path", key, image)
        else:
            stacks.ok("config", "rm", "--stack", STACK, "--path", "nodeyard:stack.images")
        stacks.up(STACK)
        until(lambda was=before: other(kubernetes, was), "another pod")
        now = kubernetes.running(pod("l1dtl"), NAMESPACE)
        assert (now["spec"]["containers"][0]["image"] == image) == bool(image)
        before = now["metadata"]["uid"]


def other(kubernetes: Kubernetes, uid: str) -> bool:
    found = kubernetes.pod(pod("l1dtl"), NAMESPACE)
    return phase(found) == "Running" and found["metadata"]["uid"] != uid


def test_a_renewed_node_takes_over_disk_and_address_and_there_is_never_a_second_pod(
    stacks: Sandbox, kubernetes: Kubernetes
) -> None:
    disks, addresses = bound_to(kubernetes), stacks.outputs(STACK)["addresses"]
    (old,) = (node["metadata"]["name"] for node in kubernetes.nodes("node.metis.io=themis"))
    stacks.configure(STACK, "--path", "nodeyard:stack.releaseVersion", "1.47.0-00000000")
    stacks.up(STACK)
    at_once = set()

    def moved() -> bool:
        signing = [p for p in kubernetes.client.list("v1", "Pod") if mounts(p, pod("themis")[:-2])]
        at_once.add(len(signing))
        return any(p["spec"].get("nodeName") not in (None, old) and phase(p) == "Running" for p in signing)

    until(moved, "themis on another node")
    assert max(at_once) == 1
    assert bound_to(kubernetes) == disks
    assert stacks.outputs(STACK)["addresses"] == addresses


def mounts(found: dict[str, Any], claim: str) -> bool:
    volumes = found["spec"].get("volumes", [])
    return any(volume.get("persistentVolumeClaim", {}).get("claimName") == claim for volume in volumes)


def test_a_new_control_plane_is_brought_what_the_stacks_made(
    clusters: Clusters, stacks: Sandbox, kubernetes: Kubernetes
) -> None:
    disks = bound_to(kubernetes)
    clusters.cluster("stop")
    clusters.cluster("start")
    restored = clusters.kubernetes(PLATFORM)
    for name in ON:
        restored.running(pod(name), NAMESPACE)
    assert bound_to(restored) == disks
    assert "unchanged" in stacks.up(STACK).partition("Resources:")[2]


def test_destroyed_and_built_again_the_same_disks_are_bound(clusters: Clusters, stacks: Sandbox) -> None:
    disks = bound_to(clusters.kubernetes(PLATFORM))
    assert len(disks) == 3
    stacks.ok("destroy", "--stack", STACK, "--yes", "--exclude-protected")
    empty = clusters.kubernetes(PLATFORM)
    until(lambda: not empty.nodes("node.metis.io"), "the end of the nodes")
    assert not empty.client.list("v1", "PersistentVolume")
    clusters.cluster("reset")
    stacks.up(STACK)
    again = clusters.kubernetes(PLATFORM)
    for name in ON:
        again.running(pod(name), NAMESPACE)
    assert bound_to(again) == disks
