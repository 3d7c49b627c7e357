"""A static public address, and how it gets to the pod that answers under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class AddressSpec:
    """A static public address. The address is protected: it outlives every node that holds it."""

    zone: str
    """The zone of the nodes that answer under it."""
    existing: str | None = None
    """The id of an address to adopt."""


class Address(pulumi.ComponentResource):
    """The address that a cloud made of an `AddressSpec`."""

    ingress_address: Output[str]
    """Where peers reach the pod. The address is reserved before a node exists, and never changes."""
    egress_address: Output[str]
    """Where peers see the pod come from. On AWS and Google Cloud this is the same address. On Azure this is the address
    of the zone's NAT gateway."""
    address_id: Output[str]
    """The id that a claim names the address by. AWS: the allocation id. Azure: the name of the public IP. Google Cloud:
    the name of the address."""


@dataclass(frozen=True, kw_only=True)
class AddressClaim:
    """How an `Address` gets to the pod that answers under it. The charts know the three ways."""

    way: Literal["pod", "claimant", "load-balancer"]
    """`pod`: the pod's init container puts the address on the node. The pod's own identity has the right to do so.
    `claimant`: a second pod puts the address on the node. That pod has an identity of its own, which has the right to
    do so. The first pod's init container waits until the node shows the address.
    `load-balancer`: a Service holds the address. Nobody claims anything."""
    provider: str
    """The name of the charts' script that claims the address or waits for it. Empty where there is no script."""
    image: str
    """The container image that the script runs in. Empty where there is no script."""
    env: Mapping[str, str]
    """What the script needs to know besides the address."""
    annotations: Mapping[str, str]
    """The annotations of the Service, where there is one."""
    address_annotation: str
    """The name of the Service's annotation that takes `Address.address_id`. Empty where there is no Service."""
