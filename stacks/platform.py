"""A platform: what the teams' stacks stand on."""

import pulumi

from nodeyard.platform import Platform, PlatformArgs
from nodeyard.platform.rules import resolve

from .file import StackFile

FILE = StackFile(PlatformArgs, resolve)


def deploy(args: PlatformArgs) -> None:
    """Makes one `Platform`, named as the stack is, and exports its contract as `platform`."""
    platform = Platform(pulumi.get_stack(), args)
    pulumi.export("platform", platform.platform)
    pulumi.export("grafana", platform.grafana)
    pulumi.export("quotas", platform.quotas)
