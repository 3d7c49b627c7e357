"""Kubernetes: one cluster of the world, its objects and its Helm releases."""

import re
import uuid
from itertools import pairwise
from typing import Any

import yaml

from .. import apiserver, helm, schema, strict
from ..apiserver import ApiServer
from ..cloud import Answer, Checked
from ..cloud import Cloud as AnyCloud
from ..resource import CloudError, autoname, autonamed
from ..values import UNKNOWN, has_unknown
from ..world import Object

RELEASE = "kubernetes:helm.sh/v3:Release"
VERSION = "1.33"  # of a cluster that does not exist yet
NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
CLUSTER_SCOPED = {
    *("Namespace", "Node", "PersistentVolume", "StorageClass", "CSIDriver", "CSINode", "VolumeAttachment"),
    *("VolumeAttributesClass", "ClusterRole", "ClusterRoleBinding", "CertificateSigningRequest", "ClusterTrustBundle"),
    *("CustomResourceDefinition", "APIService", "PriorityClass", "RuntimeClass", "IngressClass", "DeviceClass"),
    *("ResourceSlice", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy"),
    *("ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"),
    *("FlowSchema", "PriorityLevelConfiguration", "ServiceCIDR", "IPAddress"),
}
#: Fields that an object keeps for life; a ConfigMap or a Secret is replaced rather than changed under its readers.
FIXED = {
    "PersistentVolume": (
        "spec.csi",
        "spec.awsElasticBlockStore",
        "spec.gcePersistentDisk",
        "spec.azureDisk",
        "spec.nodeAffinity",
    ),
    "PersistentVolumeClaim": (
        "spec.accessModes",
        "spec.storageClassName",
        "spec.volumeName",
        "spec.volumeMode",
        "spec.selector",
    ),
    "StatefulSet": ("spec.selector", "spec.serviceName", "spec.volumeClaimTemplates", "spec.podManagementPolicy"),
    "Deployment": ("spec.selector",),
    "DaemonSet": ("spec.selector",),
    "Job": ("spec.selector", "spec.template", "spec.completions"),
    "Service": ("spec.clusterIP",),
    "StorageClass": ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
    "PriorityClass": ("value",),
    "Secret": ("data", "stringData", "type", "immutable"),
    "ConfigMap": ("data", "binaryData", "immutable"),
}
#: Of these, what an API server lets a Helm upgrade change.
MUTABLE = {"Secret", "ConfigMap"}


class Cloud(AnyCloud):
    """The cluster that the provider's kubeconfig names."""

    warned = False

    def check(self, token: str, logical: str, olds: dict, news: dict, seed: bytes) -> Checked:
        checked = self.checked(token, logical, olds, news, seed)
        server, _ = self.named_cluster()
        if not self.warned and server and (text := apiserver.warning(self.world, server)):
            self.warned = True
            checked.warnings.append(text)
        return checked

    def checked(self, token: str, logical: str, olds: dict, news: dict, seed: bytes) -> Checked:
        if token == RELEASE:
            return self.check_release(logical, olds, news, seed)
        if token.split(":")[1].startswith(("yaml", "kustomize", "helm.sh")) or token.endswith(("Patch", "List")):
            return Checked(problems=[("", f"the sandbox has no stand-in for {token}; add it to {self.where}")])
        metadata = news.get("metadata") or {}
        added: dict[str, Any] = {}
        if not metadata.get("name") and not metadata.get("generateName"):
            added["name"] = (olds.get("metadata") or {}).get("name") or autoname(logical, 63, seed)
        if news.get("kind") not in CLUSTER_SCOPED and not metadata.get("namespace"):
            added["namespace"] = self.config.get("namespace", "default")
        item = {**news, "metadata": {**metadata, **added}}
        problems = schema.check(token, news) if schema.known(token) else []
        return Checked({"metadata": added} if added else {}, problems or strict.problems(item, self.version()))

    def check_release(self, logical: str, olds: dict, news: dict, seed: bytes) -> Checked:
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

    def replaces(self, token: str) -> tuple[str, ...]:
        if token == RELEASE:
            return ("name", "namespace")
        return ("apiVersion", "kind", "metadata.name", "metadata.namespace", *FIXED.get(token.split(":")[-1], ()))

    def delete_before_replace(self, token: str, olds: dict, news: dict) -> bool:
        before, after = (key_of(item) if token != RELEASE else item.get("name") for item in (olds, news))
        return before == after and not autonamed(str(after))

    def create(self, token: str, logical: str, inputs: dict, preview: bool) -> Answer:
        if preview:
            self.try_out(token, inputs)
            return Answer("", inputs)
        cluster = self.cluster()
        if token == RELEASE:
            return self.install(cluster, inputs)
        self.require_namespace(cluster, inputs)
        if self.existing(cluster, inputs):
            raise CloudError("", f'{plural(inputs["kind"])} "{inputs["metadata"]["name"]}" already exists')
        return self.store(cluster, inputs, None)

    def update(self, token: str, id_: str, olds: dict, inputs: dict, preview: bool) -> Answer:
        if preview:
            self.try_out(token, inputs)
            return Answer(id_, olds | inputs)
        cluster = self.cluster()
        if token == RELEASE:
            return self.upgrade(cluster, id_, inputs)
        item = self.existing(cluster, inputs)
        if item is None:
            raise CloudError("", f'{plural(inputs["kind"])} "{inputs["metadata"]["name"]}" not found')
        return self.store(cluster, inputs, item)

    def read(self, token: str, id_: str, inputs: dict) -> Answer | None:
        try:
            cluster = self.cluster()
        except CloudError:
            return None  # with its cluster gone, so is everything in it
        world_type = RELEASE if token == RELEASE else type_of(inputs) if inputs.get("kind") else type_of_token(token)
        found = self.world.find(world_type, scope=cluster, name=id_)
        if not found:
            return None
        item, api_server = found[0], self.api_server()
        live = api_server.read(item.inputs) if api_server and token != RELEASE else item.properties
        if live is None:
            self.world.delete(item)  # somebody deleted it by hand
            return None
        return Answer(id_, live, item.inputs)

    def delete(self, token: str, id_: str, inputs: dict) -> None:
        try:
            cluster = self.cluster()
        except CloudError:
            return
        world_type = RELEASE if token == RELEASE else type_of(inputs)
        api_server = self.api_server()
        for item in self.world.find(world_type, scope=cluster, name=id_):
            if token == RELEASE:
                self.uninstall(cluster, id_)
            if api_server:
                api_server.uninstall(item.inputs) if token == RELEASE else api_server.delete(item.inputs)
            if inputs.get("kind") == "Namespace":
                for inside in self.world.find_in(cluster, f"{id_}/"):
                    self.world.delete(inside)
            self.world.delete(item)

    def invoke(self, token: str, arguments: dict) -> dict:
        raise CloudError("", f"the sandbox has no stand-in for {token}; add it to {self.where}")

    # --- objects

    def store(self, cluster: str, inputs: dict, item: Object | None) -> Answer:
        key = key_of(inputs)
        item = item or Object(type_of(inputs), cluster, key, key)
        api_server = self.api_server()
        item.inputs = inputs
        item.properties = api_server.apply(inputs) if api_server else {**inputs, **computed(inputs, item.properties)}
        self.world.put(item, [], [])
        try:
            live = api_server.await_ready(inputs) if api_server else item.properties
        except CloudError as unready:
            raise CloudError("", str(unready), failed=Answer(key, item.properties, inputs)) from None
        return Answer(key, live, inputs)

    def try_out(self, token: str, inputs: dict) -> None:
        """Asks the API server, where one runs, whether it would take what is already known in full."""
        api_server = self.api_server()
        if api_server and not has_unknown(inputs):
            api_server.check(self.rendered(inputs) if token == RELEASE else [inputs])

    def existing(self, cluster: str, item: dict) -> Object | None:
        return next(iter(self.world.find(type_of(item), scope=cluster, name=key_of(item))), None)

    def require_namespace(self, cluster: str, item: dict) -> None:
        namespace = item["metadata"].get("namespace") if item["kind"] not in CLUSTER_SCOPED else None
        if (
            namespace
            and namespace not in NAMESPACES
            and not self.world.find("/Namespace", scope=cluster, name=namespace)
        ):
            raise CloudError("", f'namespaces "{namespace}" not found')

    # --- releases

    def install(self, cluster: str, inputs: dict) -> Answer:
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
                self.store(cluster, made, None)
        release = {"kind": "Release", "metadata": {"namespace": namespace}}
        self.require_namespace(cluster, release)
        self.apply(cluster, key, items)
        return self.released(Object(RELEASE, cluster, key, key), inputs, items, 1)

    def upgrade(self, cluster: str, id_: str, inputs: dict) -> Answer:
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

    def released(self, item: Object, inputs: dict, items: list[dict], revision: int) -> Answer:
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

    def rendered(self, inputs: dict) -> list[dict]:
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

    def apply(self, cluster: str, release: str, items: list[dict]) -> None:
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

    def record(self, item: Object, inputs: dict, items: list[dict], revision: int, status: str = "deployed") -> Answer:
        names: dict[str, list[str]] = {}
        for made in items:
            names.setdefault(f"{made['kind']}/{made['apiVersion']}", []).append(key_of(made))
        state = {"name": inputs["name"], "namespace": inputs["namespace"], "revision": revision, "status": status}
        state |= {"chart": str(inputs["chart"]).rsplit("/", 1)[-1], "version": inputs.get("version", "")}
        item.inputs, item.properties = inputs, {**inputs, "status": state, "resourceNames": names}
        self.world.put(item, [], [])
        return Answer(item.id, item.properties, inputs)

    # --- the cluster

    def cluster(self) -> str:
        """The API server's address, which the world must know."""
        server, name = self.named_cluster()
        known = self.world.identified(server) if server else []
        if not server:
            raise CloudError("", "this provider has no kubeconfig, and the sandbox reads none of yours")
        if not known:
            raise CloudError("", f"configured Kubernetes cluster is unreachable: {server}: no such host")
        if name and known[0].name != name:
            raise CloudError("ResourceNotFoundException", f"No cluster found for name: {name}.")
        return server

    def api_server(self) -> ApiServer | None:
        """The real API server behind the kubeconfig, where there is one."""
        server, _ = self.named_cluster()
        return apiserver.of(self.world, server) if server else None

    def version(self) -> str:
        server, _ = self.named_cluster()
        known = self.world.identified(server) if server else []
        return str(known[0].properties.get("version") or VERSION) if known else VERSION

    def named_cluster(self) -> tuple[str | None, str | None]:
        """(server, cluster name in the command that fetches a token) of the kubeconfig's current context."""
        config = yaml.safe_load(str(self.config.get("kubeconfig") or "")) or {}
        contexts = {entry["name"]: entry["context"] for entry in config.get("contexts", [])}
        context = contexts.get(self.config.get("context") or config.get("current-context"), {})
        clusters = {entry["name"]: entry["cluster"] for entry in config.get("clusters", [])}
        users = {entry["name"]: entry["user"] for entry in config.get("users", [])}
        arguments = (users.get(context.get("user"), {}).get("exec") or {}).get("args") or []
        named = [after for flag, after in pairwise(arguments) if flag in ("--cluster-name", "-i")]
        return clusters.get(context.get("cluster"), {}).get("server"), next(iter(named), None)


def refused(items: list[dict], version: str) -> list[str]:
    """What the API server would refuse of a chart's objects, each with the object's name and the field's path."""
    # What a chart defines itself, only an API server with its definitions can judge.
    known = [item for item in items if item.get("kind") not in defined(items)]
    found = [(item, path, reason) for item in known for path, reason in strict.problems(item, version)]
    return [
        f"{item.get('kind')}/{(item.get('metadata') or {}).get('name')}: {path}: {reason}"
        for item, path, reason in found
    ]


def defined(items: list[dict]) -> dict[str, str]:
    """The kinds that definitions among the objects bring, each with its scope."""
    specs = [item["spec"] for item in items if item.get("kind") == "CustomResourceDefinition"]
    return {spec["names"]["kind"]: spec["scope"] for spec in specs}


def require_adoptable(before: Object, item: dict, release: str) -> None:
    named = f'{item["kind"]} "{key_of(item)}"'
    if before.properties.get("release") != release:
        why = "cannot be imported into the current release: invalid ownership metadata"
        raise CloudError("", f"{named} exists and {why}")
    if field := changed_field(before.inputs, item):
        raise CloudError("", f"{named} is invalid: {field}: field is immutable")


def changed_field(before: dict, after: dict) -> str | None:
    for path in FIXED.get(after["kind"], ()) if after["kind"] not in MUTABLE else ():
        old, new = (value_at(item, path) for item in (before, after))
        if old != new and not (has_unknown(old) or has_unknown(new)):
            return path
    return None


def value_at(item: Any, path: str) -> Any:
    for name in path.split("."):
        item = (item or {}).get(name)
    return item


def kept(item: dict) -> bool:
    return ((item.get("metadata") or {}).get("annotations") or {}).get("helm.sh/resource-policy") == "keep"


def computed(item: dict, before: dict) -> dict[str, Any]:
    metadata = item["metadata"]
    uid = (before.get("metadata") or {}).get("uid") or str(uuid.uuid4())
    generation = (before.get("metadata") or {}).get("generation", 0) + 1
    outputs: dict[str, Any] = {
        "metadata": {**metadata, "uid": uid, "generation": generation, "resourceVersion": str(generation)}
    }
    if item["kind"] == "Service":
        address = f"172.20.{uuid.UUID(uid).int % 250}.{uuid.UUID(uid).int // 250 % 250 + 1}"
        outputs["spec"] = {"clusterIP": address, "type": "ClusterIP", **(item.get("spec") or {})}
        if outputs["spec"]["type"] == "LoadBalancer":
            outputs["status"] = {"loadBalancer": {"ingress": [{"hostname": f"k8s-{uid[:8]}.elb.amazonaws.com"}]}}
    return outputs


def key_of(item: dict) -> str:
    metadata = item.get("metadata") or {}
    namespace = metadata.get("namespace") if item.get("kind") not in CLUSTER_SCOPED else None
    return f"{namespace}/{metadata.get('name')}" if namespace else str(metadata.get("name"))


def type_of(item: dict) -> str:
    """Group and kind: an object is the same in every version of its group."""
    group = item["apiVersion"].rpartition("/")[0]
    return f"{group}/{item['kind']}"


def type_of_token(token: str) -> str:
    _, module, kind = token.split(":")
    group = module.rpartition("/")[0]
    return f"{'' if group == 'core' else group}/{kind}"


def plural(kind: str) -> str:
    name = kind.lower()
    return re.sub("y$", "ie", name) + "s" if not name.endswith("s") else name + "es"
