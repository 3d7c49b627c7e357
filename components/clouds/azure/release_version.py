"""What a node's release is on Azure."""

import re

PATCH = re.compile(r"1\.\d+\.\d+")
OLDEST = 3
"""How many minors a node may be behind its cluster."""


def release_problem(release: str) -> str:
    """What is wrong with a release; empty when nothing is. It is Kubernetes' own patch version: AKS takes no node
    image by name, a node gets the newest one of that version when it is made."""
    return "" if PATCH.fullmatch(release) else f"{release!r} is no patch version of Kubernetes, which look like 1.36.2"


def problem_beside(release: str, cluster: str) -> str:
    """What keeps a node of that release out of a cluster of that version; empty when nothing does. A node is never
    newer, and up to three minors older (azure-aks-docs `fb060ab`, upgrade-aks-control-plane.md)."""
    if problem := release_problem(release):
        return problem
    (node_major, node), (major, control_plane) = minor(release), minor(cluster)
    if (node_major, node) > (major, control_plane):
        return f"{release} is newer than the cluster, {cluster}"
    if node_major < major or node < control_plane - OLDEST:
        return f"{release} is more than {OLDEST} minors older than the cluster, {cluster}"
    return ""


def minor(version: str) -> tuple[int, int]:
    """Major and minor of `1.36` or `1.36.2`, to compare."""
    first, second = version.split(".")[:2]
    return int(first), int(second)
