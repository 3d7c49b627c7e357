"""The nodes of a cluster as its pools want them: made at once, and drained with their budgets before they go.

Every cloud does the same here: cordon, evict as PodDisruptionBudgets allow, and after a limit delete what is left. How
long each cloud really waits, and what it does then, is in docs/clouds.md.
"""

import time
from collections.abc import Sequence
from typing import Any

from .client import Client, Refused
from .clouds import Node, Pool
from .clouds.shapes import GPU
from .events import Events

POOL = "sandbox.nodeyard.io/pool"
DRAINING = "sandbox.nodeyard.io/draining-since"
FAKE = "kwok.x-k8s.io/node"
ATTACHED_FOR = "volumes.kubernetes.io/controller-managed-attach-detach"
MIRROR = "kubernetes.io/config.mirror"
Item = dict[str, Any]


def reconcile(client: Client, pools: Sequence[Pool], limit: float, events: Events) -> None:
    """One step towards the nodes that the pools want; called again and again."""
    present = [node for node in client.list("v1", "Node") if POOL in (node["metadata"].get("annotations") or {})]
    by_pool: dict[str, list[Item]] = {pool.name: [] for pool in pools}
    for node in present:
        by_pool.setdefault(node["metadata"]["annotations"][POOL], []).append(node)
    wanted = {pool.name: pool for pool in pools}
    for name, nodes in by_pool.items():
        step(client, wanted.get(name, Pool(name, ())), nodes, limit, events)


def step(client: Client, pool: Pool, present: Sequence[Item], limit: float, events: Events) -> None:
    names = {item["metadata"]["name"] for item in present}
    wanted = {node.name for node in pool.nodes}
    missing = [node for node in pool.nodes if node.name not in names]
    old = [item for item in present if item["metadata"]["name"] not in wanted]
    if pool.old_first:
        # As many may be missing as have gone; the successors of those still here have to wait.
        missing = missing[: max(0, len(pool.nodes) - len(present))]
    for node in missing:
        client.create(manifest(pool, node))
    for item in present:
        for node in pool.nodes:
            if node.name == item["metadata"]["name"]:
                relabel(client, node, item)
                renew_devices(client, node, item)
    # One at a time, as long as there are others that stay; a pool that goes as a whole goes at once.
    for item in old[:1] if wanted else old:
        if drained(client, item, limit, events):
            client.delete(item)


def manifest(pool: Pool, node: Node) -> Item:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node.name,
            "labels": dict(node.labels),
            "annotations": {FAKE: "fake", POOL: pool.name, ATTACHED_FOR: "true"},
        },
        "spec": {"providerID": node.provider_id, "taints": [dict(taint) for taint in node.taints]},
        "status": {
            "capacity": dict(node.capacity),
            "allocatable": dict(node.allocatable),
            "addresses": [dict(address) for address in node.addresses],
        },
    }


def renew_devices(client: Client, node: Node, present: Item) -> None:
    """A device plugin may come to a node, or leave it, while the node runs."""
    there, wanted = present["status"]["allocatable"].get(GPU, "0"), node.allocatable.get(GPU, "0")
    if there != wanted:
        client.merge(present, {"status": {"capacity": {GPU: wanted}, "allocatable": {GPU: wanted}}}, "status")


def relabel(client: Client, node: Node, present: Item) -> None:
    """Labels and taints change in place. What Kubernetes itself taints a node with stays."""
    system = [t for t in present["spec"].get("taints") or [] if t["key"].startswith("node.kubernetes.io/")]
    ours = [t for t in present["spec"].get("taints") or [] if t not in system]
    if [(t["key"], t.get("value", ""), t["effect"]) for t in ours] != [
        (t["key"], t["value"], t["effect"]) for t in node.taints
    ]:
        client.merge(present, {"spec": {"taints": [*system, *map(dict, node.taints)]}})
    gone = {
        label: None
        for label in present["metadata"]["labels"]
        if label not in node.labels and "kubernetes.io" not in label
    }
    changed = {k: v for k, v in node.labels.items() if present["metadata"]["labels"].get(k) != v} | gone
    if changed:
        client.merge(present, {"metadata": {"labels": changed}})


def drained(client: Client, node: Item, limit: float, events: Events) -> bool:
    """Evicts what may be evicted; whether the node can go."""
    since = node["metadata"]["annotations"].get(DRAINING)
    if since is None:
        since = str(time.time())
        client.merge(node, {"metadata": {"annotations": {DRAINING: since}}, "spec": {"unschedulable": True}})
    pods = client.list("v1", "Pod", fieldSelector=f"spec.nodeName={node['metadata']['name']}")
    left = [pod for pod in pods if evictable(pod)]
    if time.time() - float(since) > limit:
        for pod in left:
            events.warn(
                pod, "EvictionTimedOut", f"deleted after {limit:.0f} s: a PodDisruptionBudget allowed no eviction"
            )
            client.request("DELETE", client.path(pod), {"gracePeriodSeconds": 0})
        return True
    for pod in left:
        evict(client, pod)
    return not left


def evict(client: Client, pod: Item) -> None:
    metadata = {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
    try:
        client.request("POST", f"{client.path(pod)}/eviction", eviction)
    except Refused as refused:
        if refused.code not in (404, 429):  # gone already; or its budget allows none now
            raise


def evictable(pod: Item) -> bool:
    owners = pod["metadata"].get("ownerReferences") or []
    daemon = any(owner["kind"] == "DaemonSet" for owner in owners)
    return (
        not daemon
        and MIRROR not in (pod["metadata"].get("annotations") or {})
        and pod["status"].get("phase") not in ("Succeeded", "Failed")
    )
