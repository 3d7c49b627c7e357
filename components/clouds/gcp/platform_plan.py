"""What Google Cloud would refuse of a platform, asked before anything is made for it."""

from collections.abc import Iterator, Sequence

from ...errors import Problem
from ..contract.cluster import LivePlatformRule, PlatformPlan, PlatformRule
from ..places import ON_EVERY_CLOUD, network_within, reachable_from
from .access import access_problems
from .limits import SUBNET
from .places import WORDS
from .release_version import problem_beside


def _release(plan: PlatformPlan) -> Iterator[Problem]:
    if problem := problem_beside(plan.release_version, plan.kubernetes_version):
        yield "system_nodes.release_version", problem


PLATFORM_RULES: Sequence[PlatformRule] = [
    *WORDS.rules(),
    *ON_EVERY_CLOUD,
    reachable_from(None, None),
    network_within(SUBNET),
    access_problems,
    _release,
]

LIVE_PLATFORM_RULES: Sequence[LivePlatformRule] = []
