"""Helm releases: rendered by the real Helm, recorded in the world, and made where there is an API server."""

from typing import Any

from ... import helm, schema, strict
from ...cloud import Answer, Checked
from ...resource import CloudError, autoname
from ...values import UNKNOWN, has_unknown
from ...world import Object
from .cluster import Cluster
from .objects import CLUSTER_SCOPED, FIXED, MUTABLE, NAMESPACES, computed, key_of, type_of, value_at

RELEASE = "kubernetes:helm.sh/v3:Release"


class Releases(Cluster):
    """A cluster's releases."""

    def check_release(self, logical: str, olds: dict[str, Any], news: dict[str, Any], seed: bytes) -> Checked:
        checked = Checked(problems=schema.check(RELEASE, news))
        checked.added["name"] = news.get("name") or olds.get("name") or autoname(logical, 53, seed)
        checked.added["namespace"] = news.get("namespace") or self.config.get("namespace", "default")
        if checked.problems or news.get("chart") == UNKNOWN:
            return checked
        chart = helm.local_chart(news)
        if chart is None:
            source = (news.get("repositoryOpts") or {}).get("repo") or "its registry"
            checked.warnings.append(
                f"chart {news['chart']} from {source} is recorded, not rendered: the sandbox has no network"
            )
            return checked
        checked.added["checksum"] = helm.checksum(chart)
        try:
            items = helm.render(news | checked.added, self.version())
        except helm.HelmError as error:
            if not helm.incomplete(news):  # with values still unknown, Helm's complaint may be about them
                checked.problems.append(("", str(error)))
            return checked
        checked.problems += [("", text) for text in refused(items, self.version())]
        return checked

    def install(self, cluster: str, inputs: dict[str, Any]) -> Answer:
        namespace, key = inputs["namespace"], f"{inputs['namespace']}/{inputs['name']}"
        if self.world.find(RELEASE, scope=cluster, name=key):
            raise CloudError("", "cannot re-use a name that is still in use")
        items = self.rendered(inputs)
        api_server = self.api_server()
        if api_server:
            api_server.check(items)
        if inputs.get("createNamespace") and namespace not in NAMESPACES:
            made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            if not self.existing(cluster, made):
                self.keep(cluster, made, None)
        release = {"kind": "Release", "metadata": {"namespace": namespace}}
        self.require_namespace(cluster, release)
        self.apply(cluster, key, items)
        return self.released(Object(RELEASE, cluster, key, key), inputs, items, 1)

    def upgrade(self, cluster: str, id_: str, inputs: dict[str, Any]) -> Answer:
        """A failed upgrade is remembered with its new inputs, as Helm's own history does: the next one repairs it."""
        item = next(iter(self.world.find(RELEASE, scope=cluster, name=id_)), None)
        if item is None:
            raise CloudError("", f'UPGRADE FAILED: "{inputs["name"]}" has no deployed releases')
        api_server = self.api_server()
        try:
            items = self.rendered(inputs)
            if api_server:
                api_server.check(items)
            self.apply(cluster, id_, items)
        except CloudError as error:
            raise CloudError(
                "", f"UPGRADE FAILED: {error}", failed=Answer(id_, item.properties | inputs, inputs)
            ) from None
        return self.released(item, inputs, items, item.properties["status"]["revision"] + 1)

    def released(self, item: Object, inputs: dict[str, Any], items: list[dict[str, Any]], revision: int) -> Answer:
        """Records the release, and has Helm make it where there is an API server and a chart."""
        answer = self.record(item, inputs, items, revision)
        api_server = self.api_server()
        if not (api_server and items):
            return answer
        try:
            status = api_server.release(inputs, items)
        except CloudError as error:
            if inputs.get("atomic") and revision == 1:  # Helm has taken it all back
                self.uninstall(item.scope, item.id)
                self.world.delete(item)
                raise
            # Helm remembers a failed release too: the next update repairs it.
            raise CloudError("", str(error), failed=answer) from None
        return self.record(item, inputs, items, **status)

    def rendered(self, inputs: dict[str, Any]) -> list[dict[str, Any]]:
        if helm.local_chart(inputs) is None:
            return []
        try:
            items = helm.render(inputs, self.version())
        except helm.HelmError as error:
            raise CloudError("", str(error)) from None
        wrong = refused(items, self.version())
        if wrong:
            raise CloudError("", "; ".join(wrong))
        scopes = defined(items)
        for item in items:
            if item["kind"] not in CLUSTER_SCOPED and scopes.get(item["kind"]) != "Cluster":
                item["metadata"].setdefault("namespace", inputs["namespace"])
        return items

    def apply(self, cluster: str, release: str, items: list[dict[str, Any]]) -> None:
        present = {(type_of(item), key_of(item)) for item in items}
        for item in items:
            self.require_namespace(cluster, item)
            if before := self.existing(cluster, item):
                require_adoptable(before, item, release)
        for owned in self.owned(cluster, release):
            if (owned.type, owned.name) not in present and not kept(owned.inputs):
                self.world.delete(owned)
        for item in items:
            before = self.existing(cluster, item)
            target = before or Object(type_of(item), cluster, key_of(item), key_of(item))
            target.inputs, target.properties = item, {**item, **computed(item, target.properties), "release": release}
            self.world.put(target, [], [])

    def uninstall(self, cluster: str, release: str) -> None:
        for owned in self.owned(cluster, release):
            if not kept(owned.inputs):
                self.world.delete(owned)

    def owned(self, cluster: str, release: str) -> list[Object]:
        return [item for item in self.world.find_in(cluster) if item.properties.get("release") == release]

    def record(
        self, item: Object, inputs: dict[str, Any], items: list[dict[str, Any]], revision: int, status: str = "deployed"
    ) -> Answer:
        names: dict[str, list[str]] = {}
        for made in items:
            names.setdefault(f"{made['kind']}/{made['apiVersion']}", []).append(key_of(made))
        state = {"name": inputs["name"], "namespace": inputs["namespace"], "revision": revision, "status": status}
        state |= {"chart": str(inputs["chart"]).rsplit("/", 1)[-1], "version": inputs.get("version", "")}
        item.inputs, item.properties = inputs, {**inputs, "status": state, "resourceNames": names}
        self.world.put(item, [], [])
        return Answer(item.id, item.properties, inputs)


def refused(items: list[dict[str, Any]], version: str) -> list[str]:
    """What the API server would refuse of a chart's objects, each with the object's name and the field's path."""
    # What a chart defines itself, only an API server with its definitions can judge.
    known = [item for item in items if item.get("kind") not in defined(items)]
    found = [(item, path, reason) for item in known for path, reason in strict.problems(item, version)]
    return [
        f"{item.get('kind')}/{(item.get('metadata') or {}).get('name')}: {path}: {reason}"
        for item, path, reason in found
    ]


def defined(items: list[dict[str, Any]]) -> dict[str, str]:
    """The kinds that definitions among the objects bring, each with its scope."""
    specs = [item["spec"] for item in items if item.get("kind") == "CustomResourceDefinition"]
    return {spec["names"]["kind"]: spec["scope"] for spec in specs}


def require_adoptable(before: Object, item: dict[str, Any], release: str) -> None:
    named = f'{item["kind"]} "{key_of(item)}"'
    if before.properties.get("release") != release:
        why = "cannot be imported into the current release: invalid ownership metadata"
        raise CloudError("", f"{named} exists and {why}")
    if field := changed_field(before.inputs, item):
        raise CloudError("", f"{named} is invalid: {field}: field is immutable")


def changed_field(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    for path in FIXED.get(after["kind"], ()) if after["kind"] not in MUTABLE else ():
        old, new = (value_at(item, path) for item in (before, after))
        if old != new and not (has_unknown(old) or has_unknown(new)):
            return path
    return None


def kept(item: dict[str, Any]) -> bool:
    return ((item.get("metadata") or {}).get("annotations") or {}).get("helm.sh/resource-policy") == "keep"
