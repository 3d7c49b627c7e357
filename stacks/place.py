"""Where a stack's things are, for those who look after them."""

from nodeyard.clouds.contract.platform import PlatformContract


def of(platform: PlatformContract) -> dict[str, str]:
    """The output `cloud`."""
    return {"cloud": platform["cloud"], "account": platform["account"], "region": platform["region"]}
