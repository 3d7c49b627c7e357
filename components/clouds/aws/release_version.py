"""What a node's release is on AWS."""

import re

BOTTLEROCKET = re.compile(r"\d+\.\d+\.\d+-[0-9a-f]{8}")


def release_problem(release: str) -> str:
    """What is wrong with a Bottlerocket release (`<version>-<first 8 digits of the release's commit>`)."""
    return "" if BOTTLEROCKET.fullmatch(release) else f"{release!r} is no Bottlerocket release (1.46.0-431fe75a)"
