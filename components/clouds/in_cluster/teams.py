"""The teams' namespaces, and who may do what in them: the same rights on every cloud, by Kubernetes' own RBAC."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import ResourceOptions

from ...errors import Path, Problem
from ..contract.cluster import TeamAccess, TeamRole
from .tenants import tenants_list

Rule = dict[str, list[str]]

LOOK = ["get", "list", "watch"]
CHANGE = [*LOOK, "create", "update", "patch", "delete"]

NAMESPACED: Mapping[str, Sequence[str]] = {
    "": ["configmaps", "endpoints", "persistentvolumeclaims", "pods", "serviceaccounts", "services"],
    "apps": ["controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"],
    "batch": ["cronjobs", "jobs"],
    "cloud.google.com": ["backendconfigs"],
    "discovery.k8s.io": ["endpointslices"],
    "elbv2.k8s.aws": ["targetgroupbindings"],
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


ROLES: Mapping[TeamRole, Sequence[Rule]] = {
    TeamRole.READER: [*_with(LOOK), *OBSERVED],
    TeamRole.OPERATOR: [*_with(LOOK), *OBSERVED, *HANDS_ON],
    TeamRole.DEPLOYER: [*_with(CHANGE), *OBSERVED, *HANDS_ON, *HELM],
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

LEASES: Rule = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "update"]}
"""What a namespace's pods may do to its Leases, by which they agree who is in charge. The platform gives the right,
because a team's role may give none."""

POD_SECURITY = {
    # Our nodes run on the host network, which `baseline` and `restricted` both refuse for a whole namespace. What a pod
    # of ours has beyond `restricted` is still written to the audit log; `warn` would say it again at every `up`.
    "pod-security.kubernetes.io/enforce": "privileged",
    "pod-security.kubernetes.io/audit": "restricted",
}


Subject = tuple[Literal["Group", "User"], str]
"""Who has a right, to the API server."""


def make_teams(teams: Mapping[str, TeamAccess], subjects: Mapping[str, Subject], parent: pulumi.Resource) -> None:
    """Makes: a `Namespace` for each that a team names (protected: with it would go everything in it), and in it the
    list of its tenants, and the `Role` and `RoleBinding` by which its pods may hold Leases; the `ClusterRole`s
    `nodeyard-reader|operator|deployer`, `nodeyard-cluster` and `nodeyard-volumes`; for each team a `RoleBinding` in
    each of its namespaces and in no other, and the `ClusterRoleBinding`s. How the team gets into the cluster at all is
    the cloud's."""
    made: list[pulumi.Resource] = [_namespace(namespace, parent) for namespace in namespaces(teams)]
    made += [_role(role, rules, parent) for role, rules in ROLES.items()]
    made += [_role("cluster", CLUSTER_WIDE, parent), _role("volumes", VOLUMES, parent)]
    for team, access in teams.items():
        _bind(team, access, subjects[team], ResourceOptions(parent=parent, depends_on=made))


def namespaces(teams: Mapping[str, TeamAccess]) -> list[str]:
    """Every namespace that a team names, once."""
    return sorted({namespace for team in teams.values() for namespace in team.namespaces})


def principal_problems(
    admins: Sequence[str], teams: Mapping[str, TeamAccess], shape: re.Pattern[str], what: str, repeated: str = ""
) -> list[Problem]:
    """Principals that are not `what`, whose shape that is, or that stand in two places; `repeated` says why not."""
    named: list[tuple[Path, str]] = [(("admins", index), principal) for index, principal in enumerate(admins)]
    named += [(("access", team, "principal"), access.principal) for team, access in teams.items()]
    times = Counter(principal for _, principal in named)
    problems: list[Problem] = []
    for path, principal in named:
        if not shape.fullmatch(principal):
            problems.append((path, f"{principal} is not {what}"))
        elif times[principal] > 1:
            problems.append((path, f"{principal} is named more than once{repeated}"))
    return problems


def _bind(team: str, access: TeamAccess, subject: Subject, opts: ResourceOptions) -> None:
    # The role is in the names, because a binding's role cannot change: another role is another binding.
    bound = f"nodeyard-{team}-{access.role}"
    for namespace in access.namespaces:
        kubernetes.rbac.v1.RoleBinding(
            f"{bound}-{namespace}",
            metadata={"name": bound, "namespace": namespace},
            role_ref=_role_ref("ClusterRole", access.role),
            subjects=[_subject(subject)],
            opts=opts,
        )
    for role in ("cluster", "volumes") if access.role is TeamRole.DEPLOYER else ("cluster",):
        kubernetes.rbac.v1.ClusterRoleBinding(
            f"nodeyard-{team}-{role}",
            metadata={"name": f"nodeyard-{team}-{role}"},
            role_ref=_role_ref("ClusterRole", role),
            subjects=[_subject(subject)],
            opts=opts,
        )


def _namespace(namespace: str, parent: pulumi.Resource) -> kubernetes.core.v1.Namespace:
    made = kubernetes.core.v1.Namespace(
        namespace,
        metadata={"name": namespace, "labels": POD_SECURITY},
        opts=ResourceOptions(parent=parent, protect=True),
    )
    inside = ResourceOptions(parent=parent, depends_on=[made])
    tenants_list(namespace, inside)
    _let_pods_hold_leases(namespace, inside)
    return made


def _let_pods_hold_leases(namespace: str, opts: ResourceOptions) -> None:
    """Binds the right to the group that Kubernetes puts each service account of the namespace in. So each pod has it
    whose API token is mounted."""
    name = f"nodeyard-lease-holder-{namespace}"
    metadata: kubernetes.meta.v1.ObjectMetaArgsDict = {"name": "nodeyard-lease-holder", "namespace": namespace}
    kubernetes.rbac.v1.Role(name, metadata=metadata, rules=[_rule(LEASES)], opts=opts)
    kubernetes.rbac.v1.RoleBinding(
        name,
        metadata=metadata,
        role_ref=_role_ref("Role", "lease-holder"),
        subjects=[_subject(("Group", f"system:serviceaccounts:{namespace}"))],
        opts=opts,
    )


def _role(role: str, rules: Sequence[Rule], parent: pulumi.Resource) -> kubernetes.rbac.v1.ClusterRole:
    name = f"nodeyard-{role}"
    return kubernetes.rbac.v1.ClusterRole(
        name, metadata={"name": name}, rules=[_rule(rule) for rule in rules], opts=ResourceOptions(parent=parent)
    )


def _rule(rule: Rule) -> kubernetes.rbac.v1.PolicyRuleArgsDict:
    return {"api_groups": rule["apiGroups"], "resources": rule["resources"], "verbs": rule["verbs"]}


def _role_ref(kind: Literal["ClusterRole", "Role"], role: str) -> kubernetes.rbac.v1.RoleRefArgsDict:
    return {"api_group": "rbac.authorization.k8s.io", "kind": kind, "name": f"nodeyard-{role}"}


def _subject(subject: Subject) -> kubernetes.rbac.v1.SubjectArgsDict:
    kind, name = subject
    return {"kind": kind, "name": name, "api_group": "rbac.authorization.k8s.io"}
