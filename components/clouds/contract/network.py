"""The network that a platform stands on."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Output

from .platform import Subnet


@dataclass(frozen=True, kw_only=True)
class NetworkSpec:
    """A network over several zones, each with a public and a private subnet."""

    account: str | None
    """AWS account id, Azure subscription id or Google Cloud project id."""
    region: str
    zones: Sequence[str]
    cidr: str
    flow_log_days: int = 90


class Network(pulumi.ComponentResource):
    network_id: Output[str]
    public_subnets: Output[list[Subnet]]
    private_subnets: Output[list[Subnet]]
    egress_addresses: Output[list[str]]
    cidr: str
