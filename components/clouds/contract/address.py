"""A static public address, and how it gets to the pod that answers under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class AddressSpec:
    """A static public address. Protected: it outlives every node that holds it."""

    zone: str
    """The zone of the nodes that answer under it."""
    existing: str | None = None
    """The id of an address to adopt."""


class Address(pulumi.ComponentResource):
    ingress_address: Output[str]
    """Where peers reach the pod: stable, and reserved before a node exists."""
    egress_address: Output[str]
    """Where peers see the pod come from: the same on AWS and Google Cloud; the zone's NAT gateway on Azure."""
    address_id: Output[str]
    """What claims it by: allocation id (AWS), name of the address (Google Cloud), name of the public IP (Azure)."""


@dataclass(frozen=True, kw_only=True)
class AddressClaim:
    """How an `Address` gets to the pod that answers under it. Charts know the three ways."""

    way: Literal["pod", "claimant", "load-balancer"]
    """`pod`: an init container claims it for the node, under the pod's own identity, which has the address.
    `claimant`: a pod beside it claims it for the node, under an identity of its own, which has the address; the pod's
    init container waits until the node shows it. `load-balancer`: a Service holds it; nobody claims anything."""
    provider: str
    """Which of the charts' scripts claims it or waits for it; empty where none does."""
    image: str
    """Where that script runs; empty where none does."""
    env: Mapping[str, str]
    """What it needs to know besides the address."""
    annotations: Mapping[str, str]
    """Of the Service, where there is one."""
    address_annotation: str
    """The annotation that takes `Address.address_id`; empty where there is no Service."""
