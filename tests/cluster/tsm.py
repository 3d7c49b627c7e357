"""A player of a TSM in its cluster, as tests look at it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.controlplane import clouds
from sandbox.controlplane.clouds import Cluster, Identity, Mount
from tests.cluster.harness import Item, Kubernetes, phase, until
from tests.cluster.harness import Sandbox as Clusters

NODE = "nodeyard.io/tsm-node"
CONFIG_VERSION = "nodeyard.io/config-version"
NETWORKING = "networking.k8s.io/v1"
PULL = json.dumps({"auths": {"registry.example.com": {"auth": "bm9ib2R5Om5vdGhpbmc="}}})
"""Credentials of a registry, as an operator gives them."""


@dataclass(frozen=True)
class Player:
    name: str
    namespace: str
    clusters: Clusters
    kubernetes: Kubernetes
    cluster: Cluster

    # --- what is in the cluster

    def find(self, kind: str, part: str, api: str = "v1") -> Item:
        found = self.kubernetes.client.find(kind, f"{self.name}-{part}", self.namespace, api)
        assert found is not None, f"no {kind} {self.name}-{part}"
        return {"apiVersion": api, "kind": kind, **found}

    def owned(self, kind: str, component: str, api: str = "v1") -> list[Item]:
        selector = f"app.kubernetes.io/instance={self.name},app.kubernetes.io/component={component}"
        return self.kubernetes.client.list(api, kind, self.namespace, labelSelector=selector)

    def pods(self) -> list[Item]:
        return self.owned("Pod", "node")

    def running(self, count: int) -> list[Item]:
        """The pods, once so many run and no other one is there."""

        def settled() -> list[Item]:
            found = self.pods()
            return found if [phase(pod) for pod in found] == ["Running"] * count else []

        pods: list[Item] = until(settled, lambda: f"{count} of {self.name}: {self.why()}", patience=60)
        return pods

    def why(self) -> str:
        return "; ".join(
            f"{pod['metadata']['name']} {phase(pod)} {self.kubernetes.why(pod['metadata']['name'], self.namespace)}"
            for pod in self.pods()
        )

    def done(self) -> Item:
        """The Job of the player's role, once it has ended well; there is one."""

        def ended() -> Item | None:
            jobs = self.owned("Job", "role", "batch/v1")
            return jobs[0] if len(jobs) == 1 and jobs[0]["status"].get("succeeded") == 1 else None

        job: Item = until(ended, lambda: f"the end of {self.name}'s Job", patience=60)
        return job

    def nodes(self) -> list[Item]:
        """The player's own."""
        return self.kubernetes.nodes(f"{NODE}={self.name}")

    def answering(self, part: str) -> set[str]:
        """The pods behind one of the player's Services."""
        label = f"kubernetes.io/service-name={self.name}-{part}"
        slices = self.kubernetes.client.list(
            "discovery.k8s.io/v1", "EndpointSlice", self.namespace, labelSelector=label
        )
        return {end["targetRef"]["name"] for found in slices for end in found.get("endpoints") or []}

    def answers_at(self, part: str) -> str:
        """Where the balancer of one of the player's Services answers."""
        balancer = self.find("Service", part)["status"].get("loadBalancer") or {}
        return next((one["ip"] for one in balancer.get("ingress") or []), "")

    # --- its secrets

    def mounted(self, pod: str) -> dict[str, str]:
        """The files of a kind of pod by their names: what the provider gives it under its own account."""
        account = f"{self.name}-{pod}"
        spec = self.find("SecretProviderClass", pod, "secrets-store.csi.x-k8s.io/v1")["spec"]
        annotations = self.find("ServiceAccount", pod)["metadata"].get("annotations") or {}
        world = self.clusters.cloud.world
        store = clouds.secrets_store(world, self.cluster)
        identity = Identity(self.namespace, account, annotations=annotations)
        return clouds.mounted(world, self.cluster, Mount(spec["parameters"], identity, store.audiences))

    def readable(self, pod: str) -> set[str]:
        """The names of all secrets that the account of a kind of pod may read, mounted or not."""
        world, account = self.clusters.cloud.world, f"{self.name}-{pod}"
        annotations = self.find("ServiceAccount", pod)["metadata"].get("annotations") or {}
        reads = clouds.within_reach(world, self.cluster, Identity(self.namespace, account, annotations=annotations))
        return {str(secret.name) for secret in clouds.secrets(world, self.cluster) if reads(secret)}

    def config(self) -> dict[str, Any]:
        return tomllib.loads(self.mounted("node")["config.toml"])

    def dialled(self) -> dict[str, str]:
        """Where it dials each other player, by the player's number."""
        return {index: peer["Address"] for index, peer in self.config()["Players"].items()}


def player_in(clusters: Clusters, name: str, namespace: str, platform: str) -> Player:
    """A player that its stack made in the cluster of a platform."""
    (cluster,) = (found for found in clouds.clusters(clusters.cloud.world) if found.name == platform)
    return Player(name, namespace, clusters, clusters.kubernetes(platform), cluster)


def name_of(item: Item) -> str:
    name: str = item["metadata"]["name"]
    return name


def classes_of(pod: Item) -> set[str]:
    """The SecretProviderClasses that a pod mounts."""
    volumes = [volume["csi"] for volume in pod["spec"].get("volumes") or [] if "csi" in volume]
    return {csi["volumeAttributes"]["secretProviderClass"] for csi in volumes}


# --- who reaches whom, as the policies say; what enforces them is the cloud's


def let_in(kubernetes: Kubernetes, pod: Item, port: int) -> set[str]:
    """The pods of the cluster that the policies of a pod let in to a port."""
    return _peers(kubernetes, pod, port, "ingress", "from")


def reached(kubernetes: Kubernetes, pod: Item, port: int) -> set[str]:
    """The pods of the cluster that the policies of a pod let it reach at a port."""
    return _peers(kubernetes, pod, port, "egress", "to")


def _peers(kubernetes: Kubernetes, pod: Item, port: int, direction: str, side: str) -> set[str]:
    namespace = pod["metadata"]["namespace"]
    policies = kubernetes.client.list(NETWORKING, "NetworkPolicy", namespace)
    chosen = [p["spec"] for p in policies if _selects(p["spec"]["podSelector"], pod["metadata"].get("labels"))]
    assert {kind for spec in chosen for kind in spec["policyTypes"]} == {"Ingress", "Egress"}, "it would be open"
    rules = [rule for spec in chosen for rule in spec.get(direction) or []]
    peers = [peer for rule in rules if port in {p["port"] for p in rule["ports"]} for peer in rule[side]]
    spaces = {name_of(space): space["metadata"]["labels"] for space in kubernetes.client.list("v1", "Namespace")}
    return {
        name_of(other)
        for other in kubernetes.client.list("v1", "Pod")
        if any(_is_peer(peer, other, namespace, spaces) for peer in peers)
    }


def _is_peer(peer: Item, pod: Item, namespace: str, spaces: Mapping[str, Mapping[str, str]]) -> bool:
    if "ipBlock" in peer:
        return False
    there = pod["metadata"]["namespace"]
    near = _selects(peer["namespaceSelector"], spaces[there]) if "namespaceSelector" in peer else there == namespace
    return near and _selects(peer.get("podSelector") or {}, pod["metadata"].get("labels"))


def _selects(selector: Item, labels: Mapping[str, str] | None) -> bool:
    assert selector.keys() <= {"matchLabels"}, selector
    return (selector.get("matchLabels") or {}).items() <= (labels or {}).items()
