"""Firewalls on Azure: rules, which whoever stands behind them holds."""

from pulumi import Output, ResourceOptions

from ..contract import firewall as contract
from ..contract.firewall import FirewallSpec
from ..contract.platform import PlatformContract
from ..own import own

EVERYONE = ("0.0.0.0/0",)

POLICIES_NAME_NODES = False
"""Cilium takes no node for an `ipBlock` of a NetworkPolicy."""

PODS_ARE_ROUTED = False
"""Nobody outside a cluster finds its pods ("Overview of Azure CNI Overlay networking")."""


class Firewall(contract.Firewall):
    """Makes nothing. Nodes have no public addresses, and what reaches one from outside comes through a Service of type
    LoadBalancer: AKS opens exactly that Service's ports, to everyone, in the security group that it keeps for its
    nodes, and closes them when the Service goes. A virtual network's default rules let its members talk to each other.
    A machine's network interface takes one security group, so that `Machine` makes it, with the rules of all its
    firewalls.

    `NodePool` refuses rules that are not open to everyone, because they would be open all the same.
    """

    def __init__(self, name: str, spec: FirewallSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Firewall", name, None, opts)
        self.spec = spec
        self.firewall_id = Output.from_input("")
        self.register_outputs({})


def spec_of(firewall: contract.Firewall) -> FirewallSpec:
    """What the firewall was asked to hold."""
    return own(Firewall, firewall).spec
