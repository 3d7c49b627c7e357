"""The add-ons that EKS manages, and the storage classes."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import Output, ResourceOptions

from ...errors import InputError
from .cluster_facts import ClusterFacts
from .pod_role import pod_role

VERSIONS: Mapping[str, Mapping[str, str]] = {
    # EKS's default versions for each Kubernetes version as `aws eks describe-addon-versions` gave them on 2026-06-05
    # (1.33) and 2026-06-24 (1.34), kept in public Terraform repositories; the EKS user guide's own tables ("Manage
    # kube-proxy", "Manage CoreDNS", "Assign IPs to Pods with the Amazon VPC CNI") name the same series.
    "1.33": {
        "vpc-cni": "v1.20.5-eksbuild.1",
        "kube-proxy": "v1.33.10-eksbuild.2",
        "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
        "coredns": "v1.12.4-eksbuild.10",
        "aws-ebs-csi-driver": "v1.60.1-eksbuild.1",
    },
    "1.34": {
        "vpc-cni": "v1.21.2-eksbuild.2",
        "kube-proxy": "v1.34.6-eksbuild.11",
        "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
        "coredns": "v1.12.4-eksbuild.17",
        "aws-ebs-csi-driver": "v1.62.0-eksbuild.1",
    },
}

DISK_TAG = "nodeyard.io/disk"
"""Volumes with this tag, set to `true`, may be attached though the driver did not make them."""


def volume_statements(kms_key: str) -> list[dict[str, Any]]:
    """What the EBS driver needs beyond AmazonEBSCSIDriverPolicyV2, which lets it handle only volumes that it made
    itself: to attach ours, but never to delete them, and to encrypt with our key."""
    return [
        {
            "Sid": "AttachOurDisks",
            "Effect": "Allow",
            "Action": ["ec2:AttachVolume", "ec2:DetachVolume"],
            "Resource": "arn:aws:ec2:*:*:volume/*",
            "Condition": {"StringEquals": {f"aws:ResourceTag/{DISK_TAG}": "true"}},
        },
        {
            "Sid": "UseOurKey",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"],
            "Resource": kms_key,
        },
        {
            "Sid": "LendOurKeyToDisks",
            "Effect": "Allow",
            "Action": "kms:CreateGrant",
            "Resource": kms_key,
            "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        },
    ]


@dataclass(frozen=True, kw_only=True)
class AddonSpec:
    """One managed add-on. None of them says anything of tolerations, because each agent that runs on every node
    tolerates every taint as it is delivered: `operator: Exists` in the charts of aws/amazon-vpc-cni-k8s and
    aws/eks-pod-identity-agent and in EKS's kube-proxy, `node.tolerateAllTaints` in that of aws-ebs-csi-driver."""

    name: str
    service_account: str = ""
    """The account that gets a role by Pod Identity; empty for an add-on that needs nothing of AWS."""
    managed_policies: Sequence[str] = ()
    statements: Callable[[str], list[dict[str, Any]]] | None = None
    """More rights, given the ARN of the cluster's key."""
    configuration: Mapping[str, Any] = field(default_factory=dict)


AGENTS = (
    AddonSpec(name="eks-pod-identity-agent"),
    AddonSpec(name="kube-proxy"),
    AddonSpec(
        name="vpc-cni",
        service_account="aws-node",
        managed_policies=["AmazonEKS_CNI_Policy"],
        configuration={"enableNetworkPolicy": "true"},
    ),
)
"""DaemonSets that a node needs to become ready, so they are there before the first one."""

CONTROLLERS = (
    AddonSpec(name="coredns"),
    AddonSpec(
        name="aws-ebs-csi-driver",
        service_account="ebs-csi-controller-sa",
        # Not under service-role/, unlike the first version of it (AWS managed policy reference).
        managed_policies=["AmazonEBSCSIDriverPolicyV2"],
        statements=volume_statements,
    ),
)
"""Add-ons with Deployments, which EKS calls degraded until there are nodes to run them."""


class Addon(pulumi.ComponentResource):
    """One add-on that EKS manages, at the version pinned for the cluster's Kubernetes.

    Makes: `aws:eks:Addon` and, where its pods call AWS, their role, bound to them by Pod Identity.
    Raises `InputError` when no version is pinned for the cluster's Kubernetes.
    """

    def __init__(self, name: str, spec: AddonSpec, cluster: ClusterFacts, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Addon", f"{name}-{spec.name}", None, opts)
        name = f"{name}-{spec.name}"
        child = ResourceOptions(parent=self)
        rights: Sequence[pulumi.Resource] = ()
        associations: list[aws.eks.AddonPodIdentityAssociationArgsDict] = []
        if spec.service_account:
            role = pod_role(
                name,
                spec.service_account,
                cluster,
                managed_policies=spec.managed_policies,
                statements=cluster.kms_key.apply(spec.statements) if spec.statements else None,
                opts=child,
            )
            rights = role.rights
            associations = [{"role_arn": role.arn, "service_account": spec.service_account}]
        aws.eks.Addon(
            name,
            cluster_name=cluster.name,
            addon_name=spec.name,
            addon_version=pinned(cluster.kubernetes_version)[spec.name],
            configuration_values=json.dumps(spec.configuration) if spec.configuration else None,
            pod_identity_associations=associations or None,
            # What stands here holds, whatever was changed by hand in the cluster.
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            opts=ResourceOptions(parent=self, depends_on=list(rights)),
        )
        self.register_outputs({})


def pinned(kubernetes_version: str) -> Mapping[str, str]:
    """The add-on versions for a Kubernetes version."""
    if versions := VERSIONS.get(kubernetes_version):
        return versions
    known = ", ".join(VERSIONS)
    raise InputError(
        "The platform's arguments are not valid.",
        [("kubernetes_version", f"no add-on versions are pinned for {kubernetes_version}; known are {known}")],
    )


STORAGE_CLASSES = {"gp3": "125", "gp3-200": "200"}
"""Storage classes by name, with their throughput in MiB/s."""


def storage_classes(kms_key: Output[str], opts: ResourceOptions) -> None:
    """Classes for what can be made again (caches, exporters): encrypted, kept when their claim goes, made in the zone
    of the pod that asks first. None is the default: a claim says what it wants."""
    for name, throughput in STORAGE_CLASSES.items():
        kubernetes.storage.v1.StorageClass(
            name,
            metadata={"name": name},
            provisioner="ebs.csi.aws.com",
            parameters={
                "type": "gp3",
                "iops": "3000",
                "throughput": throughput,
                "encrypted": "true",
                "kmsKeyId": kms_key,
                "csi.storage.k8s.io/fstype": "ext4",
            },
            reclaim_policy="Retain",
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            opts=opts,
        )
