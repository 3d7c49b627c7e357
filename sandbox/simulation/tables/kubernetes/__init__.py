"""Kubernetes: one cluster of the world, its objects and its Helm releases."""

from typing import Any

from ... import schema, strict
from ...cloud import Answer, Checked, merged
from ...resource import CloudError, autoname, autonamed
from .changes import ALWAYS, FIXED, REPLACED, conflicts, normalised, refusal
from .objects import CLUSTER_SCOPED, key_of, plural, type_of, type_of_token
from .patches import PATCH, Patches
from .releases import RELEASE, Releases, outputs


class Cloud(Patches, Releases):
    """The cluster that the provider's kubeconfig names, in whichever cloud it is."""

    def check(self, token: str, logical: str, olds: dict[str, Any], news: dict[str, Any], seed: bytes) -> Checked:
        if token == RELEASE:
            return self.check_release(logical, olds, news, seed)
        if token.split(":")[1].startswith(("yaml", "kustomize", "helm.sh")) or (
            token.endswith(("Patch", "List")) and token != PATCH
        ):
            return Checked(problems=[("", f"the sandbox has no stand-in for {token}; add it to {self.where}")])
        metadata = news.get("metadata") or {}
        if token == PATCH and not metadata.get("name"):
            return Checked(problems=[("", "patch resources require the `.metadata.name` field to be set")])
        added: dict[str, Any] = {}
        if not metadata.get("name") and not metadata.get("generateName"):
            added["name"] = (olds.get("metadata") or {}).get("name") or autoname(logical, 63, seed)
        if news.get("kind") not in CLUSTER_SCOPED and not metadata.get("namespace"):
            added["namespace"] = self.config.get("namespace", "default")
        item = {**news, "metadata": {**metadata, **added}}
        problems = schema.check(token, news) if schema.known(token) else []
        return Checked({"metadata": added} if added else {}, problems or strict.problems(item, self.version()))

    def replaces(self, token: str) -> tuple[str, ...]:
        if token == RELEASE:
            return ("name", "namespace")
        return (*ALWAYS, *REPLACED.get(token.split(":")[-1], ()))

    def compared(self, token: str, inputs: dict[str, Any]) -> dict[str, Any]:
        return normalised(inputs)

    def delete_before_replace(self, token: str, olds: dict[str, Any], news: dict[str, Any]) -> bool:
        return token != RELEASE and key_of(olds) == key_of(news) and not autonamed(news["metadata"]["name"])

    def create(self, token: str, logical: str, inputs: dict[str, Any], preview: bool) -> Answer:
        if preview:
            self.try_replacement(token, inputs)
            return Answer("", inputs)
        cluster = self.cluster()
        if token == RELEASE:
            return self.install(cluster, inputs)
        self.require_namespace(cluster, inputs)
        if token == PATCH:
            return self.patch(cluster, inputs)
        item = self.existing(cluster, inputs)
        if item:
            require_same(item.inputs, inputs)
            return self.keep(cluster, merged(item.inputs, inputs), item)
        return self.keep(cluster, inputs, item)

    def try_replacement(self, token: str, inputs: dict[str, Any]) -> None:
        """A preview asks the API server for the new object while the old one of its name is still there."""
        server, _ = self.named_cluster()
        item = self.existing(server, inputs) if server and token != RELEASE else None
        why = refusal(item.properties, normalised(inputs)) if item else None
        if why and FIXED not in why:
            raise CloudError("", f"{INVALID.format(**named(inputs))}: {why}")

    def update(self, token: str, id_: str, olds: dict[str, Any], inputs: dict[str, Any], preview: bool) -> Answer:
        if token != RELEASE and (why := refusal(olds, normalised(inputs))):
            raise CloudError("", f"{INVALID.format(**named(inputs))}: {why}")
        if preview:
            return Answer(id_, olds | inputs)
        cluster = self.cluster()
        if token == RELEASE:
            return self.upgrade(cluster, id_, inputs)
        if token == PATCH:
            return self.patch(cluster, inputs, olds)
        item = self.existing(cluster, inputs)
        if item is None:
            raise CloudError("", f'{plural(inputs["kind"])} "{inputs["metadata"]["name"]}" not found')
        return self.keep(cluster, inputs, item)

    def read(self, token: str, id_: str, inputs: dict[str, Any]) -> Answer | None:
        try:
            cluster = self.cluster()
        except CloudError:
            return None  # with its cluster gone, so is everything in it
        if token == PATCH:
            return self.read_patch(cluster, id_, inputs)
        world_type = RELEASE if token == RELEASE else type_of(inputs) if inputs.get("kind") else type_of_token(token)
        found = self.world.find(world_type, scope=cluster, name=id_)
        if not found:
            return None
        return Answer(id_, self.patched(cluster, outputs(found[0])), found[0].inputs)

    def delete(self, token: str, id_: str, inputs: dict[str, Any]) -> None:
        try:
            cluster = self.cluster()
        except CloudError:
            return
        if token == PATCH:
            self.relinquish(cluster, inputs)
            return
        world_type = RELEASE if token == RELEASE else type_of(inputs)
        for item in self.world.find(world_type, scope=cluster, name=id_):
            if token == RELEASE:
                self.uninstall(cluster, id_)
            if inputs.get("kind") == "Namespace":
                for inside in self.world.find_in(cluster, f"{id_}/"):
                    self.world.delete(inside)
            self.world.delete(item)

    def invoke(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        raise CloudError("", f"the sandbox has no stand-in for {token}; add it to {self.where}")


INVALID = '{kind} "{name}" is invalid'


def named(inputs: dict[str, Any]) -> dict[str, str]:
    return {"kind": inputs["kind"], "name": inputs["metadata"]["name"]}


def require_same(before: dict[str, Any], inputs: dict[str, Any]) -> None:
    """An object that is there already is taken over where it says the same."""
    fields = sorted(conflicts(normalised(before), normalised(inputs)))
    if fields:
        counted = f"{len(fields)} conflict{'s' if len(fields) > 1 else ''}"
        raise CloudError(
            "", f"Server-Side Apply field conflict detected: Apply failed with {counted}: {', '.join(fields)}"
        )
