"""What a kubelet does before a pod's containers start, as far as it can fail: volumes and sources of the environment.

kwok, which plays the rest, makes every scheduled pod ready at once. Here a pod waits, with the kubelet's own reasons in
its status and its events, until its disks are attached, its secrets mounted and its ConfigMaps and Secrets there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.simulation.world import World

from . import clouds, secrets_store
from .client import Client, Refused
from .clouds import Cluster
from .control_plane import MOUNTED
from .events import Events
from .provisioner import PROVISIONED

Item = dict[str, Any]


class Kubelet:
    def __init__(self, client: Client, world: World, cluster: Cluster):
        self.client, self.world, self.cluster = client, world, cluster
        self.events = Events(client, "kubelet")

    def step(self) -> None:
        for pod in self.client.list("v1", "Pod", fieldSelector="status.phase=Pending"):
            if pod["spec"].get("nodeName") and not pod["metadata"].get("deletionTimestamp"):
                try:
                    self.start(pod)
                except Refused as refused:
                    if refused.code not in (404, 409):  # the pod has gone or changed meanwhile
                        raise

    def start(self, pod: Item) -> None:
        if MOUNTED in (pod["metadata"].get("annotations") or {}):
            return
        node = self.client.find("Node", pod["spec"]["nodeName"])
        if node is None:
            return
        mounted = [self.mounted(pod, node, volume) for volume in pod["spec"].get("volumes") or []]
        lacking = self.without_configuration(pod) if all(mounted) else {}
        if all(mounted) and not lacking:
            self.client.merge(pod, {"metadata": {"annotations": {MOUNTED: "true"}}})
        else:
            self.wait(pod, lacking)

    # --- volumes

    def mounted(self, pod: Item, node: Item, volume: Item) -> bool:
        """Whether the volume is there; what stands in its way is said in an event."""
        try:
            self.mount(pod, node, volume)
        except clouds.MountFailed as problem:
            text = f'MountVolume.SetUp failed for volume "{volume["name"]}" : {problem}'
            self.events.warn(pod, "FailedMount", text)
            return False
        claim = volume.get("persistentVolumeClaim")
        return claim is None or self.attached(pod, node, claim["claimName"])

    def mount(self, pod: Item, node: Item, volume: Item) -> None:
        for kind, source in sources(volume):
            if not source.get("optional") and not self.client.find(kind, source["name"], pod["metadata"]["namespace"]):
                raise clouds.MountFailed(f'{kind.lower()} "{source["name"]}" not found')
        if (volume.get("csi") or {}).get("driver") == secrets_store.DRIVER:
            mount = secrets_store.SecretsMount(self.client, self.world, self.cluster, pod, node, volume)
            for problem in mount.resolve():
                self.events.warn(pod, "FailedToCreateSecret", problem)

    def attached(self, pod: Item, node: Item, claim: str) -> bool:
        """Whether the disk behind the claim is attached to the node: the external attacher's part and the kubelet's."""
        found = self.client.find("PersistentVolumeClaim", claim, pod["metadata"]["namespace"])
        name = (found or {}).get("spec", {}).get("volumeName")
        volume = self.client.find("PersistentVolume", name) if name else None
        if volume is None:
            return False
        if not volume["spec"].get("csi"):
            return True
        zone = node["metadata"]["labels"].get("topology.kubernetes.io/zone", "")
        csi = volume["spec"]["csi"]
        own = PROVISIONED in (volume["metadata"].get("annotations") or {})
        problem = (
            "" if own else clouds.volume_problem(self.world, self.cluster, csi["driver"], csi["volumeHandle"], zone)
        )
        if problem:
            self.events.warn(pod, "FailedAttachVolume", f'AttachVolume.Attach failed for volume "{name}" : {problem}')
            return False
        return self.attach(name, node["metadata"]["name"])

    def attach(self, volume: str, node: str) -> bool:
        for attachment in self.client.list("storage.k8s.io/v1", "VolumeAttachment"):
            spec = attachment["spec"]
            if (spec["source"].get("persistentVolumeName"), spec["nodeName"]) == (volume, node):
                if not (attachment.get("status") or {}).get("attached"):
                    self.client.merge(attachment, {"status": {"attached": True}}, "status")
                return True
        return False  # kube-controller-manager has not asked for it yet

    # --- environment

    def without_configuration(self, pod: Item) -> dict[str, str]:
        """What each container lacks: container -> message."""
        found: dict[str, str] = {}
        for container in [*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]]:
            for kind, source in environment(container):
                if problem := self.missing(kind, source, pod["metadata"]["namespace"]):
                    found.setdefault(container["name"], problem)
        return found

    def missing(self, kind: str, source: Mapping[str, Any], namespace: str) -> str:
        if source.get("optional"):
            return ""
        item = self.client.find(kind, source["name"], namespace)
        if item is None:
            return f'{kind.lower()} "{source["name"]}" not found'
        data = {**(item.get("data") or {}), **(item.get("binaryData") or {})}
        if source.get("key") and source["key"] not in data:
            return f"couldn't find key {source['key']} in {kind} {namespace}/{source['name']}"
        return ""

    def wait(self, pod: Item, lacking: Mapping[str, str]) -> None:
        """Writes into the pod's status what its containers wait for."""
        otherwise = "PodInitializing" if pod["spec"].get("initContainers") else "ContainerCreating"
        status = {
            f"{kind}Statuses": [waiting_status(c, lacking.get(c["name"], ""), otherwise) for c in containers]
            for kind in ("initContainer", "container")
            if (containers := pod["spec"].get(f"{kind}s"))
        }
        if reasons(pod["status"]) != reasons(status):
            self.client.merge(pod, {"status": status}, "status")
        for name, message in lacking.items():
            self.events.warn(pod, "Failed", f"Error: {message} (container {name})")


def waiting_status(container: Item, message: str, otherwise: str) -> Item:
    waiting = {"reason": "CreateContainerConfigError", "message": message} if message else {"reason": otherwise}
    status = {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": "",
        "ready": False,
        "restartCount": 0,
    }
    return {**status, "started": False, "state": {"waiting": waiting}}


def reasons(status: Item) -> list[Any]:
    return [
        [s["state"].get("waiting") for s in status.get(kind) or []]
        for kind in ("initContainerStatuses", "containerStatuses")
    ]


def sources(volume: Item) -> Iterator[tuple[str, Item]]:
    """(kind, source) of every ConfigMap and Secret that a volume is made of."""
    for part in [volume, *((volume.get("projected") or {}).get("sources") or [])]:
        if source := part.get("configMap"):
            yield "ConfigMap", source
        if source := part.get("secret"):
            yield "Secret", {"name": source.get("secretName") or source.get("name"), "optional": source.get("optional")}


def environment(container: Item) -> Iterator[tuple[str, Item]]:
    for entry in container.get("env") or []:
        source = entry.get("valueFrom") or {}
        if source.get("configMapKeyRef"):
            yield "ConfigMap", source["configMapKeyRef"]
        if source.get("secretKeyRef"):
            yield "Secret", source["secretKeyRef"]
    for entry in container.get("envFrom") or []:
        if entry.get("configMapRef"):
            yield "ConfigMap", entry["configMapRef"]
        if entry.get("secretRef"):
            yield "Secret", entry["secretRef"]
