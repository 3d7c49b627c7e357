"""Node pools of the world as nodes of a real cluster: made as they are asked for, and drained before they go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.controlplane.clouds.aws.nodes import sizes
from tests.cluster.cloud import EVERY_TAINT, taint
from tests.cluster.harness import Item, Kubernetes, Sandbox, until

DRAIN_SECONDS = 4


@pytest.fixture(scope="module")
def kubernetes(sandbox: Sandbox) -> Kubernetes:
    sandbox.cloud.cluster()
    sandbox.cluster("start", SANDBOX_DRAIN_SECONDS=str(DRAIN_SECONDS))
    return sandbox.kubernetes()


@pytest.fixture
def pool(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[str]:
    """A pool's name, for one test; the pool goes with it."""
    name = request.node.name.removeprefix("test_").replace("_", "-")[:40]
    yield name
    sandbox.cloud.delete("aws:eks/nodeGroup:NodeGroup", f"platform:{name}")


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
    sandbox.cloud.pool(pool, "us-east-2b", instance_type="c5.2xlarge")
    (node,) = ready(kubernetes, pool, 1).values()
    labels = node["metadata"]["labels"]
    assert labels["node.metis.io"] == pool
    assert labels["topology.kubernetes.io/zone"] == "us-east-2b"
    assert labels["topology.kubernetes.io/region"] == "us-east-2"
    assert labels["node.kubernetes.io/instance-type"] == "c5.2xlarge"
    ours = [t for t in node["spec"]["taints"] if t["key"] != "node.kubernetes.io/not-ready"]
    assert ours == [{"key": "node.metis.io", "value": pool, "effect": "NoSchedule"}]
    assert node["spec"]["providerID"].startswith("aws:///us-east-2b/i-")
    assert node["status"]["capacity"] | {"cpu": "8", "pods": "58"} == node["status"]["capacity"]
    addresses = {address["type"]: address["address"] for address in node["status"]["addresses"]}
    assert addresses["InternalIP"].startswith("10.0.")
    assert addresses["ExternalIP"].startswith("18.")


@pytest.mark.parametrize(
    ("instance_type", "cpu", "memory_gib", "gpus"),
    [
        ("c5.4xlarge", "16", 32, None),
        ("m6i.large", "2", 8, None),
        ("r7i.xlarge", "4", 32, None),
        ("g4dn.xlarge", "4", 16, "1"),
    ],
)
def test_a_node_is_as_big_as_its_instance_type(instance_type: str, cpu: str, memory_gib: int, gpus: str | None) -> None:
    capacity, allocatable = sizes(instance_type)
    assert capacity["cpu"] == cpu
    assert memory_gib * 1024 * 0.9 < int(capacity["memory"].removesuffix("Mi")) < memory_gib * 1024
    assert int(allocatable["memory"].removesuffix("Mi")) < int(capacity["memory"].removesuffix("Mi"))
    assert capacity.get("nvidia.com/gpu") == gpus


def test_an_instance_type_of_unknown_size_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"does not know how big x9zz\.huge is"):
        sizes("x9zz.huge")


def test_a_pool_that_shrinks_drains_the_node_that_goes(sandbox: Sandbox, kubernetes: Kubernetes, pool: str) -> None:
    namespace = kubernetes.namespace(pool)
    sandbox.cloud.pool(pool, "us-east-2a", size=2)
    ready(kubernetes, pool, 2)
    kubernetes.apply(deployment(pool, namespace, 2), budget(pool, namespace))
    until(lambda: len(pods(kubernetes, pool, namespace)) == 2, "both pods")
    sandbox.cloud.pool(pool, "us-east-2a", size=1)
    (left,) = ready(kubernetes, pool, 1)
    until(lambda: {p["spec"]["nodeName"] for p in pods(kubernetes, pool, namespace)} == {left}, "pods on what is left")


def test_a_new_launch_template_rolls_the_pool_and_the_old_node_goes_first(
    sandbox: Sandbox, kubernetes: Kubernetes, pool: str
) -> None:
    sandbox.cloud.pool(pool, "us-east-2a")
    (old,) = ready(kubernetes, pool, 1)
    sandbox.cloud.pool(pool, "us-east-2a", template=2)
    seen = {frozenset(nodes(kubernetes, pool))}
    until(lambda: seen.add(frozenset(found := nodes(kubernetes, pool))) or (found and old not in found), "another node")
    assert max(map(len, seen)) == 1, "there were two nodes for what may run once"


def test_a_budget_holds_a_drain_up_until_the_time_limit(sandbox: Sandbox, kubernetes: Kubernetes, pool: str) -> None:
    namespace = kubernetes.namespace(pool)
    sandbox.cloud.pool(pool, "us-east-2a")
    kubernetes.apply(deployment(pool, namespace), budget(pool, namespace))
    until(lambda: pods(kubernetes, pool, namespace), "its pod")
    (pod,) = pods(kubernetes, pool, namespace)
    sandbox.cloud.delete("aws:eks/nodeGroup:NodeGroup", f"platform:{pool}")
    until(lambda: any(n["spec"].get("unschedulable") for n in nodes(kubernetes, pool).values()), "a cordoned node")
    assert pods(kubernetes, pool, namespace) == [pod] or pods(kubernetes, pool, namespace)
    until(lambda: not nodes(kubernetes, pool), "the end of the node", patience=DRAIN_SECONDS + 10)
    assert "a PodDisruptionBudget allowed no eviction" in kubernetes.why(pod["metadata"]["name"], namespace)


def test_labels_and_taints_change_in_place(sandbox: Sandbox, kubernetes: Kubernetes, pool: str) -> None:
    sandbox.cloud.pool(pool, "us-east-2a")
    before = ready(kubernetes, pool, 1)
    labels = {"node.metis.io": pool, "team": "metis"}
    sandbox.cloud.pool(pool, "us-east-2a", labels=labels, taints=[taint("only", "metis", "NO_EXECUTE")])
    after = until(lambda: kubernetes.nodes("team=metis"), "the new label")
    assert [node["metadata"]["name"] for node in after] == list(before)
    wanted = [{"key": "only", "value": "metis", "effect": "NoExecute"}]
    until(lambda: kubernetes.nodes("team=metis")[0]["spec"]["taints"] == wanted, "the new taint")


def test_a_daemon_set_reaches_every_node_only_with_our_tolerations(
    sandbox: Sandbox, kubernetes: Kubernetes, pool: str
) -> None:
    namespace = kubernetes.namespace(pool)
    sandbox.cloud.pool(pool, "us-east-2a", size=2)
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
