"""The storage classes."""

import pulumi_kubernetes as kubernetes
from pulumi import Input, ResourceOptions

STORAGE_CLASSES = ("pd-balanced", "pd-ssd")
"""Named as the disk types that they make. (GKE's own, `standard-rwo` among them, are always there and encrypt with
Google's key.)"""


def storage_classes(kms_key: Input[str], opts: ResourceOptions) -> None:
    """Classes for what can be made again (caches, exporters): encrypted with our key, kept when their claim goes, made
    in the zone of the pod that asks first. None of ours is the default: a claim says what it wants."""
    for name in STORAGE_CLASSES:
        kubernetes.storage.v1.StorageClass(
            name,
            metadata={"name": name},
            provisioner="pd.csi.storage.gke.io",
            parameters={"type": name, "disk-encryption-kms-key": kms_key, "csi.storage.k8s.io/fstype": "ext4"},
            reclaim_policy="Retain",
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            opts=opts,
        )
