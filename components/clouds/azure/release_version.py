"""What a node's release is on Azure."""

import re

PATCH = re.compile(r"1\.\d+\.\d+")


def release_problem(release: str) -> str:
    """What is wrong with a release; empty when nothing is. It is Kubernetes' own patch version: AKS takes no node
    image by name, a node gets the newest one of that version when it is made."""
    return "" if PATCH.fullmatch(release) else f"{release!r} is no patch version of Kubernetes, which look like 1.36.2"


def minor(version: str) -> tuple[int, int]:
    """Major and minor of `1.36` or `1.36.2`, to compare."""
    first, second = version.split(".")[:2]
    return int(first), int(second)
