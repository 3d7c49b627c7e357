"""Which traffic may reach nodes and machines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi import Output


@dataclass(frozen=True)
class IngressRule:
    """One port that nodes or machines open."""

    port: int
    protocol: Literal["tcp", "udp"]
    description: str
    """What the port is for. The cloud shows this text beside the rule."""
    cidrs: Sequence[str] = ("0.0.0.0/0",)
    """Who may reach the port."""


@dataclass(frozen=True, kw_only=True)
class FirewallSpec:
    """Which traffic may reach the nodes and machines behind a firewall. Their outgoing traffic is open."""

    ingress: Sequence[IngressRule] = ()
    """The ports that are open. Without one nothing comes in."""
    peers: bool = False
    """Whether all members may reach each other on every port."""


class Firewall(pulumi.ComponentResource):
    """The firewall that a cloud made of a `FirewallSpec`."""

    firewall_id: Output[str]
    """AWS: the id of the security group. Google Cloud: the network tag. Empty on Azure, where a firewall belongs to
    subnets."""
