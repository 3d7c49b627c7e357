"""Parts of ConfigMaps that somebody else than its maker puts there by server-side apply, each under a name of its own.

A patch is an object of the world beside the ConfigMap's: it goes without a trace, and two that say the same may go one
by one.
"""

import uuid
from typing import Any

from ...cloud import Answer
from ...world import Object
from .cluster import Cluster
from .objects import key_of

PATCH = "kubernetes:core/v1:ConfigMapPatch"
MANAGER = "__fieldManager"
"""Where Pulumi's provider keeps in the state whose part of an object a resource is."""


class Patches(Cluster):
    """A cluster's patches."""

    def patch(self, cluster: str, inputs: dict[str, Any], olds: dict[str, Any] | None = None) -> Answer:
        """Made in the place of `olds`. An object that is not there yet comes by its first patch."""
        if self.existing(cluster, inputs) is None:
            identity = {key: inputs["metadata"][key] for key in ("name", "namespace")}
            self.keep(cluster, {"apiVersion": inputs["apiVersion"], "kind": inputs["kind"], "metadata": identity}, None)
        manager = (olds or {}).get(MANAGER) or f"pulumi-kubernetes-{uuid.uuid4().hex[:8]}"
        self.put_patch(cluster, inputs, manager)
        return Answer(key_of(inputs), {**inputs, MANAGER: manager}, inputs)

    def put_patch(self, cluster: str, inputs: dict[str, Any], manager: str) -> None:
        name = f"{key_of(inputs)}#{manager}"
        made = next(iter(self.world.find(PATCH, scope=cluster, name=name)), Object(PATCH, cluster, name, name))
        made.inputs, made.properties = inputs, {**inputs, "manager": manager}
        self.world.put(made, [], [])

    def read_patch(self, cluster: str, id_: str, inputs: dict[str, Any]) -> Answer | None:
        found = self.same(cluster, inputs)
        return Answer(id_, {**found.inputs, MANAGER: found.properties["manager"]}, found.inputs) if found else None

    def relinquish(self, cluster: str, said: dict[str, Any]) -> None:
        if found := self.same(cluster, said):
            self.world.delete(found)

    def same(self, cluster: str, said: dict[str, Any]) -> Object | None:
        patches = self.patches(cluster, said)
        return next((one for one in patches if one.inputs.get("data") == said.get("data")), None)

    def patches(self, cluster: str, item: dict[str, Any]) -> list[Object]:
        return [one for one in self.world.find_in(cluster, f"{key_of(item)}#") if one.type == PATCH]

    def patched(self, cluster: str, item: dict[str, Any]) -> dict[str, Any]:
        """The object with what is put there besides."""
        if item.get("kind") != "ConfigMap":
            return item
        data = {
            key: text for one in self.patches(cluster, item) for key, text in (one.inputs.get("data") or {}).items()
        }
        return {**item, "data": {**(item.get("data") or {}), **data}} if data else item
