"""Roles for the pods of add-ons, by EKS Pod Identity."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from ..in_cluster.add_on import NAMESPACE
from .cluster_facts import ClusterFacts
from .roles import give_rights, make_role


@dataclass(frozen=True)
class PodRole:
    """A role, and what has to be there before a pod that uses it starts."""

    arn: Output[str]
    rights: Sequence[pulumi.Resource]


def pod_role(
    name: str,
    service_account: str,
    cluster: ClusterFacts,
    *,
    managed_policies: Sequence[str] = (),
    statements: Output[list[dict[str, Any]]] | None = None,
    opts: ResourceOptions,
) -> PodRole:
    """A role that only the pods of `service_account` on this cluster can have. Makes: `aws:iam:Role`, an attachment
    for each of `managed_policies` (as in `arn:aws:iam::aws:policy/<it>`), and `aws:iam:RolePolicy` for `statements`."""
    trust = cluster.account.apply(lambda account: pod_trust(account, cluster.name, NAMESPACE, service_account))
    role = make_role(name, trust, cluster.region, opts)
    rights: list[pulumi.Resource] = [
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy.rsplit('/', 1)[-1]}",
            role=role.name,
            policy_arn=f"arn:aws:iam::aws:policy/{policy}",
            opts=opts,
        )
        for policy in managed_policies
    ]
    if statements is not None:
        document = statements.apply(lambda given: json.dumps({"Version": "2012-10-17", "Statement": given}))
        rights.append(give_rights(name, role, document, opts))
    return PodRole(role.arn, rights)


def pod_trust(account: str, cluster: str, namespace: str, service_account: str) -> str:
    """The trust policy (JSON) of a role for one service account's pods. EKS tags the sessions of Pod Identity with what
    the pod is (EKS user guide, "Create IAM role with trust policy required by EKS Pod Identity"): the conditions hold
    even where somebody else may make associations."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "pods.eks.amazonaws.com"},
                    "Action": ["sts:AssumeRole", "sts:TagSession"],
                    "Condition": {
                        "StringEquals": {
                            "aws:SourceAccount": account,
                            "aws:RequestTag/eks-cluster-name": cluster,
                            "aws:RequestTag/kubernetes-namespace": namespace,
                            "aws:RequestTag/kubernetes-service-account": service_account,
                        }
                    },
                }
            ],
        }
    )
