"""What only a platform on Google Cloud has, out of its contract."""

import pulumi

from ..contract.platform import GcpPlatform, PlatformContract


def gcp_of(platform: PlatformContract) -> GcpPlatform:
    """The section `gcp`, which `Cluster` always writes. Raises `RunError` where it is missing."""
    section = platform.get("gcp")
    if section is None:
        raise pulumi.RunError("The platform's contract has no section `gcp`: deploy the platform again.")
    return section
