"""Theta edge nodes with a GPU, by `./sandbox/pulumi`, on a real control plane of each cloud.

The tests of a cloud share its deployment, in this order: `edge-1`, whose password is generated, and `edge-2`, which
waits for the operator's.
"""

from __future__ import annotations

import base64
import copy
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.cluster.harness import Item, Kubernetes, phase, until, waiting
from tests.cluster.harness import Sandbox as Clusters
from tests.cluster.worlds import WORLDS
from tests.engine.harness import Sandbox
from tests.engine.theta_cluster import NAMESPACE, NEXT_RELEASES, STACKS, configure

NODE, GPU = "nodeyard.io/theta-edge-node", "nvidia.com/gpu"
ONCE = "PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
IMAGE = "images.invalid/thetalabsorg/edgelauncher_mainnet@sha256:"
RELEASE = "kubernetes:helm.sh/v3:Release"
PASSWORD = "random:index/randomPassword:RandomPassword"

WANTS_A_GPU = {"name": "app", "image": "images.invalid/app", "resources": {"limits": {GPU: 1}}}


@dataclass(frozen=True)
class Edge:
    """A stack's two nodes, in their cluster."""

    cloud: str
    stack: str
    stacks: Sandbox
    clusters: Clusters
    kubernetes: Kubernetes

    def node(self, key: str = "edge-1") -> str:
        return f"{self.stack}-{key}"

    def pod(self, key: str = "edge-1") -> str:
        return f"{self.node(key)}-edge-0"

    def running(self) -> Item:
        return self.kubernetes.running(self.pod(), NAMESPACE)

    def host(self, key: str = "edge-1") -> Item:
        """The one node of the edge node's pool."""
        nodes: list[Item] = until(lambda: self.kubernetes.nodes(f"{NODE}={self.node(key)}"), f"a node for {key}")
        (found,) = nodes
        return found

    def find(self, kind: str, name: str, api: str = "v1") -> Item:
        found = self.kubernetes.client.find(kind, name, NAMESPACE, api)
        assert found is not None, f"no {kind} {name}"
        return {"apiVersion": api, "kind": kind, **found}

    def volume(self) -> Item:
        """What the pod's claim is bound to."""
        claims = [v["persistentVolumeClaim"]["claimName"] for v in mounted(self.running(), "persistentVolumeClaim")]
        (claim,) = [self.find("PersistentVolumeClaim", name) for name in claims]
        found = self.kubernetes.client.find("PersistentVolume", claim["spec"]["volumeName"])
        assert found is not None
        return found


@pytest.fixture(scope="module", params=STACKS)
def cloud(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def clusters(cloud: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    made = Clusters(tmp_path_factory.mktemp(f"theta-{cloud}"), cloud)
    made.cluster("start")
    yield made
    made.cluster("stop")


@pytest.fixture(scope="module")
def edge(cloud: str, clusters: Clusters) -> Edge:
    stacks = Sandbox(clusters.home, SANDBOX_EMPTY_SECRETS="1", SANDBOX_CLUSTER_OWNER=str(os.getpid()))
    stack = configure(stacks, cloud)
    stacks.ok("config", "rm", "--stack", stack, "--path", "nodeyard:stack.nodes")
    stacks.set(stack, {"nodes.edge-1.image": IMAGE + "0" * 64, "nodes.edge-2.password.external": "true"})
    stacks.up(stack)
    name = stacks.outputs(f"platform-{cloud}")["platform"]["cluster_name"]
    return Edge(cloud, stack, stacks, clusters, clusters.kubernetes(name))


def mounted(pod: Item, kind: str) -> list[Item]:
    return [volume for volume in pod["spec"].get("volumes") or [] if kind in volume]


def of_a_daemon(pod: Item) -> bool:
    return any(owner["kind"] == "DaemonSet" for owner in pod["metadata"].get("ownerReferences") or [])


def bare(edge: Edge, name: str, **changes: Any) -> Item:
    """A pod with the spec of the edge node's."""
    template = edge.find("StatefulSet", f"{edge.node()}-edge", "apps/v1")["spec"]["template"]
    spec = {**copy.deepcopy(template["spec"]), **changes}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


@contextmanager
def tried(edge: Edge, pod: Item) -> Iterator[str]:
    """A pod that must get nothing, and is gone before it could."""
    edge.kubernetes.apply(pod)
    try:
        yield pod["metadata"]["name"]
    finally:
        edge.kubernetes.client.request("DELETE", edge.kubernetes.client.path(pod), {"gracePeriodSeconds": 0})


# --- where it runs


def test_the_pod_runs_on_its_own_node_which_has_a_gpu(edge: Edge) -> None:
    assert edge.running()["spec"]["nodeName"] == edge.host()["metadata"]["name"]
    assert edge.host()["status"]["allocatable"][GPU] == "1"


def test_nothing_else_is_on_that_node_but_the_clusters_own_agents(edge: Edge) -> None:
    name = edge.running()["spec"]["nodeName"]
    there = edge.kubernetes.client.list("v1", "Pod", fieldSelector=f"spec.nodeName={name}")
    assert [pod["metadata"]["name"] for pod in there if not of_a_daemon(pod)] == [edge.pod()]


def test_no_other_node_of_the_cluster_shows_a_gpu(edge: Edge) -> None:
    showing = {node["metadata"]["name"] for node in edge.kubernetes.nodes() if GPU in node["status"]["allocatable"]}
    assert showing == {edge.host(key)["metadata"]["name"] for key in ("edge-1", "edge-2")}


def test_a_strangers_pod_that_wants_a_gpu_gets_onto_no_node(edge: Edge) -> None:
    """It tolerates what GKE taints such nodes with; ours is there besides."""
    tolerated = [{"key": GPU, "operator": "Exists"}]
    spec = {"containers": [WANTS_A_GPU], "tolerations": tolerated}
    metadata = {"name": "stranger", "namespace": NAMESPACE}
    with tried(edge, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}) as name:
        edge.kubernetes.pending(name, NAMESPACE, "2 node(s) had untolerated taint(s)")


def test_a_node_has_one_gpu_and_the_pod_has_it(edge: Edge) -> None:
    edge.running()
    with tried(edge, bare(edge, "another", volumes=[], initContainers=[], containers=[WANTS_A_GPU])) as name:
        edge.kubernetes.pending(name, NAMESPACE, f"1 Insufficient {GPU}")


def test_on_aks_alone_a_gpu_goes_and_comes_with_a_plugin_of_ours(edge: Edge) -> None:
    world = edge.clusters.cloud.world
    plugins = [r for r in world.find(RELEASE) if str(r.inputs["chart"]).endswith("nvidia-device-plugin")]
    assert len(plugins) == (1 if edge.cloud == "azure" else 0), "the others' nodes bring it themselves"
    for plugin in plugins:
        world.delete(plugin)
        until(lambda: edge.host()["status"]["allocatable"][GPU] == "0", "no GPU to be had")
        world.put(replace(plugin, key=None), set(), [])
        until(lambda: edge.host()["status"]["allocatable"][GPU] == "1", "the GPU")


# --- its disk


def test_the_claim_is_bound_to_the_disk_that_the_stack_made(edge: Edge) -> None:
    volume, disk = edge.volume(), edge.stacks.outputs(edge.stack)["nodes"]["edge-1"]["disk"]
    assert volume["spec"]["csi"]["volumeHandle"].split("/")[-1] == disk.split("/")[-1]
    assert volume["spec"]["accessModes"] == ["ReadWriteOncePod"]
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume["status"]["phase"] == "Bound"


def test_another_pod_does_not_get_the_disk(edge: Edge) -> None:
    edge.running()
    thief = bare(edge, "thief")
    for container in thief["spec"]["containers"]:
        container.pop("resources")  # else it would lack the GPU first
    with tried(edge, thief) as name:
        edge.kubernetes.pending(name, NAMESPACE, ONCE)


def test_scaled_to_two_by_hand_there_is_still_one(edge: Edge) -> None:
    edge.running()
    wanted = edge.find("StatefulSet", f"{edge.node()}-edge", "apps/v1")
    edge.kubernetes.client.merge(wanted, {"spec": {"replicas": 2}})
    edge.kubernetes.pending(f"{edge.node()}-edge-1", NAMESPACE, "nodes are available")
    edge.kubernetes.client.merge(wanted, {"spec": {"replicas": 1}})
    edge.running()


# --- its password


def test_the_password_is_mounted_and_synced_and_stands_in_no_pod(edge: Edge) -> None:
    pod, state = edge.running(), edge.stacks.ok("stack", "export", "--stack", edge.stack, "--show-secrets")
    password = generated(json.loads(state))
    (csi,) = mounted(pod, "csi")
    driver_class = csi["csi"]["volumeAttributes"]["secretProviderClass"]
    (env,) = [e for e in pod["spec"]["containers"][0]["env"] if e["name"] == "PASSWORD"]
    reference = env["valueFrom"]["secretKeyRef"]
    secret = edge.find("Secret", reference["name"])
    assert base64.b64decode(secret["data"][reference["key"]]).decode() == password
    assert secret["metadata"]["labels"]["secrets-store.csi.k8s.io/managed"] == "true"
    assert edge.find("SecretProviderClass", driver_class, "secrets-store.csi.x-k8s.io/v1")
    everything = [*edge.kubernetes.client.list("v1", "Pod"), edge.find("StatefulSet", f"{edge.node()}-edge", "apps/v1")]
    assert password not in json.dumps(everything)


def generated(state: Item) -> str:
    (found,) = [r for r in state["deployment"]["resources"] if r["type"] == PASSWORD]
    result = found["outputs"]["result"]
    return str(json.loads(result["plaintext"]) if isinstance(result, dict) else result)


def test_without_a_password_the_node_waits_and_its_container_is_not_made(edge: Edge) -> None:
    edge.kubernetes.pending(edge.pod("edge-2"), NAMESPACE, WORLDS[edge.cloud].words.empty)
    # So a kubelet calls it where containers wait behind another one, as behind the one that asks the disk whose it is.
    assert waiting(edge.kubernetes.pod(edge.pod("edge-2"), NAMESPACE)) <= {"PodInitializing"}
    assert edge.kubernetes.client.find("Secret", edge.node("edge-2"), NAMESPACE) is None


# --- what it may reach: that the policy is there; what enforces it is the cloud's


def test_the_policy_closes_metadata_and_private_ranges_and_lets_nobody_in(edge: Edge) -> None:
    policies = edge.kubernetes.client.list("networking.k8s.io/v1", "NetworkPolicy", NAMESPACE)
    labels = edge.running()["metadata"]["labels"].items()
    (policy,) = [p["spec"] for p in policies if p["spec"]["podSelector"]["matchLabels"].items() <= labels]
    assert sorted(policy["policyTypes"]) == ["Egress", "Ingress"]
    assert not policy.get("ingress")
    (internet, names) = policy["egress"]
    assert [port["port"] for port in names["ports"]] == [53, 53]
    (peer,) = internet["to"]
    closed = [ip_network(cidr) for cidr in peer["ipBlock"]["except"]]
    platform = edge.stacks.outputs(f"platform-{edge.cloud}")["platform"]
    private = [str(ip_network(cidr)[1]) for cidr in platform["private_cidrs"]]
    for address in ("169.254.169.254", "168.63.129.16", "10.0.0.1", "172.16.0.1", "192.168.0.1", *private):
        assert any(ip_address(address) in network for network in closed), address
    assert not any(ip_address("8.8.8.8") in network for network in closed)


# --- what changes


def test_another_image_makes_the_pod_anew_and_neither_node_nor_disk(edge: Edge) -> None:
    before, host, volume = edge.running(), edge.host(), edge.volume()
    edge.stacks.set(edge.stack, {"nodes.edge-1.image": IMAGE + "1" * 64})
    edge.stacks.up(edge.stack)
    until(lambda: replaced(edge, before), "another pod", patience=90)
    assert edge.running()["spec"]["containers"][0]["image"] == IMAGE + "1" * 64
    assert edge.host()["metadata"]["uid"] == host["metadata"]["uid"]
    assert edge.volume()["metadata"]["uid"] == volume["metadata"]["uid"]


def replaced(edge: Edge, before: Item) -> bool:
    now = edge.kubernetes.pod(edge.pod(), NAMESPACE)
    return phase(now) == "Running" and now["metadata"]["uid"] != before["metadata"]["uid"]


def test_a_renewed_node_takes_the_disk_over_and_there_is_never_a_second_pod(edge: Edge) -> None:
    old, volume = edge.host()["metadata"]["name"], edge.volume()
    edge.stacks.set(edge.stack, {"releaseVersion": NEXT_RELEASES[edge.cloud]})
    edge.stacks.up(edge.stack)
    at_once = set()

    def moved() -> bool:
        pods = edge.kubernetes.client.list("v1", "Pod", NAMESPACE)
        holders = [p for p in pods if p["metadata"]["name"].startswith(f"{edge.node()}-edge-")]
        at_once.add(len(holders))
        return any(p["spec"].get("nodeName") not in (None, old) and phase(p) == "Running" for p in holders)

    until(moved, lambda: f"on another node: {edge.kubernetes.why(edge.pod(), NAMESPACE)}", patience=180)
    assert max(at_once) == 1
    assert edge.volume()["metadata"]["uid"] == volume["metadata"]["uid"]
    assert edge.host()["status"]["allocatable"][GPU] == "1"
