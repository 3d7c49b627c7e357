"""The storage classes of an AKS cluster."""

import pulumi_kubernetes as kubernetes
from pulumi import Output, ResourceOptions

from .disk_performance import IOPS, megabytes

STORAGE_CLASSES = {"premium-v2": 125, "premium-v2-200": 200}
"""Storage classes by name, with their throughput in MiB/s."""


def storage_classes(disk_encryption_set: Output[str], opts: ResourceOptions) -> None:
    """Classes for what can be made again (caches, exporters): encrypted, kept when their claim goes, made in the zone
    of the pod that asks first. None of them is the default: a claim says what it wants."""
    for name, throughput in STORAGE_CLASSES.items():
        kubernetes.storage.v1.StorageClass(
            name,
            metadata={"name": name},
            provisioner="disk.csi.azure.com",
            parameters={
                "skuName": "PremiumV2_LRS",
                "DiskIOPSReadWrite": str(IOPS),
                "DiskMBpsReadWrite": str(megabytes(throughput)),
                "cachingMode": "None",
                "diskEncryptionSetID": disk_encryption_set,
                "csi.storage.k8s.io/fstype": "ext4",
            },
            reclaim_policy="Retain",
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            opts=opts,
        )
