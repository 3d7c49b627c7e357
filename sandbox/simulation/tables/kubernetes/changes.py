"""Which changes of an object replace it, and which the API server refuses.

What replaces is a decision of Pulumi's provider: pulumi-kubernetes, provider/pkg/provider/diff.go. What is refused is
Kubernetes' own: kubernetes/kubernetes, pkg/apis/*/validation. The two differ, and a change may be in one alone.
"""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from ...values import UNKNOWN, has_unknown

ALWAYS = ("metadata.name", "metadata.namespace")
SOURCES = tuple(
    f"spec.{source}"
    for source in (
        *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker"),
        *("gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk"),
        *("portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"),
    )
)
CLAIM = ("spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName")
SET = ("spec.podManagementPolicy", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates")

#: A ConfigMap or a Secret is replaced rather than changed under its readers.
REPLACED = {
    "ClusterRoleBinding": ("roleRef",),
    "ConfigMap": ("data", "binaryData"),
    "DaemonSet": ("spec.selector",),
    "Deployment": ("spec.selector",),
    "Job": ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    "PersistentVolume": SOURCES,
    "PersistentVolumeClaim": CLAIM,
    "ResourceQuota": ("spec.scopes",),
    "RoleBinding": ("roleRef",),
    "Secret": ("type", "stringData", "data"),
    "Service": ("spec.clusterIP",),
    "StatefulSet": (*SET, "spec.revisionHistoryLimit"),
    "StorageClass": ("provisioner", "parameters"),
}

FIXED = "field is immutable"
"""What the API server mostly says. A preview of a replacement is then tried once more under another name."""
SOURCE = "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation"
BOUND = "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName"
ROLE = "cannot change roleRef"
OTHER_FIELDS = "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template'"
#: Kind -> path -> what the API server says, with the field where it does not name one itself.
REFUSED: dict[str, dict[str, str]] = {
    "ClusterRoleBinding": {"roleRef": ROLE},
    "DaemonSet": {"spec.selector": FIXED},
    "Deployment": {"spec.selector": FIXED},
    "Job": dict.fromkeys(("spec.completions", "spec.selector", "spec.template"), FIXED),
    "PersistentVolume": {**dict.fromkeys(SOURCES, SOURCE), "spec.nodeAffinity": FIXED, "spec.volumeMode": FIXED},
    "PersistentVolumeClaim": dict.fromkeys((*CLAIM, "spec.volumeMode"), BOUND),
    "PriorityClass": {"value": "may not be changed in an update"},
    "RoleBinding": {"roleRef": ROLE},
    "Secret": {"type": FIXED},
    "Service": {"spec.clusterIP": "may not change once set"},
    "StatefulSet": dict.fromkeys(SET, OTHER_FIELDS),
    "StorageClass": dict.fromkeys(("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"), FIXED),
}
#: What may be given once to an object that was made without, and what the cluster fills in when it is left out.
ONCE, FILLED = {"spec.nodeAffinity", "spec.volumeName"}, {"spec.clusterIP", "spec.volumeName", "spec.volumeMode"}


def refusal(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    """What the API server says to the change of an object, the object itself left out; None where it takes it."""
    for path, words in REFUSED.get(after["kind"], {}).items():
        old, new = (value_at(item, path) for item in (before, after))
        free = (path in ONCE and old is None) or (path in FILLED and new is None)
        if old != new and not free and not (has_unknown(old) or has_unknown(new)):
            return words if ":" in words else f"{path}: {words}"
    return None


def conflicts(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """The fields that another has set otherwise: server-side apply takes an object over only where it says the same."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() & after.keys():
            yield from conflicts(before[key], after[key], f"{path}.{key}")
    elif before != after:
        yield path


def normalised(item: dict[str, Any]) -> dict[str, Any]:
    """A Secret as the API server holds it: what was given as text is data."""
    text = item.get("stringData")
    if item.get("kind") != "Secret" or not text or has_unknown(item):
        return item
    encoded = {key: b64encode(str(value).encode()).decode() for key, value in text.items()}
    rest = {key: value for key, value in item.items() if key != "stringData"}
    return {**rest, "data": {**(item.get("data") or {}), **encoded}}


def value_at(item: Any, path: str) -> Any:
    for name in path.split("."):
        if item == UNKNOWN:
            return UNKNOWN
        item = (item or {}).get(name)
    return item
