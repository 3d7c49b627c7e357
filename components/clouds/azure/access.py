"""Who may enter the cluster: assignments of Azure's roles on it."""

import re
from collections.abc import Mapping, Sequence

import pulumi
from pulumi import Input, ResourceOptions

from ...errors import Problem
from ..contract.cluster import PlatformPlan, TeamAccess
from ..in_cluster.teams import make_teams, principal_problems
from .roles import Role, grant

OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Admins(pulumi.ComponentResource):
    """The Entra groups with every right in the cluster.

    Makes: for each two `azure-native:authorization:RoleAssignment`s on the cluster, AKS RBAC Cluster Admin and AKS
    Cluster User, which gets the kubeconfig; the cluster's own definition names them too. Azure gives no right inside
    the cluster to the principal that makes it: whoever runs `pulumi` must be in one of them.
    """

    def __init__(self, name: str, cluster: Input[str], groups: Sequence[str], opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Admins", name, None, opts)
        child = ResourceOptions(parent=self)
        for group in groups:
            grant(f"{group}-admin", Role.CLUSTER_ADMIN, cluster, group, child, "Group")
            grant(f"{group}-user", Role.CLUSTER_USER, cluster, group, child, "Group")
        self.register_outputs({})


class Access(pulumi.ComponentResource):
    """The teams' namespaces, and who may do what.

    Makes: for each team an `azure-native:authorization:RoleAssignment` of AKS Cluster User, which lets its group in and
    allows nothing there; `in_cluster.teams` for the rest.
    """

    def __init__(self, name: str, cluster: Input[str], teams: Mapping[str, TeamAccess], opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Access", name, None, opts)
        for team, access in teams.items():
            grant(team, Role.CLUSTER_USER, cluster, access.principal, ResourceOptions(parent=self), "Group")
        # To the API server a group of Entra is called by its object id.
        make_teams(teams, {team: ("Group", access.principal) for team, access in teams.items()}, self)
        self.register_outputs({})


def access_problems(plan: PlatformPlan) -> list[Problem]:
    """Principals that are no groups' object ids, or that stand in two places: Azure keeps one assignment for each."""
    found: list[Problem] = []
    if not plan.admins:
        found.append(("admins", "name at least one group, with whoever runs this in it: AKS gives its maker no right"))
    found += principal_problems(
        plan.admins,
        plan.access,
        OBJECT_ID,
        "the object id of an Entra group",
        "; Azure keeps one role assignment for each",
    )
    return found
