"""What a node's release is on Google Cloud."""

import re

GKE = re.compile(r"\d+\.\d+\.\d+-gke\.\d+")


def release_problem(release: str) -> str:
    """What is wrong with a GKE release (`<Kubernetes version>-gke.<build>`), which is that of the node's image too."""
    return "" if GKE.fullmatch(release) else f"{release!r} is no GKE release (1.33.5-gke.1080000)"


def problem_beside(release: str, cluster: str) -> str:
    """What keeps a node of that release out of a cluster of that version; empty when nothing does. A node is never
    newer than its control plane (GKE, "node must not have a greater minor version than master version")."""
    if problem := release_problem(release):
        return problem
    return f"{release} is newer than the cluster, {cluster}" if _minor(release) > _minor(cluster) else ""


def _minor(version: str) -> tuple[int, int]:
    first, second = version.split(".")[:2]
    return int(first), int(second)
