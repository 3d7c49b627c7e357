"""A TCP load balancer under an address that is known before a pod answers there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NotRequired

import pulumi
from pulumi import Input, Output
from typing_extensions import TypedDict


@dataclass(frozen=True, kw_only=True)
class LoadBalancerSpec:
    """One port of the pods of one Service, behind a load balancer. The pods see the caller's own address."""

    namespace: str
    """The Service's namespace."""
    service: str
    """The name of the Service. A chart makes the Service, and is told how (`LoadBalancer.service`)."""
    port: int
    """The port of balancer, Service and pods."""
    zones: Sequence[str]
    """The zones of the pods' nodes."""
    public: bool
    """Whether the whole world can route to the address. Otherwise the address is one of the platform's network."""
    source_ranges: Input[Sequence[str]]
    """Who may call. Nobody where the list is empty."""
    health_path: str = ""
    """An HTTP path on the port that tells whether a pod is well. Without one, a pod that takes connections is well."""
    sticky: bool = False
    """Whether a caller's connections go to one and the same pod."""
    private_address: str | None = None
    """The address to take in the platform's network, for a balancer that is not public. On Azure one must be given,
    because nothing reserves one there."""
    existing: Sequence[str] = ()
    """The ids of public addresses to adopt: on AWS one for each zone, in their order, and elsewhere one."""


class ServiceValues(TypedDict):
    """What a chart is told of the balancer's Service (`charts/common/templates/_load_balancer.tpl`)."""

    type: str
    """`LoadBalancer`, or `ClusterIP` where the balancer sends to the pods themselves."""
    annotations: dict[str, str]
    """Of the Service."""
    address: NotRequired[str]
    """The address that the Service takes (`loadBalancerIP`), where the annotations do not say it."""
    sourceRanges: Sequence[str]
    """Who may call. The pods' NetworkPolicy lets the same ranges in."""
    healthRanges: Sequence[str]
    """Where the balancer's own health checks come from. Empty where the node answers these checks."""
    sticky: bool
    """Whether the Service keeps a caller on one pod."""


class LoadBalancer(pulumi.ComponentResource):
    """The balancer that a cloud made of a `LoadBalancerSpec`. A public address is protected: the address outlives the
    balancer."""

    host: Output[str]
    """What callers dial: an address, or on AWS the balancer's name."""
    addresses: Output[list[str]]
    """The addresses behind `host`. AWS knows no private ones beforehand: there the list is empty."""
    service: Output[dict[str, Any]]
    """What the Service's chart is told, as `ServiceValues` has it."""
