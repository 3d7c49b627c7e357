"""What Azure would refuse of a platform, asked before anything is made for it."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network

from ...errors import Path, Problem
from ..contract.cluster import PlatformPlan, PlatformRule
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
