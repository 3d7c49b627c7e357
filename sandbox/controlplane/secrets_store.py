"""The Secrets Store CSI driver for one volume of one pod: pkg/secrets-store/nodeserver.go and its Secret controller.

The driver and its providers are Helm releases of the platform, whose charts the sandbox may only have recorded. What
matters here is read from their values all the same: whether they reach the pod's node, and what they were allowed to.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.simulation.world import World

from . import clouds
from .client import Client, Refused
from .clouds import Cluster, Identity, Mount, MountFailed

DRIVER = "secrets-store.csi.k8s.io"
API = "secrets-store.csi.x-k8s.io/v1"
RELEASE = "kubernetes:helm.sh/v3:Release"
CHART = "secrets-store-csi-driver"
Item = dict[str, Any]


class SecretsMount:
    def __init__(self, client: Client, world: World, cluster: Cluster, pod: Item, node: Item, volume: Item):
        self.client, self.world, self.cluster = client, world, cluster
        self.pod, self.node, self.volume = pod, node, volume
        self.namespace, self.name = pod["metadata"]["namespace"], pod["metadata"]["name"]

    def resolve(self) -> list[str]:
        """Mounts, and makes the Secrets that the class asks for; returns why one was not made. Raises MountFailed."""
        driver = self.release(CHART)
        if driver is None or not reaches((driver.get("linux") or {}).get("tolerations", TOLERATES_ALL), self.node):
            missing = f"driver name {DRIVER} not found in the list of registered CSI drivers"
            raise MountFailed(f"kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: {missing}")
        if not self.volume["csi"].get("readOnly"):
            raise MountFailed("rpc error: code = InvalidArgument desc = Readonly is not true in request")
        found = self.secret_provider_class()
        try:
            files = self.files(found, driver)
        except MountFailed as failed:
            pod = f"{self.namespace}/{self.name}"
            raise MountFailed(f"{UNKNOWN}failed to mount secrets store objects for pod {pod}, err: {failed}") from None
        return list(self.synced(found, files, driver))

    def secret_provider_class(self) -> Item:
        name = (self.volume["csi"].get("volumeAttributes") or {}).get("secretProviderClass")
        if not name:
            raise MountFailed(f"{UNKNOWN}secretProviderClass is not set")
        wanted = {
            "apiVersion": API,
            "kind": "SecretProviderClass",
            "metadata": {"name": name, "namespace": self.namespace},
        }
        found = self.client.get(wanted)
        if found is None:
            missing = f'secretproviderclasses.secrets-store.csi.x-k8s.io "{name}" not found'
            raise MountFailed(f"{UNKNOWN}failed to get secretproviderclass {self.namespace}/{name}, error: {missing}")
        return found

    def files(self, found: Item, driver: Mapping[str, Any]) -> dict[str, str]:
        wanted, ours = found["spec"].get("provider", ""), clouds.provider(self.cluster)
        provider = self.release(f"{CHART}-provider-{wanted}")
        if wanted != ours or provider is None or not reaches(provider.get("tolerations", []), self.node):
            raise MountFailed(f'error connecting to provider "{wanted}": provider not found: provider "{wanted}"')
        account = self.pod["spec"].get("serviceAccountName", "default")
        identity = Identity(self.namespace, account, self.name, self.pod["metadata"]["uid"])
        audiences = [request["audience"] for request in driver.get("tokenRequests") or []]
        mount = Mount(found["spec"].get("parameters") or {}, identity, audiences)
        return clouds.mounted(self.world, self.cluster, mount)

    def release(self, chart: str) -> Mapping[str, Any] | None:
        """The values of the platform's release of a chart."""
        for item in self.world.find(RELEASE, scope=self.cluster.server):
            name = str(item.inputs.get("chart", "")).rstrip("/").split("/")[-1]
            if re.sub(r"-\d+\.\d+.*\.tgz$", "", name) == chart:  # a mirror's files carry the version in their names
                return item.inputs.get("values") or {}
        return None

    # --- Secrets

    def synced(self, found: Item, files: Mapping[str, str], driver: Mapping[str, Any]) -> Iterator[str]:
        for wanted in found["spec"].get("secretObjects") or []:
            name = (wanted.get("secretName") or "").strip()
            where = f"in spc {self.namespace}/{found['metadata']['name']}"
            try:
                data = dict(data_of(wanted, files))
            except ValueError as problem:
                yield f"failed to get data {where} for secret {name}, err: {problem}"
                continue
            if not (driver.get("syncSecret") or {}).get("enabled"):
                account = (
                    f'User "system:serviceaccount:kube-system:{CHART}" cannot create resource "secrets" in API group ""'
                )
                yield f"secrets is forbidden: {account} (the driver's syncSecret.enabled is not set)"
                continue
            self.put(name, wanted, data)

    def put(self, name: str, wanted: Mapping[str, Any], data: Mapping[str, str]) -> None:
        labels = {**(wanted.get("labels") or {}), "secrets-store.csi.k8s.io/managed": "true"}
        metadata = {
            "name": name,
            "namespace": self.namespace,
            "labels": labels,
            "annotations": wanted.get("annotations") or {},
        }
        owners = self.pod["metadata"].get("ownerReferences") or []
        metadata["ownerReferences"] = [{k: owner[k] for k in ("apiVersion", "kind", "name", "uid")} for owner in owners]
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "type": wanted.get("type"),
            "data": dict(data),
        }
        try:
            self.client.create(secret)
        except Refused as refused:
            if refused.code != 409:
                raise
            self.client.merge(secret, {"data": dict(data)})


UNKNOWN = "rpc error: code = Unknown desc = "
TOLERATES_ALL = [{"operator": "Exists"}]  # what the driver's own chart tolerates unless told otherwise


def data_of(wanted: Mapping[str, Any], files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for field, value in (
        ("secret name", wanted.get("secretName")),
        ("secret type", wanted.get("type")),
        ("data", wanted.get("data")),
    ):
        if not value:
            raise ValueError(f"{field} is empty")
    for entry in wanted["data"]:
        file, key = (entry.get("objectName") or "").strip(), (entry.get("key") or "").strip()
        if not file:
            raise ValueError("object name in secretObjects.data")
        if not key:
            raise ValueError("key in secretObjects.data is empty")
        if file not in files:
            raise ValueError(f"file matching objectName {file} not found in the pod")
        yield key, base64.b64encode(files[file].encode()).decode()


def reaches(tolerations: list[Mapping[str, Any]], node: Item) -> bool:
    """Whether a DaemonSet with these tolerations, and those that Kubernetes gives every one, has a pod on the node."""
    taints = [t for t in node["spec"].get("taints") or [] if not t["key"].startswith("node.kubernetes.io/")]
    hard = [taint for taint in taints if taint["effect"] != "PreferNoSchedule"]
    return all(any(tolerates(toleration, taint) for toleration in tolerations) for taint in hard)


def tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if not toleration.get("key"):
        return toleration.get("operator") == "Exists"
    same = toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")
    return toleration["key"] == taint["key"] and same
