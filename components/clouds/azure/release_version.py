"""What a node's release is on Azure."""

import re

from ..version_skew import skew_problem

PATCH = re.compile(r"1\.\d+\.\d+")
OLDEST = 3
"""How many minors a node may be behind its cluster (azure-aks-docs `fb060ab`, upgrade-aks-control-plane.md)."""


def release_problem(release: str) -> str:
    """What is wrong with a release; empty when nothing is. It is Kubernetes' own patch version: AKS takes no node
    image by name, a node gets the newest one of that version when it is made."""
    return "" if PATCH.fullmatch(release) else f"{release!r} is no patch version of Kubernetes, which look like 1.36.2"


def problem_beside(release: str, cluster: str) -> str:
    """What keeps a node of that release out of a cluster of that version; empty when nothing does."""
    return release_problem(release) or skew_problem(release, cluster, OLDEST)
