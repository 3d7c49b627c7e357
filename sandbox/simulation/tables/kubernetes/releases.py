"""Helm releases: rendered by the real Helm, and recorded in the world."""

from typing import Any

from ... import helm, schema, strict
from ...cloud import Answer, Checked
from ...resource import CloudError, autoname
from ...values import UNKNOWN
from ...world import Object
from .changes import refusal
from .cluster import Cluster
from .objects import CLUSTER_SCOPED, NAMESPACES, computed, key_of, type_of

RELEASE = "kubernetes:helm.sh/v3:Release"
TIMEOUT = 300
"""Seconds that the provider waits for a release that does not say how long."""


class Releases(Cluster):
    """A cluster's releases."""

    def check_release(self, logical: str, olds: dict[str, Any], news: dict[str, Any], seed: bytes) -> Checked:
        checked = Checked(problems=schema.check(RELEASE, news))
        checked.added["name"] = news.get("name") or olds.get("name") or autoname(logical, 53, seed)
        checked.added["namespace"] = news.get("namespace") or self.config.get("namespace", "default")
        if not news.get("skipAwait") and news.get("timeout") is None:
            checked.added["timeout"] = TIMEOUT
        if checked.problems or news.get("chart") == UNKNOWN:
            return checked
        chart = helm.local_chart(news)
        if chart is None:
            source = (news.get("repositoryOpts") or {}).get("repo") or "its registry"
            checked.warnings.append(
                f"chart {news['chart']} from {source} is recorded, not rendered: the sandbox has no network"
            )
            return checked
        checked.added["version"] = helm.version_of(chart)
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
        self.make_namespace(cluster, inputs)
        release = {"kind": "Release", "metadata": {"namespace": namespace}}
        self.require_namespace(cluster, release)
        self.require_applicable(cluster, key, items)
        self.apply(cluster, key, items)
        return self.record(Object(RELEASE, cluster, key, key), inputs, items, 1)

    def make_namespace(self, cluster: str, inputs: dict[str, Any]) -> None:
        made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": inputs["namespace"]}}
        wanted = inputs.get("createNamespace") and inputs["namespace"] not in NAMESPACES
        if wanted and not self.existing(cluster, made):
            self.keep(cluster, made, None)

    def upgrade(self, cluster: str, id_: str, inputs: dict[str, Any]) -> Answer:
        """A failed upgrade is remembered with its new inputs, as Helm's own history does: the next one repairs it."""
        item = next(iter(self.world.find(RELEASE, scope=cluster, name=id_)), None)
        if item is None:
            raise CloudError("", f'UPGRADE FAILED: "{inputs["name"]}" has no deployed releases')
        try:
            items = self.rendered(inputs)
            self.require_applicable(cluster, id_, items)
        except CloudError as error:
            raise CloudError(
                "", f"UPGRADE FAILED: {error}", failed=Answer(id_, outputs(item) | inputs, inputs)
            ) from None
        self.apply(cluster, id_, items)
        return self.record(item, inputs, items, item.properties["status"]["revision"] + 1)

    def tell_release(self, inputs: dict[str, Any], there: bool, history: list[dict[str, Any]]) -> None:
        """Records what the real Helm did elsewhere. `there`: whether it took the inputs; else only history was made."""
        cluster, key = self.cluster(), f"{inputs['namespace']}/{inputs['name']}"
        item = next(iter(self.world.find(RELEASE, scope=cluster, name=key)), None)
        if not history:
            if item:
                self.uninstall(cluster, key)
                self.world.delete(item)
            return
        if there or item is None:
            items = self.items_of(inputs)
            self.make_namespace(cluster, inputs)
            self.apply(cluster, key, items)
            item = item or Object(RELEASE, cluster, key, key)
            labels = history[-1]["metadata"]["labels"]
            self.record(item, inputs, items, int(labels["version"]), labels["status"])
        item.properties["history"] = history
        self.world.put(item, [], [])

    def items_of(self, inputs: dict[str, Any]) -> list[dict[str, Any]]:
        """What the chart renders to; nothing where our Helm or our checks refuse what the real ones took."""
        try:
            return self.rendered(inputs)
        except CloudError:
            return []

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

    def require_applicable(self, cluster: str, release: str, items: list[dict[str, Any]]) -> None:
        for item in items:
            self.require_namespace(cluster, item)
            if before := self.existing(cluster, item):
                require_adoptable(before, item, release)

    def apply(self, cluster: str, release: str, items: list[dict[str, Any]]) -> None:
        present = {(type_of(item), key_of(item)) for item in items}
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
        if chart := helm.local_chart(inputs):
            item.properties["source"] = str(chart)
        self.world.put(item, [], [])
        return Answer(item.id, outputs(item), inputs)


def outputs(item: Object) -> dict[str, Any]:
    """What the program may read; the rest is for a control plane that starts."""
    return {key: value for key, value in item.properties.items() if key not in ("source", "history", "manager")}


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
    if words := refusal(before.inputs, item):
        raise CloudError("", f"{named} is invalid: {words}")


def kept(item: dict[str, Any]) -> bool:
    return ((item.get("metadata") or {}).get("annotations") or {}).get("helm.sh/resource-policy") == "keep"
