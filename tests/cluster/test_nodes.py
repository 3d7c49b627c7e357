"""Node pools of the world as nodes of a real cluster: made as they are asked for, and drained before they go."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping

import pytest

from sandbox.controlplane.clouds import aws, azure, gcp
from tests.cluster.harness import Item, Kubernetes, Sandbox, until
from tests.cluster.worlds.base import EVERY_TAINT, Taint

DRAIN_SECONDS = 4
Sizes = Callable[..., tuple[Mapping[str, str], Mapping[str, str]]]


@pytest.fixture(scope="module")
def cloud_name(every_cloud: str) -> str:
    return every_cloud


@pytest.fixture(scope="module")
def kubernetes(sandbox: Sandbox) -> Kubernetes:
    sandbox.cloud.cluster()
    sandbox.cluster("start", SANDBOX_DRAIN_SECONDS=str(DRAIN_SECONDS))
    return sandbox.kubernetes()


@pytest.fixture
def pool(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[str]:
    """A pool's name, for one test; the pool goes with it."""
    words = request.node.originalname.removeprefix("test_").replace("_", "-")[:20].strip("-")
    name = f"{words}-{zlib.crc32(request.node.name.encode()):08x}"
    yield name
    sandbox.cloud.remove_pool(name)


def nodes(kubernetes: Kubernetes, pool: str) -> dict[str, Item]:
    return {node["metadata"]["name"]: node for node in kubernetes.nodes(f"node.metis.io={pool}")}


def ready(kubernetes: Kubernetes, pool: str, count: int) -> dict[str, Item]:
    def found() -> dict[str, Item] | None:
        present = nodes(kubernetes, pool)
        conditions = [{c["type"]: c["status"] for c in n["status"].get("conditions", [])} for n in present.values()]
        return present if len(present) == count and all(c.get("Ready") == "True" for c in conditions) else None

    return until(found, f"{count} ready nodes in {pool}")


def deployment(pool: str, namespace: str, replicas: int = 1) -> Item:
    labels = {"app": pool}
    container = {"name": "app", "image": "images.invalid/app"}
    pod = {"nodeSelector": {"node.metis.io": pool}, "tolerations": EVERY_TAINT, "containers": [container]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": pool, "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def budget(pool: str, namespace: str) -> Item:
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": pool}}}
    metadata = {"name": pool, "namespace": namespace}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": spec}


def pods(kubernetes: Kubernetes, pool: str, namespace: str) -> list[Item]:
    found = kubernetes.client.list("v1", "Pod", namespace, labelSelector=f"app={pool}")
    return [pod for pod in found if pod["status"].get("phase") == "Running"]


def test_a_node_is_what_its_pool_asks_for(sandbox: Sandbox, kubernetes: Kubernetes, pool: str) -> None:
    cloud, zone = sandbox.cloud, sandbox.cloud.zones[1]
    cloud.pool(pool, zone)
    (node,) = ready(kubernetes, pool, 1).values()
    labels = node["metadata"]["labels"]
    assert labels["node.metis.io"] == pool
    assert labels["topology.kubernetes.io/zone"] == zone
    assert labels["topology.kubernetes.io/region"] == cloud.region
    assert labels["node.kubernetes.io/instance-type"] == cloud.machine
    assert labels[cloud.pool_label] == pool
    ours = [t for t in node["spec"]["taints"] if t["key"] != "node.kubernetes.io/not-ready"]
    assert ours == [{"key": "node.metis.io", "value": pool, "effect": "NoSchedule"}]
    assert node["metadata"]["name"].startswith(cloud.node["name"])
    assert node["spec"]["providerID"].startswith(cloud.node["id"])
    assert node["status"]["capacity"] | {"cpu": "8", "pods": cloud.node["pods"]} == node["status"]["capacity"]
    addresses = {address["type"]: address["address"] for address in node["status"]["addresses"]}
    assert addresses["InternalIP"].startswith(cloud.node["internal"])
    # On Azure a load balancer has the public address, never the node.
    assert addresses.get("ExternalIP", "").startswith(cloud.node["external"])
    assert ("ExternalIP" in addresses) == bool(cloud.node["external"])


def test_a_pool_that_shrinks_drains_the_node_that_goes(sandbox: Sandbox, kubernetes: Kubernetes, pool: str) -> None:
    namespace = kubernetes.namespace(pool)
    sandbox.cloud.pool(pool, sandbox.cloud.zones[0], size=2)
    ready(kubernetes, pool, 2)
    kubernetes.apply(deployment(pool, namespace, 2), budget(pool, namespace))
    until(lambda: len(pods(kubernetes, pool, namespace)) == 2, "both pods")
    sandbox.cloud.pool(pool, sandbox.cloud.zones[0], size=1)
    (left,) = ready(kubernetes, pool, 1)
    until(lambda: {p["spec"]["nodeName"] for p in pods(kubernetes, pool, namespace)} == {left}, "pods on what is left")


@pytest.mark.parametrize("surge", [False, True])
def test_a_new_release_rolls_the_pool_and_the_old_node_goes_first_unless_it_surges(
    sandbox: Sandbox, kubernetes: Kubernetes, pool: str, surge: bool
) -> None:
    sandbox.cloud.pool(pool, sandbox.cloud.zones[0], surge=surge)
    (old,) = ready(kubernetes, pool, 1)
    namespace = kubernetes.namespace(pool)
    kubernetes.apply(deployment(pool, namespace), budget(pool, namespace))
    until(lambda: pods(kubernetes, pool, namespace), "its pod, which holds a drain up for a while")
    sandbox.cloud.pool(pool, sandbox.cloud.zones[0], surge=surge, release=2)
    seen = {frozenset(nodes(kubernetes, pool))}
    until(lambda: seen.add(frozenset(found := nodes(kubernetes, pool))) or (found and old not in found), "another node")
    assert max(map(len, seen)) == (2 if surge else 1)


def test_a_budget_holds_a_drain_up_until_the_time_limit(sandbox: Sandbox, kubernetes: Kubernetes, pool: str) -> None:
    namespace = kubernetes.namespace(pool)
    sandbox.cloud.pool(pool, sandbox.cloud.zones[0])
    kubernetes.apply(deployment(pool, namespace), budget(pool, namespace))
    until(lambda: pods(kubernetes, pool, namespace), "its pod")
    (pod,) = pods(kubernetes, pool, namespace)
    sandbox.cloud.remove_pool(pool)
    until(lambda: any(n["spec"].get("unschedulable") for n in nodes(kubernetes, pool).values()), "a cordoned node")
    assert pods(kubernetes, pool, namespace) == [pod] or pods(kubernetes, pool, namespace)
    until(lambda: not nodes(kubernetes, pool), "the end of the node", patience=DRAIN_SECONDS + 10)
    assert "a PodDisruptionBudget allowed no eviction" in kubernetes.why(pod["metadata"]["name"], namespace)


def test_labels_and_taints_change_in_place(sandbox: Sandbox, kubernetes: Kubernetes, pool: str) -> None:
    sandbox.cloud.pool(pool, sandbox.cloud.zones[0])
    before = ready(kubernetes, pool, 1)
    labels = {"node.metis.io": pool, "team": "metis"}
    sandbox.cloud.pool(pool, sandbox.cloud.zones[0], labels=labels, taints=[Taint("only", "metis", "NoExecute")])
    after = until(lambda: kubernetes.nodes("team=metis"), "the new label")
    assert [node["metadata"]["name"] for node in after] == list(before)
    wanted = [{"key": "only", "value": "metis", "effect": "NoExecute"}]
    until(lambda: kubernetes.nodes("team=metis")[0]["spec"]["taints"] == wanted, "the new taint")


def test_a_daemon_set_reaches_every_node_only_with_our_tolerations(
    sandbox: Sandbox, kubernetes: Kubernetes, pool: str
) -> None:
    namespace = kubernetes.namespace(pool)
    sandbox.cloud.pool(pool, sandbox.cloud.zones[0], size=2)
    everywhere = set(ready(kubernetes, pool, 2))
    for name, tolerations in (("tolerant", EVERY_TAINT), ("intolerant", [])):
        agent = deployment(name, namespace) | {"kind": "DaemonSet"}
        agent["spec"].pop("replicas")
        agent["spec"]["template"]["spec"] |= {"tolerations": tolerations, "nodeSelector": {}}
        kubernetes.apply(agent)
    until(
        lambda: everywhere <= {pod["spec"]["nodeName"] for pod in pods(kubernetes, "tolerant", namespace)},
        "an agent on every node",
    )
    assert not pods(kubernetes, "intolerant", namespace)


# --- sizes


@pytest.mark.parametrize(
    ("sizes", "instance_type", "cpu", "memory_gib"),
    [
        (aws.nodes.sizes, "c5.4xlarge", "16", 32),
        (aws.nodes.sizes, "m6i.large", "2", 8),
        (aws.nodes.sizes, "r7i.xlarge", "4", 32),
        (aws.nodes.sizes, "g4dn.xlarge", "4", 16),
        (azure.nodes.sizes, "Standard_NC4as_T4_v3", "4", 28),
        (gcp.nodes.sizes, "n1-standard-4", "4", 15),
        (gcp.nodes.sizes, "g2-standard-8", "8", 32),
        (azure.nodes.sizes, "Standard_D8s_v5", "8", 32),
        (azure.nodes.sizes, "Standard_D8als_v6", "8", 16),
        (azure.nodes.sizes, "Standard_E4as_v5", "4", 32),
        (azure.nodes.sizes, "Standard_F8s_v2", "8", 16),
        (azure.nodes.sizes, "Standard_DC4as_v5", "4", 16),
        (gcp.nodes.sizes, "n2-standard-8", "8", 32),
        (gcp.nodes.sizes, "e2-medium", "2", 4),
        (gcp.nodes.sizes, "n2d-highcpu-16", "16", 16),
        (gcp.nodes.sizes, "c3-highmem-4", "4", 32),
    ],
)
def test_a_node_is_as_big_as_its_instance_type(sizes: Sizes, instance_type: str, cpu: str, memory_gib: int) -> None:
    capacity, allocatable = sizes(instance_type)
    assert capacity["cpu"] == cpu
    assert memory_gib * 1024 * 0.9 < mib(capacity) < memory_gib * 1024
    assert mib(allocatable) < mib(capacity)


def test_what_is_left_of_a_node_is_what_its_cloud_documents() -> None:
    """AKS: 20 MB for each pod and 50 MB, at most a quarter. GKE: a quarter of 4 GiB, a fifth of the next 4, ..."""
    capacity, allocatable = azure.nodes.sizes("Standard_D4s_v5", 30)
    assert allocatable["cpu"] == "3860m"
    assert mib(capacity) - mib(allocatable) == 650 + 100
    capacity, allocatable = azure.nodes.sizes("Standard_D4s_v5")  # as many pods as an overlay has addresses for
    assert mib(capacity) - mib(allocatable) == 16 * 1024 // 4 + 100
    capacity, allocatable = gcp.nodes.sizes("n2-standard-4")
    assert allocatable["cpu"] == "3920m"
    assert mib(capacity) - mib(allocatable) == int((1 + 0.8 + 0.8) * 1024) + 100


@pytest.mark.parametrize(
    ("sizes", "unknown"),
    [
        (aws.nodes.sizes, "x9zz.huge"),
        (azure.nodes.sizes, "Standard_X9_v9"),
        (azure.nodes.sizes, "Standard_D4_v2"),
        (gcp.nodes.sizes, "x9-standard-4"),
        (gcp.nodes.sizes, "c3-mega-4"),
    ],
)
def test_an_instance_type_of_unknown_size_is_refused_by_name(sizes: Sizes, unknown: str) -> None:
    with pytest.raises(ValueError, match=f"does not know how big {re.escape(unknown)} is"):
        sizes(unknown)


def mib(resources: Mapping[str, str]) -> int:
    return int(resources["memory"].removesuffix("Mi"))
