"""Metis and block producers on AWS, Azure and Google Cloud by `./sandbox/pulumi`, on three real control planes at once;
Metis replicas on AWS.

The tests share the deployments, in this order. `test_stacks.py` asks one of them much more.
"""

from __future__ import annotations

import os

import pytest

from tests.cluster.harness import ONCE, Item, Kubernetes, pod_like, stateful_set, until
from tests.cluster.harness import Sandbox as Clusters
from tests.engine.harness import Sandbox

STACKS = {
    "platform-aws": "metis-sepolia",
    "platform-azure": "metis-sepolia-azure",
    "platform-gcp": "metis-sepolia-gcp",
}
NAMESPACE = "metis-sepolia"
ON = {"l2geth": "l2geth", "l1dtl": "l2geth", "themis": "themis", "exporter": "themis"}

PRODUCERS = {
    "platform-aws": "nodeos-jungle-aws",
    "platform-azure": "nodeos-jungle-azure",
    "platform-gcp": "nodeos-jungle",
}
JUNGLE = "nodeos-jungle"
"""The namespace of the producers, on each cloud."""
ORDINALS, API_NODES = ["nodeos-bp-0", "nodeos-bp-1", "nodeos-bp-2"], ["nodeos-api-0"]
NODE = "nodeyard.io/nodeos"

platforms = pytest.mark.parametrize("platform", STACKS)


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


# --- block producers, beside Metis


@pytest.fixture(scope="module")
def producers(stacks: Sandbox) -> Sandbox:
    for stack in PRODUCERS.values():
        stacks.up(stack)
    return stacks


@platforms
def test_each_ordinal_runs_on_a_tainted_node_of_its_own_with_no_other_workload(
    clusters: Clusters, producers: Sandbox, platform: str
) -> None:
    kubernetes, stack = on(clusters, producers, platform), PRODUCERS[platform]
    told = producers.outputs(stack)
    for name, node_told in {**told["ordinals"], **told["apiNodes"]}.items():
        node = kubernetes.node_of(f"{name}-0", JUNGLE)
        assert node["metadata"]["labels"][NODE] == f"{stack}-{name}"
        assert node["metadata"]["labels"]["topology.kubernetes.io/zone"] == node_told["zone"]
        assert {"key": NODE, "value": f"{stack}-{name}", "effect": "NoSchedule"} in node["spec"]["taints"]
        # Each node has the platform's own agents.
        on_it = f"spec.nodeName={node['metadata']['name']},metadata.namespace!=kube-system"
        there = kubernetes.client.list("v1", "Pod", fieldSelector=on_it)
        assert [pod["metadata"]["name"] for pod in there] == [f"{name}-0"]
    assert len(kubernetes.nodes(NODE)) == len(ORDINALS + API_NODES)


@platforms
def test_the_producers_program_again_changes_nothing(producers: Sandbox, platform: str) -> None:
    producers.ok("up", "--stack", PRODUCERS[platform], "--yes", "--skip-preview", "--expect-no-changes")


@platforms
def test_ordinals_may_hold_the_lease_of_their_namespace_and_do_nothing_else(
    clusters: Clusters, producers: Sandbox, platform: str
) -> None:
    cluster = producers.outputs(platform)["platform"]["cluster_name"]
    account = f"system:serviceaccount:{JUNGLE}:{PRODUCERS[platform]}-nodeos-bp-0"

    def may(verb: str, resource: str, namespace: str = JUNGLE) -> bool:
        asked = ("auth", "can-i", verb, resource, "--namespace", namespace, "--as", account)
        return clusters.kubectl("--cluster-name", cluster, *asked, check=False).stdout.strip() == "yes"

    assert [verb for verb in ("get", "update", "delete", "list") if may(verb, "leases/nodeos-bp")] == ["get", "update"]
    assert may("create", "leases.coordination.k8s.io")
    assert not may("get", "leases/nodeos-bp", NAMESPACE)
    assert not may("get", "secrets")


def test_only_ordinals_have_a_token_for_the_api_server(clusters: Clusters, producers: Sandbox) -> None:
    kubernetes = on(clusters, producers, "platform-gcp")

    def tokens(name: str) -> list[Item]:
        sources = [
            source
            for volume in kubernetes.running(f"{name}-0", JUNGLE)["spec"]["volumes"]
            for source in volume.get("projected", {}).get("sources", [])
        ]
        return [source for source in sources if "serviceAccountToken" in source]

    assert [name for name in ORDINALS + API_NODES if tokens(name)] == ORDINALS


@platforms
def test_the_api_server_takes_every_object_and_no_policy_lets_in_everybody(
    clusters: Clusters, producers: Sandbox, platform: str
) -> None:
    kubernetes = on(clusters, producers, platform)
    for manifest in producers.manifests(PRODUCERS[platform]):
        assert kubernetes.client.get(manifest), f"{manifest['kind']} {manifest['metadata']['name']}"
    policies = kubernetes.client.list("networking.k8s.io/v1", "NetworkPolicy", JUNGLE)
    assert {policy["metadata"]["name"] for policy in policies} == {
        f"{PRODUCERS[platform]}-{who}" for who in ("nodes", "producers")
    }
    for policy in policies:
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        assert all(rule["from"] and rule["ports"] for rule in policy["spec"]["ingress"])


@platforms
def test_a_second_pod_on_an_ordinals_disk_does_not_run(clusters: Clusters, producers: Sandbox, platform: str) -> None:
    kubernetes = on(clusters, producers, platform)
    twin = pod_like(kubernetes, "nodeos-bp-0", JUNGLE, "twin")
    for container in twin["spec"]["containers"]:
        container["resources"] = {}  # its node has room for it
    kubernetes.apply(twin)
    kubernetes.pending("twin", JUNGLE, ONCE)
    kubernetes.client.delete(twin)


def test_another_image_replaces_no_pod_until_an_operator_deletes_it(clusters: Clusters, producers: Sandbox) -> None:
    kubernetes, stack = on(clusters, producers, "platform-gcp"), PRODUCERS["platform-gcp"]
    image = "images.invalid/nodeos-manager:next"
    pods = {name: kubernetes.running(f"{name}-0", JUNGLE)["metadata"]["uid"] for name in ORDINALS + API_NODES}
    producers.set(stack, {"images.manager": image})
    producers.up(stack)

    def seen(name: str) -> bool:
        found = stateful_set(kubernetes, name, JUNGLE)
        told: bool = found["status"]["observedGeneration"] == found["metadata"]["generation"]
        return told and found["status"]["updateRevision"] != found["status"]["currentRevision"]

    for name in pods:
        until(lambda name=name: seen(name), f"the new revision of {name}")
    assert {name: kubernetes.pod(f"{name}-0", JUNGLE)["metadata"]["uid"] for name in pods} == pods
    old = kubernetes.pod("nodeos-bp-2-0", JUNGLE)
    kubernetes.client.delete({"apiVersion": "v1", "kind": "Pod", **old})
    until(lambda: image_of(kubernetes, "nodeos-bp-2") == image, "the pod of the new image")
    assert image not in {image_of(kubernetes, name) for name in pods if name != "nodeos-bp-2"}


def image_of(kubernetes: Kubernetes, name: str) -> str:
    containers = kubernetes.pod(f"{name}-0", JUNGLE)["spec"].get("containers", [{"image": ""}])
    return str(containers[0]["image"])


# --- Metis replicas, on AWS


RPC = "metis-mainnet-rpc"
"""The stack, and its namespace."""


@pytest.mark.parametrize("replicas", [2, 3])
def test_each_replica_runs_on_a_node_of_its_own_with_the_disks_made_for_it(
    clusters: Clusters, stacks: Sandbox, replicas: int
) -> None:
    kubernetes = on(clusters, stacks, "platform-aws")
    before = {p["metadata"]["name"]: p["metadata"]["uid"] for p in kubernetes.client.list("v1", "Pod", RPC)}
    stacks.set(RPC, {"replicas": str(replicas)})
    stacks.up(RPC)
    nodes = {}
    for number in range(replicas):
        name = f"{RPC}-replica-{number}"
        node = nodes[name] = kubernetes.node_of(name, RPC)["metadata"]
        assert node["labels"]["nodeyard.io/metis-replica"] == RPC
        pod = kubernetes.pod(name, RPC)
        mounts = [v["persistentVolumeClaim"] for v in pod["spec"]["volumes"] if "persistentVolumeClaim" in v]
        assert {mount["claimName"] for mount in mounts} == {f"l2geth-{name}", f"l1dtl-{name}"}
        assert before.get(name, pod["metadata"]["uid"]) == pod["metadata"]["uid"], "the third leaves the others alone"
    assert len({node["name"] for node in nodes.values()}) == replicas
    assert len({node["labels"]["topology.kubernetes.io/zone"] for node in nodes.values()}) == replicas
    # The claims are ours, and none was made by the cluster.
    made = {claim["metadata"]["name"] for claim in kubernetes.client.list("v1", "PersistentVolumeClaim", RPC)}
    assert made == {f"{process}-{name}" for name in nodes for process in ("l2geth", "l1dtl")}
    stacks.ok("up", "--stack", RPC, "--yes", "--skip-preview", "--expect-no-changes")
