"""What AWS would refuse of a platform, asked before anything is made for it."""

from collections.abc import Iterator, Sequence

from ...errors import Problem
from ..contract.cluster import PlatformPlan, PlatformRule
from ..places import ON_EVERY_CLOUD, reachable_from
from .access import access_problems
from .addons import version_problem
from .limits import PUBLIC_ACCESS, PUBLIC_ACCESS_COUNT
from .node_image import BOTTLEROCKET
from .places import WORDS


def _version(plan: PlatformPlan) -> Iterator[Problem]:
    if problem := version_problem(plan.kubernetes_version):
        yield "kubernetes_version", problem


def _release(plan: PlatformPlan) -> Iterator[Problem]:
    if problem := BOTTLEROCKET.release_problem(plan.release_version):
        yield "system_nodes.release_version", problem


PLATFORM_RULES: Sequence[PlatformRule] = [
    *WORDS.rules(),
    *ON_EVERY_CLOUD,
    reachable_from(PUBLIC_ACCESS, PUBLIC_ACCESS_COUNT),
    access_problems,
    _version,
    _release,
]
