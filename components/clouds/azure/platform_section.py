"""What only a platform on Azure has, out of its contract."""

from ..contract.platform import AzurePlatform, PlatformContract


def azure_of(platform: PlatformContract) -> AzurePlatform:
    """The section `azure`, which `Cluster` always writes."""
    section = platform.get("azure")
    if section is None:
        raise ValueError("the platform's contract says cloud: azure and has no section azure")
    return section
