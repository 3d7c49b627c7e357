"""Walks a finished deployment and says what is not wired: from each pod's mount over the SecretProviderClass and the
pod's identity to the secrets, and back to what its containers read.

Grants are evaluated, never recognised by their names: with what the sandbox's control plane mounts secrets by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.controlplane import clouds
from sandbox.controlplane.clouds import Asked, Cluster, Identity, Mount, MountFailed, SecretsStore
from sandbox.simulation.world import Object
from tests.wiring.deployment import Deployment, Item, Pod, pods
from tests.wiring.scripts import files_read

CLASS = "secrets-store.csi.x-k8s.io/SecretProviderClass"


def problems(deployment: Deployment) -> list[str]:
    """Every problem of every pod that mounts secrets; none when all is wired."""
    cluster = cluster_of(deployment)
    if cluster is None:
        return [f"no cluster of the platform answers at {deployment.server}"]
    return [problem for walk in walks(deployment, cluster) for problem in walk.problems()]


def cluster_of(deployment: Deployment) -> Cluster | None:
    """The one that the workload's release goes to."""
    return next((c for c in clouds.clusters(deployment.view) if c.server == deployment.server), None)


def walks(deployment: Deployment, cluster: Cluster) -> list[Walk]:
    return [Walk(deployment, cluster, pod) for pod in pods(deployment.manifests)]


class Walk:
    """Of one pod."""

    def __init__(self, deployment: Deployment, cluster: Cluster, pod: Pod):
        self.deployment, self.view, self.cluster, self.pod = deployment, deployment.view, cluster, pod
        self.store = clouds.secrets_store(self.view, cluster)
        self.wanted: set[str] = set()
        self.synced: dict[str, set[str]] = {}

    def problems(self) -> Iterator[str]:
        for volume in self.pod.mounts:
            for problem in self.volume_problems(volume):
                yield f"{self.pod.name}: {volume['name']}: {problem}"
        for problem in (*self.use_problems(), *self.surplus()):
            yield f"{self.pod.name}: {problem}"

    def volume_problems(self, volume: Item) -> Iterator[str]:
        """What is wrong with one volume; remembers what it asks for, and the keys of the Secrets that it makes."""
        if not volume["csi"].get("readOnly"):
            yield "the driver mounts read-only volumes only"
        found = self.provider_class(volume)
        if found is None:
            yield "its SecretProviderClass does not exist in the pod's namespace"
            return
        spec = found.inputs["spec"]
        if spec["provider"] != clouds.provider(self.cluster):
            yield f"the provider {spec['provider']} is not that of {self.cluster.cloud}"
            return
        yield from store_problems(self.store, syncs=bool(spec.get("secretObjects")))
        try:
            asked = clouds.asked(self.view, self.cluster, self.mount(spec))
        except MountFailed as failed:
            yield str(failed)
            return
        yield from self.grant_problems(spec, asked)
        files = {entry.file for entry in asked}
        yield from self.sync_problems(spec, files)
        yield from self.reading_problems(volume, files)

    # --- the class, and who the pod is

    def provider_class(self, volume: Item) -> Object | None:
        name = (volume["csi"].get("volumeAttributes") or {}).get("secretProviderClass")
        for item in self.view.find(CLASS):
            metadata = item.inputs["metadata"]
            there = (item.scope, metadata["namespace"], metadata["name"])
            if there == (self.cluster.server, self.pod.namespace, name):
                return item
        return None

    def mount(self, spec: Item) -> Mount:
        return Mount(spec.get("parameters") or {}, self.identity(), self.store.audiences)

    def identity(self) -> Identity:
        account = self.service_account() or {"metadata": {}}
        return Identity(self.pod.namespace, self.pod.account, annotations=account["metadata"].get("annotations") or {})

    def service_account(self) -> Item | None:
        return next(
            (
                item
                for item in self.deployment.manifests
                if item["kind"] == "ServiceAccount"
                and (item["metadata"]["namespace"], item["metadata"]["name"]) == (self.pod.namespace, self.pod.account)
            ),
            None,
        )

    # --- what it may read, and what it asks for

    def grant_problems(self, spec: Item, asked: Sequence[Asked]) -> Iterator[str]:
        if self.service_account() is None:
            yield f"there is no service account {self.pod.namespace}/{self.pod.account}"
        for entry in asked:
            if entry.secret is None:
                yield f"it names a secret that does not exist: {entry.name}"
            else:
                self.wanted.add(entry.secret.id)
        try:
            reads = clouds.reader(self.view, self.cluster, self.mount(spec))
        except MountFailed as failed:
            yield f"{self.pod.account} is not let in: {failed}"
            return
        for entry in asked:
            if entry.secret and not reads(entry.secret):
                yield f"{self.pod.account} may not read {entry.secret.id}"

    def surplus(self) -> Iterator[str]:
        """What the pod could read and does not mount: nothing."""
        reads = clouds.within_reach(self.view, self.cluster, self.identity())
        for secret in clouds.secrets(self.view, self.cluster):
            if secret.id not in self.wanted and reads(secret):
                yield f"{self.pod.account} may read {secret.id} and does not mount it"

    # --- what its containers read

    def sync_problems(self, spec: Item, files: set[str]) -> Iterator[str]:
        for wanted in spec.get("secretObjects") or []:
            for entry in wanted["data"]:
                if entry["objectName"] not in files:
                    yield f"the key {entry['key']} is made of {entry['objectName']}, which is none of its files"
            if wanted["secretName"] in self.synced:
                yield f"two mounts make the Secret {wanted['secretName']}"
            self.synced.setdefault(wanted["secretName"], set()).update(entry["key"] for entry in wanted["data"])

    def use_problems(self) -> Iterator[str]:
        for name, key in secret_uses(self.pod):
            if name not in self.synced:
                yield f"no mount of the pod makes the Secret {name}"
            elif key and key not in self.synced[name]:
                yield f"the Secret {name} has no key {key}, only {sorted(self.synced[name])}"

    def reading_problems(self, volume: Item, files: set[str]) -> Iterator[str]:
        at = [(c, m["mountPath"]) for c in self.pod.containers for m in mounts_of(c, volume["name"])]
        if not at:
            yield "no container mounts it, so the kubelet does not either"
        for container, path in at:
            for name in sorted(files_read(container, path, self.config_files(container)) - files):
                yield f"{container['name']} reads {path}/{name}, which is none of its files"

    def config_files(self, container: Item) -> dict[str, str]:
        """The files that a container has of ConfigMaps, by path."""
        data = {
            item["metadata"]["name"]: item.get("data") or {}
            for item in self.deployment.manifests
            if item["kind"] == "ConfigMap" and item["metadata"]["namespace"] == self.pod.namespace
        }
        return {
            f"{mount['mountPath']}/{name}": text
            for volume in self.pod.spec.get("volumes") or []
            if "configMap" in volume
            for mount in mounts_of(container, volume["name"])
            for name, text in data.get(volume["configMap"]["name"], {}).items()
        }


def store_problems(store: SecretsStore, *, syncs: bool) -> Iterator[str]:
    if store.driver is None:
        yield "the cluster has no Secrets Store CSI driver"
    if store.provider is None:
        yield "the cluster has no provider for its cloud beside the driver"
    if syncs and not store.syncs:
        yield "the driver may not make Secrets"


def secret_uses(pod: Pod) -> list[tuple[str, str]]:
    """(name, key) of every Secret that a container's environment needs; no key where it takes all."""
    found = [
        entry["valueFrom"]["secretKeyRef"] for c in pod.containers for entry in c.get("env") or [] if from_key(entry)
    ]
    found += [entry["secretRef"] for c in pod.containers for entry in c.get("envFrom") or [] if "secretRef" in entry]
    return [(entry["name"], entry.get("key", "")) for entry in found if not entry.get("optional")]


def from_key(entry: Mapping[str, Any]) -> bool:
    return "secretKeyRef" in (entry.get("valueFrom") or {})


def mounts_of(container: Item, volume: str) -> list[Item]:
    return [mount for mount in container.get("volumeMounts") or [] if mount["name"] == volume]
