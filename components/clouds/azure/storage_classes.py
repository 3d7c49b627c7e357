"""The storage classes of an AKS cluster."""

from pulumi import Input, ResourceOptions

from ..in_cluster.storage_class import storage_class
from .disk_performance import megabytes
from .limits import DISK_IOPS

STORAGE_CLASS = "premium-v2"
"""The usual one, for what can be made again."""
THROUGHPUT = {STORAGE_CLASS: 125, "premium-v2-200": 200}
"""MiB/s, by the class's name."""


def storage_classes(disk_encryption_set: Input[str], opts: ResourceOptions) -> None:
    """Premium SSD v2 disks that are encrypted with the platform's key. Makes: a `StorageClass` for each of
    `THROUGHPUT`."""
    for name, throughput in THROUGHPUT.items():
        parameters: dict[str, Input[str]] = {
            "skuName": "PremiumV2_LRS",
            "DiskIOPSReadWrite": str(DISK_IOPS.least),
            "DiskMBpsReadWrite": str(megabytes(throughput)),
            "cachingMode": "None",
            "diskEncryptionSetID": disk_encryption_set,
        }
        storage_class(name, "disk.csi.azure.com", parameters, opts)
