"""The network that a platform stands on."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Output

from .platform import Subnet

ZONES = 3
"""How many zones a network spans."""


@dataclass(frozen=True, kw_only=True)
class NetworkSpec:
    """A network over several zones. Each zone gets a public and a private subnet."""

    account: str | None
    """AWS account id, Azure subscription id or Google Cloud project id."""
    region: str
    """The cloud's name of the region."""
    zones: Sequence[str]
    """The zones, as the nodes' label `topology.kubernetes.io/zone` spells them."""
    cidr: str
    """The network's whole address range. The subnets are cut out of this range."""
    flow_log_days: int = 90
    """How many days the log of the network's traffic is kept."""


class Network(pulumi.ComponentResource):
    """The network that a cloud made of a `NetworkSpec`."""

    network_id: Output[str]
    """The id of the VPC or of the virtual network."""
    public_subnets: Output[list[Subnet]]
    """The subnets of nodes with a public address, one for each zone."""
    private_subnets: Output[list[Subnet]]
    """The subnets of all other nodes, one for each zone."""
    egress_addresses: Output[list[str]]
    """The public addresses that the private subnets are seen from."""
    cidr: str
    """The network's whole address range."""
