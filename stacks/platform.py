"""A platform: what the teams' stacks stand on."""

import pulumi

from nodeyard.clouds import of
from nodeyard.clouds.contract.kubeconfig import platform_kubeconfig
from nodeyard.platform import Platform, PlatformArgs
from nodeyard.platform.rules import resolve

from .exports import unless_empty
from .file import StackFile

FILE = StackFile(PlatformArgs, resolve)


def deploy(name: str, args: PlatformArgs) -> None:
    """Makes one `Platform` of that name, and exports its contract as `platform`."""
    platform = Platform(name, args)
    pulumi.export("platform", platform.platform)
    pulumi.export("kubeconfig", platform.platform.apply(platform_kubeconfig))
    pulumi.export("login", platform.platform.apply(lambda contract: of(contract).login_command(contract)))
    pulumi.export("grafana", unless_empty(platform.grafana))
    pulumi.export("quotas", platform.quotas)
