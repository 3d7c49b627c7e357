"""Storage classes for what can be made again (caches, exporters)."""

from collections.abc import Mapping

import pulumi_kubernetes as kubernetes
from pulumi import Input, ResourceOptions


def storage_class(name: str, provisioner: str, parameters: Mapping[str, Input[str]], opts: ResourceOptions) -> None:
    """A class `name` of the driver `provisioner`. The driver keeps a volume when its claim goes, and makes it in the
    zone of the pod that asks first. The class is not the default: a claim says what it wants. The cloud's `parameters`
    say how a volume is encrypted.

    Makes: `kubernetes:storage.k8s.io/v1:StorageClass`.
    """
    kubernetes.storage.v1.StorageClass(
        name,
        metadata={"name": name},
        provisioner=provisioner,
        parameters={**parameters, "csi.storage.k8s.io/fstype": "ext4"},
        reclaim_policy="Retain",
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        opts=opts,
    )
