"""The storage classes of a GKE cluster."""

from pulumi import Input, ResourceOptions

from ..in_cluster.storage_class import storage_class

STORAGE_CLASS = "pd-balanced"
"""The usual one, for what can be made again."""
TYPES = (STORAGE_CLASS, "pd-ssd")
"""The types of Persistent Disks, after which the classes are called. (GKE's own classes, `standard-rwo` among them, are
always there and encrypt with Google's key.)"""


def storage_classes(kms_key: Input[str], opts: ResourceOptions) -> None:
    """Persistent Disks that are encrypted with the platform's key. Makes: a `StorageClass` for each of `TYPES`."""
    for name in TYPES:
        parameters: dict[str, Input[str]] = {"type": name, "disk-encryption-kms-key": kms_key}
        storage_class(name, "pd.csi.storage.gke.io", parameters, opts)
