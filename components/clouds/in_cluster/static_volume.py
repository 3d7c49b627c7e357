"""A disk that was made outside the cluster, as pods see it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, ResourceOptions

from ..contract.disk import DiskSpec


def static_volume(
    name: str,
    spec: DiskSpec,
    *,
    driver: str,
    handle: Input[str],
    attributes: Mapping[str, str] | None = None,
    after: Sequence[pulumi.Resource] = (),
    parent: pulumi.Resource,
) -> Output[str]:
    """The PersistentVolume of the disk `handle` and the one claim on it, both named `name`, and for the disk if that is
    adopted; returns the claim's name once it is there. `spec.claim` calls the claim otherwise. Reclaim policy Retain:
    no cluster's end is a disk's. `after` is what the driver needs for as long as it may hold the disk."""
    called = named_for(name, spec.existing)
    claimed = spec.claim or called
    volume = kubernetes.core.v1.PersistentVolume(
        name,
        metadata={"name": called},
        spec={
            "capacity": {"storage": f"{spec.size_gib}Gi"},
            "access_modes": [spec.access_mode],
            "persistent_volume_reclaim_policy": "Retain",
            "storage_class_name": "",
            "claim_ref": {"namespace": spec.namespace, "name": claimed},
            "csi": _source(driver, handle, attributes),
            "node_affinity": _in_zone(spec.zone),
        },
        opts=ResourceOptions(parent=parent, depends_on=list(after), delete_before_replace=True),
    )
    claim = kubernetes.core.v1.PersistentVolumeClaim(
        name,
        metadata={"name": claimed, "namespace": spec.namespace},
        spec={
            "access_modes": [spec.access_mode],
            "storage_class_name": "",
            "volume_name": called,
            # The claim names its volume, so that its request has only to fit: a static claim cannot be resized, and
            # must not stand in the way when the volume is.
            "resources": {"requests": {"storage": "1Gi"}},
        },
        opts=ResourceOptions(parent=parent, depends_on=[volume], delete_before_replace=True, replace_with=[volume]),
    )
    return claim.metadata.apply(lambda metadata: str(metadata["name"]))


def named_for(name: str, adopted: str | None) -> str:
    """The name of the objects of a disk. Neither a volume nor a claim goes over to another disk, and the API server
    says so of their next ones, when a preview tries those under the same names: another disk's have other names."""
    return f"{name}-{hashlib.sha256(adopted.encode()).hexdigest()[:6]}" if adopted else name


def _source(
    driver: str, handle: Input[str], attributes: Mapping[str, str] | None
) -> kubernetes.core.v1.CSIPersistentVolumeSourceArgsDict:
    source: kubernetes.core.v1.CSIPersistentVolumeSourceArgsDict = {
        "driver": driver,
        "volume_handle": handle,
        "fs_type": "ext4",
    }
    if attributes:
        source["volume_attributes"] = dict(attributes)
    return source


def _in_zone(zone: str) -> Any:
    expression = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}
    return {"required": {"node_selector_terms": [{"match_expressions": [expression]}]}}
