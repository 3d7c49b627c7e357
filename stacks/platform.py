"""A platform: what the teams' stacks stand on."""

from typing import Any, cast

import pulumi

from nodeyard.platform import Platform, PlatformArgs

from .config import PlatformConfig


def deploy(config: PlatformConfig) -> None:
    """Makes one `Platform`, named as the stack is, and exports its contract as `platform`."""
    # The models' Python names are the component's own keys.
    args = config.model_dump(exclude={"kind"})
    platform = Platform(pulumi.get_stack(), cast(PlatformArgs, cast(Any, args)))
    pulumi.export("platform", platform.platform)
