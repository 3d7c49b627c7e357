"""One player of a Builder Vault TSM, on its own team's platform."""

import pulumi

from nodeyard.clouds.contract.kubeconfig import platform_kubeconfig
from nodeyard.reference import place
from nodeyard.tsm_node import TSMNode, TSMNodeArgs
from nodeyard.tsm_node.rules import resolve

from .file import StackFile

FILE = StackFile(TSMNodeArgs, resolve)


def deploy(name: str, args: TSMNodeArgs) -> None:
    """Makes one `TSMNode`, named as the stack is. Its card is for the card's stack (`tsm_card.py`)."""
    player = TSMNode(name, args)
    pulumi.export("cloud", place(args["platform"]))
    pulumi.export("kubeconfig", platform_kubeconfig(args["platform"]))
    pulumi.export("card", player.card)
    pulumi.export("sdk", player.sdk)
    pulumi.export("endpoints", player.endpoints)
    pulumi.export("namespace", player.namespace)
    pulumi.export("release", player.release)
    pulumi.export("nodePools", player.node_pools)
    pulumi.export("database", player.database)
    pulumi.export("secrets", player.secrets)
    pulumi.export("missing", player.missing)
    pulumi.export("quotas", player.quotas)
