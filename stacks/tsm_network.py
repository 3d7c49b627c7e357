"""A whole Builder Vault TSM in one cluster, for tests."""

import pulumi

from nodeyard.clouds.contract.kubeconfig import platform_kubeconfig
from nodeyard.reference import place
from nodeyard.tsm_network import TSMNetwork, TSMNetworkArgs
from nodeyard.tsm_network.settings import resolve

from .file import StackFile

FILE = StackFile(TSMNetworkArgs, resolve)


def deploy(name: str, args: TSMNetworkArgs) -> None:
    """Makes one `TSMNetwork` of that name, and exports what its users need."""
    network = TSMNetwork(name, args)
    pulumi.export("cloud", place(args["platform"]))
    pulumi.export("kubeconfig", platform_kubeconfig(args["platform"]))
    pulumi.export("sdk", network.sdk)
    pulumi.export("endpoints", network.endpoints)
    pulumi.export("releases", network.releases)
    pulumi.export("secrets", network.secrets)
    pulumi.export("missing", network.missing)
    pulumi.export("quotas", network.quotas)
