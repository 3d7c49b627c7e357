"""Who may enter the cluster: access entries."""

import re
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions

from ...errors import Problem
from ..contract.cluster import PlatformPlan, TeamAccess
from ..in_cluster.teams import make_teams, principal_problems

CLUSTER_ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
PRINCIPAL = re.compile(r"arn:aws:iam::\d{12}:(role|user)/.+")


class Admins(pulumi.ComponentResource):
    """The principals with every right in the cluster.

    Makes: for each an `aws:eks:AccessEntry` with AmazonEKSClusterAdminPolicy. EKS itself makes the entry of the
    principal that creates the cluster, and refuses a second one (ResourceInUseException): that one must not be among
    them.
    """

    def __init__(self, name: str, cluster: str, principals: Sequence[str], opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Admins", name, None, opts)
        child = ResourceOptions(parent=self)
        for principal in principals:
            entry_name = principal.removeprefix("arn:aws:iam::").replace(":", "-").replace("/", "-")
            entry = aws.eks.AccessEntry(entry_name, cluster_name=cluster, principal_arn=principal, opts=child)
            aws.eks.AccessPolicyAssociation(
                entry_name,
                cluster_name=cluster,
                principal_arn=entry.principal_arn,
                policy_arn=CLUSTER_ADMIN,
                access_scope={"type": "cluster"},
                opts=child,
            )
        self.register_outputs({})


class Access(pulumi.ComponentResource):
    """The teams' namespaces, and who may do what.

    Makes: for each team an `aws:eks:AccessEntry`; `in_cluster.teams` for the rest.
    """

    def __init__(self, name: str, cluster: str, teams: Mapping[str, TeamAccess], opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Access", name, None, opts)
        for team, access in teams.items():
            aws.eks.AccessEntry(
                team,
                cluster_name=cluster,
                principal_arn=access.principal,
                kubernetes_groups=[_group(team)],
                opts=ResourceOptions(parent=self),
            )
        make_teams(teams, {team: ("Group", _group(team)) for team in teams}, self)
        self.register_outputs({})


def access_problems(plan: PlatformPlan) -> list[Problem]:
    """Principals that are no IAM role or user, or that stand in two places: EKS keeps one access entry for each."""
    return principal_problems(
        plan.admins, plan.access, PRINCIPAL, "the ARN of an IAM role or user", "; EKS keeps one access entry for each"
    )


def _group(team: str) -> str:
    return f"nodeyard:{team}"
