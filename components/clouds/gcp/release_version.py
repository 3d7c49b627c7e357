"""What a node's release is on Google Cloud."""

import re

GKE = re.compile(r"\d+\.\d+\.\d+-gke\.\d+")


def release_problem(release: str) -> str:
    """What is wrong with a GKE release (`<Kubernetes version>-gke.<build>`), which is that of the node's image too."""
    return "" if GKE.fullmatch(release) else f"{release!r} is no GKE release (1.33.5-gke.1080000)"
