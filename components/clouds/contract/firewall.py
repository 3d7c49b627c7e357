"""Which traffic may reach nodes and machines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi import Output


@dataclass(frozen=True)
class IngressRule:
    """One port that a node pool opens to `cidrs`."""

    port: int
    protocol: Literal["tcp", "udp"]
    description: str
    cidrs: Sequence[str] = ("0.0.0.0/0",)


@dataclass(frozen=True, kw_only=True)
class FirewallSpec:
    """Which traffic may reach the nodes that are put behind it. Outgoing traffic is open."""

    ingress: Sequence[IngressRule] = ()
    peers: bool = False
    """All traffic between the members."""


class Firewall(pulumi.ComponentResource):
    firewall_id: Output[str]
