"""Load balancers on Google Cloud: GKE's passthrough Network Load Balancers, under addresses that are reserved first."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any, cast

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from ...errors import InputError, Problem
from ..contract import load_balancer as contract
from ..contract.address import AddressSpec
from ..contract.load_balancer import LoadBalancerSpec, ServiceValues
from ..contract.platform import PlatformContract
from ..naming import GCP_RESOURCE
from .address import Address
from .limits import BALANCER_ADDRESS
from .places import WORDS

PUBLIC = {"cloud.google.com/l4-rbs": "enabled"}
"""By a backend service. Without the annotation GKE makes a balancer of the older kind, by a target pool."""
PRIVATE = {"networking.gke.io/load-balancer-type": "Internal"}


class LoadBalancer(contract.LoadBalancer):
    """A regional address. GKE puts a passthrough Network Load Balancer behind it once the Service takes the address
    (`loadBalancerIP`). GKE makes the firewall rules too: for the Service's source ranges, and for Google's health
    checks, which the node answers (`externalTrafficPolicy: Local`).

    Makes: for a public balancer an `Address` (`nodeyard:gcp:Address`, protected), or reads the one whose id is in
    `spec.existing`; for any other one `gcp:compute:Address` in the platform's subnet, which goes with the balancer.

    `spec.health_path` does nothing here: a pod's own readiness tells whether the node has one that is well.
    Sources: GKE's "LoadBalancer Service parameters"; "Create a backend service-based external load balancer".
    Raises `InputError` for what `load_balancer_problems` finds.
    """

    def __init__(self, name: str, spec: LoadBalancerSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:LoadBalancer", name, None, opts)
        if problems := list(load_balancer_problems(spec, platform)):
            raise InputError(f"LoadBalancer {name!r} cannot be made on Google Cloud.", problems)
        self.host = self._public(name, spec, platform) if spec.public else self._private(name, spec, platform)
        self.addresses = self.host.apply(lambda address: [address])
        self.service = Output.all(self.host, spec.source_ranges).apply(
            lambda known: cast(dict[str, Any], _service(spec, *known))
        )
        self.register_outputs({"host": self.host, "addresses": self.addresses})

    def _public(self, name: str, spec: LoadBalancerSpec, platform: PlatformContract) -> Output[str]:
        existing = next(iter(spec.existing), None)
        address = AddressSpec(zone=spec.zones[0], existing=existing)
        return Address(name, address, platform, ResourceOptions(parent=self)).ingress_address

    def _private(self, name: str, spec: LoadBalancerSpec, platform: PlatformContract) -> Output[str]:
        return gcp.compute.Address(
            name,
            name=GCP_RESOURCE.fit(name),
            region=platform["region"],
            address_type="INTERNAL",
            purpose="GCE_ENDPOINT",  # of load balancers too (Compute Engine API, Address.purpose)
            subnetwork=platform["private_subnets"][0]["id"],
            address=spec.private_address,
            description=f"Nodeyard: {name}",
            opts=ResourceOptions(parent=self),
        ).address


def _service(spec: LoadBalancerSpec, address: str, source_ranges: list[str]) -> ServiceValues:
    return {
        "type": "LoadBalancer",
        "annotations": PUBLIC if spec.public else PRIVATE,
        "address": address,
        "sourceRanges": source_ranges,
        "healthRanges": [],
        "sticky": spec.sticky,
    }


def balancer_addresses(name: str, spec: LoadBalancerSpec) -> Sequence[str]:
    """The name of the one public address that the balancer `name` makes and keeps; none for one that makes none."""
    return [name] if spec.public and not spec.existing else []


def load_balancer_problems(spec: LoadBalancerSpec, platform: PlatformContract) -> Iterator[Problem]:
    """What keeps a load balancer from being made, by the spec's keys."""
    if not spec.zones:
        yield "zones", "name the zones of the pods' nodes"
    yield from WORDS.zone_problems(platform["region"], spec.zones)
    if spec.public and spec.private_address:
        yield "private_address", "a public load balancer has none"
    if spec.existing and not spec.public:
        yield "existing", "is for a public load balancer: a private address is not adopted"
    if len(spec.existing) > 1:
        yield "existing", f"a load balancer has one address on Google Cloud, and {len(spec.existing)} are given"
    for index, id_ in enumerate(spec.existing):
        if f"/regions/{platform['region']}/" not in id_:
            yield ("existing", index), f"{id_} is not in the platform's region, {platform['region']}"
    if spec.private_address and not spec.public:
        yield from _private_problems(spec.private_address, platform)


def _private_problems(address: str, platform: PlatformContract) -> Iterator[Problem]:
    subnet = IPv4Network(platform["private_subnets"][0]["cidr"])
    place = int(IPv4Address(address)) - int(subnet.network_address)
    if not 0 <= place < subnet.num_addresses:
        yield "private_address", f"{address} is not in the platform's subnet, {subnet}"
    elif not 2 <= place < subnet.num_addresses - 2:
        yield "private_address", f"{address} cannot be: {BALANCER_ADDRESS.what} is {BALANCER_ADDRESS.rule} ({subnet})"
