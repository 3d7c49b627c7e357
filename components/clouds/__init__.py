"""Where a component leaves the cloud-neutral vocabulary: the one place that looks at which cloud a platform is on."""

from importlib import import_module
from typing import TYPE_CHECKING, cast

from .contract.platform import CloudName, PlatformContract

if TYPE_CHECKING:  # the vocabulary is made of Pulumi's classes, and who only asks for a cloud's name needs none of them
    from .contract.cloud import Cloud


def named(cloud: CloudName) -> "Cloud":
    """The cloud of that name: the package itself. It imports that cloud's SDK only, so that the others need not be
    installed."""
    return cast("Cloud", import_module(f"{__name__}.{cloud}"))


def of(platform: PlatformContract) -> "Cloud":
    """The cloud that `platform` is on."""
    return named(platform["cloud"])
