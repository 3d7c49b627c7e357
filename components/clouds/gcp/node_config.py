"""How every node of ours boots on Google Cloud, whichever pool it is in."""

from collections.abc import Mapping, Sequence

import pulumi_gcp as gcp
from pulumi import Input

from ..contract.node_pool import Taint
from .instance_type import Accelerator

UPGRADES: gcp.container.NodePoolUpgradeSettingsArgsDict = {"strategy": "SURGE", "max_surge": 0, "max_unavailable": 1}
"""The old node goes before the new one comes: there are never two for what may run once."""

MANAGEMENT: gcp.container.NodePoolManagementArgsDict = {"auto_repair": True, "auto_upgrade": True}
"""A release channel demands both. The cluster's maintenance exclusion is what keeps upgrades for the operator."""

ROOT_DISK_GIB = 100
"""GKE's own default (GKE API reference, NodeConfig.diskSizeGb). It holds images, logs and what pods write there, and
GKE keeps a good part for itself ("Plan GKE Standard node sizes")."""


def node_config(
    *,
    instance_type: str,
    root_disk_gib: int | None = None,
    kms_key: Input[str],
    service_account: Input[str],
    labels: Mapping[str, str],
    taints: Sequence[Taint] = (),
    tags: Sequence[Input[str]] = (),
    spot: bool = False,
    confidential: str = "",
    gpus: Accelerator | None = None,
) -> gcp.container.NodePoolNodeConfigArgsDict:
    """A node on Container-Optimized OS: shielded, its boot disk encrypted with our key, its metadata behind GKE's
    server (pods with a network of their own get their own identity there, and not the node's)."""
    config: gcp.container.NodePoolNodeConfigArgsDict = {
        "machine_type": instance_type,
        "image_type": "COS_CONTAINERD",
        "disk_type": "pd-balanced",
        "disk_size_gb": root_disk_gib or ROOT_DISK_GIB,
        "boot_disk_kms_key": kms_key,
        "service_account": service_account,
        # What the node may do is its service account's roles; the scopes must only not stand in their way.
        "oauth_scopes": ["https://www.googleapis.com/auth/cloud-platform"],
        "labels": dict(labels),
        "taints": [_taint(taint) for taint in taints],
        "tags": list(tags),
        "spot": spot,
        "metadata": {"disable-legacy-endpoints": "true"},
        "shielded_instance_config": {"enable_secure_boot": True, "enable_integrity_monitoring": True},
        "workload_metadata_config": {"mode": "GKE_METADATA"},
        "kubelet_config": {"insecure_kubelet_readonly_port_enabled": "FALSE"},
    }
    if gpus:
        config["guest_accelerators"] = [_accelerator(gpus)]
        # Only what is signed is loaded with it, and Google does not say of which of its images the driver is.
        config["shielded_instance_config"] = {"enable_secure_boot": False, "enable_integrity_monitoring": True}
    if confidential:
        config["confidential_nodes"] = {"enabled": True, "confidential_instance_type": confidential}
    if confidential == "SEV_SNP":
        # "Or this will fail to create the VM" (google_compute_instance, confidential_instance_type): there are n2d of
        # an older generation, which have SEV only.
        config["min_cpu_platform"] = "AMD Milan"
    return config


def _taint(taint: Taint) -> gcp.container.NodePoolNodeConfigTaintArgsDict:
    return {"key": taint.key, "value": taint.value, "effect": taint.effect.name}


def _accelerator(gpus: Accelerator) -> gcp.container.NodePoolNodeConfigGuestAcceleratorArgsDict:
    """GKE wants them named, those that the machine brings too, and installs their driver: the one that belongs to the
    node's release, which is pinned. The other choice, LATEST, is newer than what Google tries with each release."""
    return {
        "type": gpus.type,
        "count": gpus.count,
        "gpu_driver_installation_config": {"gpu_driver_version": "DEFAULT"},
    }
