"""Firewalls on Azure: none of our own."""

from pulumi import Output, ResourceOptions

from ...errors import InputError
from .. import contract
from ..contract import FirewallSpec, PlatformContract

EVERYONE = ("0.0.0.0/0",)


class Firewall(contract.Firewall):
    """Makes nothing. Nodes have no public addresses, and what reaches one from outside comes through a Service of type
    LoadBalancer: AKS opens exactly that Service's ports, to everyone, in the security group that it keeps for its
    nodes, and closes them when the Service goes. A virtual network's default rules let its members talk to each other.

    Raises `InputError` for a rule that is not open to everyone, because it would be open all the same.
    """

    def __init__(self, name: str, spec: FirewallSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Firewall", name, None, opts)
        problems = [
            (f"ingress[{index}].cidrs", f"port {rule.port} would be open to everyone: a Service opens it on Azure")
            for index, rule in enumerate(spec.ingress)
            if tuple(rule.cidrs) != EVERYONE
        ]
        if problems:
            raise InputError(f"Firewall {name!r} cannot be held on Azure.", problems)
        self.firewall_id = Output.from_input("")
        self.register_outputs({})
