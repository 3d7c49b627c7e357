"""A Theta network: one or more edge nodes, on a platform or without one."""

import pulumi

from nodeyard.clouds.contract.kubeconfig import platform_kubeconfig
from nodeyard.reference import place
from nodeyard.theta_edge_node import ThetaEdgeNode, ThetaEdgeNodeArgs
from nodeyard.theta_edge_node.rules import resolve

from .exports import unless_empty
from .file import StackFile

FILE = StackFile(ThetaEdgeNodeArgs, resolve)


def deploy(name: str, args: ThetaEdgeNodeArgs) -> None:
    """Makes one `ThetaEdgeNode` of that name, and exports what operators and `nodeyard theta` need of it."""
    fleet = ThetaEdgeNode(name, args)
    pulumi.export("cloud", place(fleet.platform))
    if fleet.platform["cluster_name"]:
        pulumi.export("kubeconfig", platform_kubeconfig(fleet.platform))
    pulumi.export("nodes", fleet.nodes)
    pulumi.export("releases", unless_empty(fleet.releases))
    pulumi.export("secrets", fleet.secrets)
    pulumi.export("missing", fleet.missing)
    pulumi.export("quotas", fleet.quotas)
