"""Who may enter the cluster: IAM lets them in, Kubernetes' own RBAC says what teams may do there."""

import re
from collections.abc import Iterable, Mapping, Sequence

import pulumi
import pulumi_gcp as gcp
from pulumi import ResourceOptions

from ...errors import Problem
from ..contract.cluster import PlatformPlan, TeamAccess
from ..in_cluster.teams import Subject, make_teams, principal_problems

ADMIN = "roles/container.admin"
VIEWER = "roles/container.clusterViewer"
PRINCIPAL = re.compile(r"(group|user|serviceAccount):[^@\s:]+@[^@\s:]+")


class Admins(pulumi.ComponentResource):
    """The principals with every right in the cluster.

    Makes: for each `gcp:projects:IAMMember` with roles/container.admin. IAM has no smaller place to give it than the
    project: they are admins of every cluster there.
    """

    def __init__(self, name: str, project: str, principals: Sequence[str], opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Admins", name, None, opts)
        for principal in principals:
            gcp.projects.IAMMember(
                principal.replace(":", "-"),
                project=project,
                role=ADMIN,
                member=principal,
                opts=ResourceOptions(parent=self),
            )
        self.register_outputs({})


class Access(pulumi.ComponentResource):
    """The teams' namespaces, and who may do what.

    Makes: for each team `gcp:projects:IAMMember` with roles/container.clusterViewer, which finds clusters and allows
    nothing inside; `in_cluster.teams` for the rest.
    """

    def __init__(self, name: str, project: str, teams: Mapping[str, TeamAccess], opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Access", name, None, opts)
        for team, access in teams.items():
            gcp.projects.IAMMember(
                team, project=project, role=VIEWER, member=access.principal, opts=ResourceOptions(parent=self)
            )
        make_teams(teams, {team: subject(access.principal) for team, access in teams.items()}, self)
        self.register_outputs({})


def subject(principal: str) -> Subject:
    """What the API server calls the member `<kind>:<e-mail>`."""
    kind, _, email = principal.partition(":")
    return ("Group" if kind == "group" else "User", email)


def security_group(teams: Mapping[str, TeamAccess]) -> str:
    """The Google group whose member groups GKE tells the API server of; it must have this name ("Configure Google
    Groups for RBAC"), and the teams' groups must be put into it. Empty when no team is a group."""
    domains = _group_domains(access.principal for access in teams.values())
    return f"gke-security-groups@{domains[0]}" if domains else ""


def access_problems(plan: PlatformPlan) -> list[Problem]:
    """Principals that are no group, user or service account, or that stand in two places (either one's end would be the
    other's), and teams' groups of more than one domain: GKE knows those of one."""
    member = "a member as in group:team@example.com (or user:, serviceAccount:)"
    problems = principal_problems(plan.admins, plan.access, PRINCIPAL, member)
    domains = _group_domains(access.principal for access in plan.access.values())
    if len(domains) > 1:
        problems.append(("access", f"the groups must be of one domain, and are of {', '.join(domains)}"))
    return problems


def _group_domains(principals: Iterable[str]) -> list[str]:
    return sorted({principal.rpartition("@")[2] for principal in principals if principal.startswith("group:")})
