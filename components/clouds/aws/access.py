"""Who may do what in the cluster: access entries, the teams' namespaces and our own roles."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions

from ...errors import InputError, Problem
from ..contract import TeamAccess

CLUSTER_ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
PRINCIPAL = re.compile(r"arn:aws:iam::\d{12}:(role|user)/.+")

Rule = dict[str, list[str]]

LOOK = ["get", "list", "watch"]
CHANGE = [*LOOK, "create", "update", "patch", "delete"]

NAMESPACED: Mapping[str, Sequence[str]] = {
    "": ["configmaps", "endpoints", "persistentvolumeclaims", "pods", "serviceaccounts", "services"],
    "apps": ["controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"],
    "batch": ["cronjobs", "jobs"],
    "discovery.k8s.io": ["endpointslices"],
    "monitoring.coreos.com": ["podmonitors", "prometheusrules", "servicemonitors"],
    "networking.k8s.io": ["ingresses", "networkpolicies"],
    "policy": ["poddisruptionbudgets"],
    "secrets-store.csi.x-k8s.io": ["secretproviderclasses"],
}
"""What our charts and components are made of, by API group."""

OBSERVED: Sequence[Rule] = (
    {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": LOOK},
    {"apiGroups": [""], "resources": ["pods/log"], "verbs": LOOK},
    {
        "apiGroups": ["secrets-store.csi.x-k8s.io"],
        "resources": ["secretproviderclasspodstatuses"],
        "verbs": LOOK,
    },
)

HANDS_ON: Sequence[Rule] = (
    # A restart is the deletion of a pod: changing its template would be a deployment.
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]},
    {"apiGroups": [""], "resources": ["pods/eviction"], "verbs": ["create"]},
    {"apiGroups": [""], "resources": ["pods/exec", "pods/portforward"], "verbs": ["create", "get"]},
    {
        "apiGroups": ["apps"],
        "resources": ["deployments/scale", "statefulsets/scale"],
        "verbs": ["get", "patch", "update"],
    },
)

HELM: Sequence[Rule] = (
    # Helm keeps its releases in Secrets, so whoever releases reads every Secret of the namespace.
    {"apiGroups": [""], "resources": ["secrets"], "verbs": CHANGE},
)


def _with(verbs: list[str]) -> list[Rule]:
    return [
        {"apiGroups": [group], "resources": list(resources), "verbs": verbs} for group, resources in NAMESPACED.items()
    ]


ROLES: Mapping[str, Sequence[Rule]] = {
    "reader": [*_with(LOOK), *OBSERVED],
    "operator": [*_with(LOOK), *OBSERVED, *HANDS_ON],
    "deployer": [*_with(CHANGE), *OBSERVED, *HANDS_ON, *HELM],
}
"""The rights of each role of `TeamAccess` in its team's namespaces."""

CLUSTER_WIDE: Sequence[Rule] = (
    {"apiGroups": [""], "resources": ["namespaces", "nodes", "persistentvolumes"], "verbs": LOOK},
    {"apiGroups": ["storage.k8s.io"], "resources": ["storageclasses", "volumeattachments"], "verbs": LOOK},
)
"""What every role may look at outside namespaces: where pods run, and on which disks."""

VOLUMES: Sequence[Rule] = (
    # PersistentVolumes lie outside namespaces, and Kubernetes cannot keep a right on them to one team: a deployer can
    # change another team's volume object (not its disk: no cloud right comes with it).
    {"apiGroups": [""], "resources": ["persistentvolumes"], "verbs": CHANGE},
)

POD_SECURITY = {
    # Our nodes run on the host network, which `baseline` and `restricted` both refuse for a whole namespace. What a pod
    # of ours has beyond `restricted` is still written to the audit log; `warn` would say it again at every `up`.
    "pod-security.kubernetes.io/enforce": "privileged",
    "pod-security.kubernetes.io/audit": "restricted",
}


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

    Makes: a `Namespace` for each that a team names (protected: with it would go everything in it), the `ClusterRole`s
    `nodeyard-reader|operator|deployer`, `nodeyard-cluster` and `nodeyard-volumes`; for each team an
    `aws:eks:AccessEntry`, a `RoleBinding` in each of its namespaces and in no other, and the `ClusterRoleBinding`s.
    """

    def __init__(self, name: str, cluster: str, teams: Mapping[str, TeamAccess], opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Access", name, None, opts)
        self.namespaces = namespaces(teams)
        self._cluster = cluster
        self._child = ResourceOptions(parent=self)
        made: list[pulumi.Resource] = [self._namespace(namespace) for namespace in self.namespaces]
        made += [self._role(role, rules) for role, rules in ROLES.items()]
        made += [self._role("cluster", CLUSTER_WIDE), self._role("volumes", VOLUMES)]
        for team, access in teams.items():
            self._team(team, access, made)
        self.register_outputs({"namespaces": self.namespaces})

    def _team(self, team: str, access: TeamAccess, made: Sequence[pulumi.Resource]) -> None:
        group = f"nodeyard:{team}"
        aws.eks.AccessEntry(
            team,
            cluster_name=self._cluster,
            principal_arn=access.principal,
            kubernetes_groups=[group],
            opts=self._child,
        )
        # The role is in the names, because a binding's role cannot change: another role is another binding.
        bound = f"nodeyard-{team}-{access.role}"
        after = ResourceOptions(parent=self, depends_on=list(made))
        for namespace in access.namespaces:
            kubernetes.rbac.v1.RoleBinding(
                f"{bound}-{namespace}",
                metadata={"name": bound, "namespace": namespace},
                role_ref=_role_ref(access.role),
                subjects=_subjects(group),
                opts=after,
            )
        for role in ("cluster", "volumes") if access.role == "deployer" else ("cluster",):
            kubernetes.rbac.v1.ClusterRoleBinding(
                f"nodeyard-{team}-{role}",
                metadata={"name": f"nodeyard-{team}-{role}"},
                role_ref=_role_ref(role),
                subjects=_subjects(group),
                opts=after,
            )

    def _namespace(self, namespace: str) -> kubernetes.core.v1.Namespace:
        return kubernetes.core.v1.Namespace(
            namespace,
            metadata={"name": namespace, "labels": POD_SECURITY},
            opts=ResourceOptions(parent=self, protect=True),
        )

    def _role(self, role: str, rules: Sequence[Rule]) -> kubernetes.rbac.v1.ClusterRole:
        name = f"nodeyard-{role}"
        return kubernetes.rbac.v1.ClusterRole(
            name, metadata={"name": name}, rules=[_rule(rule) for rule in rules], opts=self._child
        )


def namespaces(teams: Mapping[str, TeamAccess]) -> list[str]:
    """Every namespace that a team names, once."""
    return sorted({namespace for team in teams.values() for namespace in team.namespaces})


def check(admins: Sequence[str], teams: Mapping[str, TeamAccess]) -> None:
    """Raises `InputError` for a principal that is no IAM role or user, or that stands in two places: EKS keeps one
    access entry for each."""
    named = [(f"admins[{index}]", principal) for index, principal in enumerate(admins)]
    named += [(f"access.{team}.principal", access.principal) for team, access in teams.items()]
    times = Counter(principal for _, principal in named)
    problems: list[Problem] = []
    for path, principal in named:
        if not PRINCIPAL.fullmatch(principal):
            problems.append((path, f"{principal} is not the ARN of an IAM role or user"))
        elif times[principal] > 1:
            problems.append((path, f"{principal} is named more than once; EKS keeps one access entry for each"))
    if problems:
        raise InputError("The platform's arguments are not valid.", problems)


def _rule(rule: Rule) -> kubernetes.rbac.v1.PolicyRuleArgsDict:
    return {"api_groups": rule["apiGroups"], "resources": rule["resources"], "verbs": rule["verbs"]}


def _role_ref(role: str) -> kubernetes.rbac.v1.RoleRefArgsDict:
    return {"api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"nodeyard-{role}"}


def _subjects(group: str) -> list[Any]:
    return [{"kind": "Group", "name": group, "api_group": "rbac.authorization.k8s.io"}]
