"""The Secrets Store CSI driver for one volume of one pod: pkg/secrets-store/nodeserver.go and its Secret controller.

What matters of driver and provider is whether they reach the pod's node, and what they were allowed to: each cloud says
so, where it brings them itself and where the platform releases them.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.simulation.world import World

from . import clouds
from .client import Client, Refused
from .clouds import Cluster, Identity, Mount, MountFailed, SecretsStore
from .clouds.shapes import reaches

DRIVER = "secrets-store.csi.k8s.io"
API = "secrets-store.csi.x-k8s.io/v1"
ACCOUNT = "secrets-store-csi-driver"
Item = dict[str, Any]


class SecretsMount:
    def __init__(self, client: Client, world: World, cluster: Cluster, pod: Item, node: Item, volume: Item):
        self.client, self.world, self.cluster = client, world, cluster
        self.pod, self.node, self.volume = pod, node, volume
        self.namespace, self.name = pod["metadata"]["namespace"], pod["metadata"]["name"]

    def resolve(self) -> list[str]:
        """Mounts, and makes the Secrets that the class asks for; returns why one was not made. Raises MountFailed."""
        store = clouds.secrets_store(self.world, self.cluster)
        if store.driver is None or not self.reached_by(store.driver):
            missing = f"driver name {DRIVER} not found in the list of registered CSI drivers"
            raise MountFailed(f"kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: {missing}")
        if not self.volume["csi"].get("readOnly"):
            raise MountFailed("rpc error: code = InvalidArgument desc = Readonly is not true in request")
        found = self.secret_provider_class()
        try:
            files = self.files(found, store)
        except MountFailed as failed:
            pod = f"{self.namespace}/{self.name}"
            raise MountFailed(f"{UNKNOWN}failed to mount secrets store objects for pod {pod}, err: {failed}") from None
        return list(self.synced(found, files, store))

    def reached_by(self, tolerations: Sequence[Mapping[str, Any]]) -> bool:
        return reaches(tolerations, self.node["spec"].get("taints") or [])

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

    def files(self, found: Item, store: SecretsStore) -> dict[str, str]:
        wanted, ours = found["spec"].get("provider", ""), clouds.provider(self.cluster)
        if wanted != ours or store.provider is None or not self.reached_by(store.provider):
            raise MountFailed(f'error connecting to provider "{wanted}": provider not found: provider "{wanted}"')
        mount = Mount(found["spec"].get("parameters") or {}, self.identity(), store.audiences)
        return clouds.mounted(self.world, self.cluster, mount)

    def identity(self) -> Identity:
        account = self.pod["spec"].get("serviceAccountName", "default")
        found = self.client.find("ServiceAccount", account, self.namespace) or {"metadata": {}}
        annotations = found["metadata"].get("annotations") or {}
        return Identity(self.namespace, account, self.name, self.pod["metadata"]["uid"], annotations)

    # --- Secrets

    def synced(self, found: Item, files: Mapping[str, str], store: SecretsStore) -> Iterator[str]:
        for wanted in found["spec"].get("secretObjects") or []:
            name = (wanted.get("secretName") or "").strip()
            where = f"in spc {self.namespace}/{found['metadata']['name']}"
            try:
                data = dict(data_of(wanted, files))
            except ValueError as problem:
                yield f"failed to get data {where} for secret {name}, err: {problem}"
                continue
            if not store.syncs:
                who = f'User "system:serviceaccount:kube-system:{ACCOUNT}"'
                why = 'cannot create resource "secrets" in API group "" (the driver\'s syncSecret.enabled is not set)'
                yield f"secrets is forbidden: {who} {why}"
                continue
            try:
                self.put(name, wanted, data)
            except Refused as refused:
                if refused.code != INVALID:
                    raise
                yield str(refused)

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


INVALID = 422
"""What the API server answers to a Secret that is none of its type, such as credentials that are no JSON."""
UNKNOWN = "rpc error: code = Unknown desc = "


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
