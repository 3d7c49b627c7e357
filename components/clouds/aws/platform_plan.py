"""What AWS would refuse of a platform, asked before anything is made for it."""

from collections.abc import Iterator, Sequence

from ...errors import Problem
from ..contract.cluster import LivePlatformRule, PlatformPlan, PlatformRule
from ..places import ON_EVERY_CLOUD, reachable_from
from .access import access_problems
from .limits import PUBLIC_ACCESS, PUBLIC_ACCESS_COUNT
from .node_image import BOTTLEROCKET
from .places import WORDS


def _release(plan: PlatformPlan) -> Iterator[Problem]:
    if problem := BOTTLEROCKET.problem_beside(plan.release_version, plan.kubernetes_version):
        yield "system_nodes.release_version", problem


PLATFORM_RULES: Sequence[PlatformRule] = [
    *WORDS.rules(),
    *ON_EVERY_CLOUD,
    reachable_from(PUBLIC_ACCESS, PUBLIC_ACCESS_COUNT),
    access_problems,
    _release,
]

LIVE_PLATFORM_RULES: Sequence[LivePlatformRule] = []
