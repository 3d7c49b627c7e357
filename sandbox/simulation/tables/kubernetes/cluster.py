"""The cluster that a provider's kubeconfig names, in whichever cloud it is, and its objects."""

from functools import cache
from itertools import pairwise
from typing import Any

import yaml

from ...cloud import Answer, Cloud
from ...resource import CloudError
from ...world import Object
from .objects import CLUSTER_SCOPED, NAMESPACES, computed, key_of, type_of

VERSION = "1.36"  # of a cluster that does not exist yet
#: Where each cloud's cluster says its version.
VERSIONS = ("version", "currentKubernetesVersion", "kubernetesVersion", "masterVersion", "minMasterVersion")


@cache  # it is asked for each object
def read(kubeconfig: str) -> dict[str, Any]:
    return yaml.load(kubeconfig, yaml.CSafeLoader) or {}


class Cluster(Cloud):
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

    def version(self) -> str:
        server, _ = self.named_cluster()
        known = [item.properties for item in self.world.identified(server)] if server else []
        return next((str(cluster[key]) for cluster in known for key in VERSIONS if cluster.get(key)), VERSION)

    def named_cluster(self) -> tuple[str | None, str | None]:
        """(server, cluster name in the command that fetches a token) of the kubeconfig's current context."""
        config = read(str(self.config.get("kubeconfig") or ""))
        contexts = {entry["name"]: entry["context"] for entry in config.get("contexts", [])}
        context = contexts.get(self.config.get("context") or config.get("current-context"), {})
        clusters = {entry["name"]: entry["cluster"] for entry in config.get("clusters", [])}
        users = {entry["name"]: entry["user"] for entry in config.get("users", [])}
        arguments = (users.get(context.get("user"), {}).get("exec") or {}).get("args") or []
        named = [after for flag, after in pairwise(arguments) if flag in ("--cluster-name", "-i")]
        return clusters.get(context.get("cluster"), {}).get("server"), next(iter(named), None)

    # --- objects

    def keep(self, cluster: str, inputs: dict[str, Any], item: Object | None) -> Answer:
        key = key_of(inputs)
        item = item or Object(type_of(inputs), cluster, key, key)
        item.inputs, item.properties = inputs, {**inputs, **computed(inputs, item.properties)}
        self.world.put(item, [], [])
        return Answer(key, item.properties, inputs)

    def tell(self, inputs: dict[str, Any], manager: str) -> None:
        """Records what was made elsewhere, and in whose name."""
        cluster, key = self.cluster(), key_of(inputs)
        item = self.existing(cluster, inputs) or Object(type_of(inputs), cluster, key, key)
        item.inputs = inputs
        item.properties = {**inputs, **computed(inputs, item.properties), "manager": manager}
        self.world.put(item, [], [])

    def existing(self, cluster: str, item: dict[str, Any]) -> Object | None:
        return next(iter(self.world.find(type_of(item), scope=cluster, name=key_of(item))), None)

    def require_namespace(self, cluster: str, item: dict[str, Any]) -> None:
        namespace = item["metadata"].get("namespace") if item["kind"] not in CLUSTER_SCOPED else None
        if (
            namespace
            and namespace not in NAMESPACES
            and not self.world.find("/Namespace", scope=cluster, name=namespace)
        ):
            raise CloudError("", f'namespaces "{namespace}" not found')
