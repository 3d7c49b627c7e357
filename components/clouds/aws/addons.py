"""The add-ons that EKS manages."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import InvokeOptions, Output, ResourceOptions

from ...pins.add_ons import COREDNS, EBS_CSI_DRIVER, KUBE_PROXY, POD_IDENTITY_AGENT, VPC_CNI
from ..kept import kept
from .cluster_facts import ClusterFacts
from .disk import DISK_TAG
from .keys import lend
from .pod_role import pod_role


def volume_statements(cluster: ClusterFacts) -> Output[list[dict[str, Any]]]:
    """What the EBS driver needs beyond AmazonEBSCSIDriverPolicyV2, which lets it handle only volumes that a driver
    made: to attach the disks of this platform, but never to delete them, and to encrypt with our key."""
    known = Output.all(account=cluster.account, kms_key=cluster.kms_key)
    return known.apply(lambda its: _volume_statements(cluster, its["account"], its["kms_key"]))


def _volume_statements(cluster: ClusterFacts, account: str, kms_key: str) -> list[dict[str, Any]]:
    return [
        {
            "Sid": "AttachOurDisks",
            "Effect": "Allow",
            "Action": ["ec2:AttachVolume", "ec2:DetachVolume"],
            "Resource": f"arn:aws:ec2:{cluster.region}:{account}:volume/*",
            "Condition": {"StringEquals": {f"aws:ResourceTag/{DISK_TAG}": cluster.name}},
        },
        {
            "Sid": "UseOurKey",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"],
            "Resource": kms_key,
        },
        lend("LendOurKeyToDisks", kms_key),
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
    statements: Callable[[ClusterFacts], Output[list[dict[str, Any]]]] | None = None
    """More rights."""
    configuration: Mapping[str, Any] = field(default_factory=dict)


AGENTS = (
    AddonSpec(name=POD_IDENTITY_AGENT.name),
    AddonSpec(name=KUBE_PROXY.name),
    AddonSpec(
        name=VPC_CNI.name,
        service_account="aws-node",
        managed_policies=["AmazonEKS_CNI_Policy"],
        configuration={"enableNetworkPolicy": "true"},
    ),
)
"""DaemonSets that a node needs to become ready, so they are there before the first one."""

CONTROLLERS = (
    AddonSpec(name=COREDNS.name),
    AddonSpec(
        name=EBS_CSI_DRIVER.name,
        service_account="ebs-csi-controller-sa",
        # Not under service-role/, unlike the first version of it (AWS managed policy reference).
        managed_policies=["AmazonEBSCSIDriverPolicyV2"],
        statements=volume_statements,
    ),
)
"""Add-ons with Deployments, which EKS calls degraded until there are nodes to run them."""


class Addon(pulumi.ComponentResource):
    """One add-on that EKS manages, at EKS' own default for the cluster's Kubernetes.

    Makes: `aws:eks:Addon` and, where its pods call AWS, their role, bound to them by Pod Identity;
    `pulumi:index:Stash`, which keeps the version that EKS answered with until the cluster's Kubernetes is another.
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
                statements=spec.statements(cluster) if spec.statements else None,
                opts=child,
            )
            rights = role.rights
            associations = [{"role_arn": role.arn, "service_account": spec.service_account}]
        aws.eks.Addon(
            name,
            cluster_name=cluster.name,
            addon_name=spec.name,
            addon_version=self._looked_up(name, spec, cluster),
            configuration_values=json.dumps(spec.configuration) if spec.configuration else None,
            pod_identity_associations=associations or None,
            # What stands here holds, whatever was changed by hand in the cluster.
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            opts=ResourceOptions(parent=self, depends_on=list(rights)),
        )
        self.register_outputs({})

    def _looked_up(self, name: str, spec: AddonSpec, cluster: ClusterFacts) -> Output[str]:
        found = aws.eks.get_addon_version_output(
            addon_name=spec.name, kubernetes_version=cluster.kubernetes_version, opts=InvokeOptions(parent=self)
        )
        return kept(f"{name}-version", found.version, cluster.kubernetes_version, self)
