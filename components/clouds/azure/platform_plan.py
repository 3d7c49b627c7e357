"""What Azure would refuse of a platform, asked before anything is made for it."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network

from ...errors import Path, Problem
from ...live import older_release
from ..contract.cluster import LivePlatform, LivePlatformRule, PlatformPlan, PlatformRule
from ..contract.network import ZONES
from ..places import ON_EVERY_CLOUD, network_within, reachable_from
from .access import access_problems
from .cluster_ranges import PODS, SERVICES
from .limits import AUTHORIZED_RANGES, CLUSTER_NETWORK, PUBLIC_ACCESS
from .places import WORDS
from .release_version import problem_beside
from .tags import private_cluster_problems


def _release(plan: PlatformPlan) -> Iterator[Problem]:
    if problem := problem_beside(plan.release_version, plan.kubernetes_version):
        yield "system_nodes.release_version", problem


def _own_range(plan: PlatformPlan) -> Iterator[Problem]:
    return _inside(("cidr",), plan.cidr)


def _peered_ranges(plan: PlatformPlan) -> Iterator[Problem]:
    for index, cidr in enumerate(plan.peered_cidrs):
        yield from _inside(("peered_cidrs", index), cidr)


def _inside(path: Path, cidr: str) -> Iterator[Problem]:
    for inside in (PODS, SERVICES):
        if IPv4Network(cidr).overlaps(IPv4Network(inside)):
            yield path, f"{cidr} overlaps {inside}, which the cluster has inside"


PLATFORM_RULES: Sequence[PlatformRule] = [
    *WORDS.rules(),
    *ON_EVERY_CLOUD,
    reachable_from(PUBLIC_ACCESS, AUTHORIZED_RANGES, beside=ZONES),  # our NAT gateways
    network_within(CLUSTER_NETWORK),
    access_problems,
    private_cluster_problems,
    _release,
    _own_range,
    _peered_ranges,
]


def _system_pool(before: LivePlatform, plan: PlatformPlan) -> Iterator[Problem]:
    """azure-docs, articles/aks/manage-node-pools.md. The pool stands inside the cluster's own definition: there is no
    other one to take its place meanwhile."""
    if before["instance_type"] != plan.instance_type:
        reason = f"AKS does not change the size of a pool, and the system nodes have {before['instance_type']}"
        yield "system_nodes.instance_type", reason
    if problem := older_release(before["release_version"], plan.release_version):
        yield "system_nodes.release_version", problem


def _private(before: LivePlatform, plan: PlatformPlan) -> Iterator[Problem]:
    """azure-docs, articles/aks/private-clusters.md: "No support for converting existing AKS clusters into private
    clusters"."""
    if before["is_public"] != bool(plan.public_access_cidrs):
        kind = "public" if before["is_public"] else "private"
        yield "public_access_cidrs", f"the cluster is {kind}, and AKS makes no cluster of the other kind of it"


LIVE_PLATFORM_RULES: Sequence[LivePlatformRule] = [_system_pool, _private]
