"""Where a component leaves the cloud-neutral vocabulary: the one place that looks at which cloud a platform is on."""

from importlib import import_module

from .contract import Cloud, PlatformContract


def named(cloud: str) -> Cloud:
    """The cloud of that name. Imports only that cloud's SDK, so that the others need not be installed."""
    made: Cloud = import_module(f"{__name__}.{cloud}").CLOUD
    return made


def of(platform: PlatformContract) -> Cloud:
    """The cloud that `platform` is on."""
    return named(platform["cloud"])
