"""A finished deployment as Pulumi's states and Helm's objects tell of it: what exists, and what runs on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sandbox.simulation.tables.kubernetes.objects import type_of
from sandbox.simulation.world import Object

Item = dict[str, Any]
PROVIDER = "pulumi:providers:kubernetes"
RELEASE = "kubernetes:helm.sh/v3:Release"
CLASS = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"


@dataclass(frozen=True)
class Deployment:
    """The resources of the stacks (`pulumi stack export`), the workload's and its platform's, and what the workload's
    release puts into the cluster."""

    stack: list[Item]
    platform: list[Item]
    manifests: list[Item]

    @property
    def resources(self) -> list[Item]:
        return [*self.stack, *self.platform]

    @cached_property
    def view(self) -> State:
        return State(self.resources)

    @property
    def server(self) -> str:
        """The API server that the workload's release goes to."""
        (release,) = [resource for resource in self.stack if resource["type"] == RELEASE]
        return self.view.servers[release["provider"]]


class State:
    """What exists, as the sandbox's clouds look at it (`sandbox.controlplane.clouds.View`)."""

    def __init__(self, resources: list[Item]):
        self.servers = {f"{r['urn']}::{r['id']}": server_of(r) for r in resources if r["type"] == PROVIDER}
        self.objects = [self._object(key, resource) for key, resource in enumerate(resources) if resource.get("id")]
        self.by_type: dict[str, list[Object]] = {}
        self.by_identifier: dict[str, list[Object]] = {}
        for item in self.objects:
            self.by_type.setdefault(item.type, []).append(item)
            for identifier in {item.id, item.properties.get("arn", item.id)}:
                self.by_identifier.setdefault(identifier, []).append(item)

    def find(self, token: str, *, name: str | None = None) -> list[Object]:
        return [item for item in self.by_type.get(token, []) if name in (None, item.name)]

    def identified(self, identifier: str) -> list[Object]:
        return self.by_identifier.get(identifier, [])

    def _object(self, key: int, resource: Item) -> Object:
        inputs, outputs = resource.get("inputs") or {}, resource.get("outputs") or {}
        cluster = self.servers.get(resource.get("provider", ""), "")
        # What is in a cluster is called there by its group and kind.
        token = type_of(inputs) if cluster and "apiVersion" in inputs else resource["type"]
        return Object(token, cluster, resource["id"], outputs.get("name"), inputs, outputs, key)


def server_of(provider: Item) -> str:
    """The API server in a Kubernetes provider's kubeconfig."""
    kubeconfig = json.loads(provider["inputs"]["kubeconfig"])
    contexts = {entry["name"]: entry["context"] for entry in kubeconfig["contexts"]}
    clusters = {entry["name"]: entry["cluster"] for entry in kubeconfig["clusters"]}
    return str(clusters[contexts[kubeconfig["current-context"]]["cluster"]]["server"])


@dataclass(frozen=True)
class Pod:
    """A pod as whatever makes it describes it."""

    name: str
    namespace: str
    spec: Item
    labels: Item

    @property
    def account(self) -> str:
        return str(self.spec.get("serviceAccountName", "default"))

    @property
    def containers(self) -> list[Item]:
        return [*(self.spec.get("initContainers") or []), *self.spec["containers"]]

    @property
    def mounts(self) -> list[Item]:
        """Its volumes of secrets."""
        volumes = self.spec.get("volumes") or []
        return [volume for volume in volumes if (volume.get("csi") or {}).get("driver") == "secrets-store.csi.k8s.io"]


def pods(manifests: list[Item]) -> Iterator[Pod]:
    for item in manifests:
        made = template(item)
        spec, labels = made.get("spec"), (made.get("metadata") or {}).get("labels") or {}
        if spec and "containers" in spec:
            yield Pod(f"{item['kind']}/{item['metadata']['name']}", item["metadata"]["namespace"], spec, labels)


def template(item: Item) -> Item:
    """What a manifest says of the pods that are made of it; nothing where none are."""
    spec = item.get("spec") or {}
    if item["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    found: Item = item if item["kind"] == "Pod" else spec.get("template") or {}
    return found
