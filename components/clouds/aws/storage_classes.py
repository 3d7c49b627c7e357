"""The storage classes of an EKS cluster."""

from pulumi import Input, ResourceOptions

from ..in_cluster.storage_class import storage_class

STORAGE_CLASS = "gp3"
"""The usual one, for what can be made again."""
THROUGHPUT = {STORAGE_CLASS: 125, "gp3-200": 200}
"""MiB/s, by the class's name."""


def storage_classes(kms_key: Input[str], opts: ResourceOptions) -> None:
    """gp3 volumes that are encrypted with the platform's key. Makes: a `StorageClass` for each of `THROUGHPUT`."""
    for name, throughput in THROUGHPUT.items():
        parameters: dict[str, Input[str]] = {
            "type": "gp3",
            "iops": "3000",
            "throughput": str(throughput),
            "encrypted": "true",
            "kmsKeyId": kms_key,
        }
        storage_class(name, "ebs.csi.aws.com", parameters, opts)
