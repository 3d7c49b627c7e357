"""Load balancers on Azure: the one that AKS has for all Services, with an address of ours."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network

from pulumi import Output, ResourceOptions

from ...errors import InputError, Problem
from ..contract import load_balancer as contract
from ..contract.load_balancer import LoadBalancerSpec, ServiceValues
from ..contract.platform import PlatformContract, Subnet
from . import arm_id
from .address import balanced_address
from .adoption import adoption_problem
from .limits import PRIVATE_ADDRESS
from .platform_section import azure_of

_ANNOTATION = "service.beta.kubernetes.io/azure-"
"""What begins the names of the annotations that AKS' own controller reads (kubernetes-sigs/cloud-provider-azure
`7b31c76`, pkg/consts/consts.go)."""
_TAKEN_FIRST = 4
"""How many addresses at a subnet's beginning are Azure's own."""


class LoadBalancer(contract.LoadBalancer):
    """The address and the annotations of a Service of type LoadBalancer, which AKS' own controller puts on its load
    balancer.

    Makes, for a public one: `azure-native:network:PublicIPAddress` (Standard, static, over all zones), protected and
    retained; or reads the one whose ARM id is in `spec.existing`, of the platform's resource group; and the cluster's
    right to put this one address on its load balancer (`azure-native:authorization:RoleAssignment`). For a private one:
    nothing, because nothing reserves an address in a virtual network.

    The node that has a pod answers the balancer's health checks (`externalTrafficPolicy: Local`), by whether the pod is
    ready. So `spec.health_path` is for the pod's own readiness probe.

    Raises `InputError` for what `load_balancer_problems` says.
    """

    def __init__(self, name: str, spec: LoadBalancerSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:LoadBalancer", name, None, opts)
        if problems := list(load_balancer_problems(spec, platform)):
            raise InputError(f"Load balancer {name!r} cannot be made on Azure.", problems)
        if spec.public:
            self.host, annotations = self._public(name, spec, platform)
        else:
            self.host, annotations = _private(spec, platform)
        self.addresses = self.host.apply(lambda address: [address])
        self.service = Output.all(annotations, spec.source_ranges).apply(
            lambda known: dict(
                ServiceValues(
                    type="LoadBalancer",
                    # Without this, Azure's own rules let everything in that comes from the network or its peers.
                    annotations={**known[0], f"{_ANNOTATION}deny-all-except-load-balancer-source-ranges": "true"},
                    sourceRanges=known[1],
                    healthRanges=[],
                    sticky=spec.sticky,
                )
            )
        )
        self.register_outputs({"host": self.host})

    def _public(
        self, name: str, spec: LoadBalancerSpec, platform: PlatformContract
    ) -> tuple[Output[str], Output[dict[str, str]]]:
        """The address, and the annotations by which the Service has it."""
        existing = next(iter(spec.existing), None)
        address, known_name = balanced_address(name, existing, platform, right=f"{name}-address", parent=self)
        group = azure_of(platform)["resource_group"]
        annotations = known_name.apply(
            lambda known: {f"{_ANNOTATION}load-balancer-resource-group": group, f"{_ANNOTATION}pip-name": known}
        )
        return address.ip_address.apply(str), annotations


def load_balancer_problems(spec: LoadBalancerSpec, platform: PlatformContract) -> Iterator[Problem]:
    """What keeps a load balancer from being made on Azure, by the spec's keys."""
    if spec.existing:
        yield from _existing_problems(spec, platform)
    if not spec.public and (problem := _private_problem(spec.private_address, platform["private_subnets"])):
        yield "private_address", problem


def balancer_addresses(name: str, spec: LoadBalancerSpec) -> Sequence[str]:
    """The name of the one public address that the balancer `name` makes and keeps; none for one that makes none."""
    return [name] if spec.public and not spec.existing else []


def _existing_problems(spec: LoadBalancerSpec, platform: PlatformContract) -> Iterator[Problem]:
    if not spec.public:
        yield "existing", "is for a public load balancer: nothing reserves an address in a virtual network"
    elif len(spec.existing) > 1:
        yield "existing", f"are {len(spec.existing)}: a load balancer has one address for all zones on Azure"
    for id_ in spec.existing:
        if problem := adoption_problem("address", id_, platform):
            yield "existing", problem


def _private_problem(address: str | None, subnets: list[Subnet]) -> str:
    """Why an address cannot be that of a private load balancer; empty when it can."""
    ranges = ", ".join(subnet["cidr"] for subnet in subnets)
    if not address:
        return f"must be given on Azure, where nothing reserves one: a free address of {ranges}"
    subnet = next(_subnets_of(address, subnets), None)
    if subnet is None:
        return f"{address} is in none of the platform's private subnets, {ranges}"
    cidr = IPv4Network(subnet["cidr"])
    if IPv4Address(address) in (*(cidr[i] for i in range(_TAKEN_FIRST)), cidr[-1]):
        return f"{address} cannot be: {PRIVATE_ADDRESS.what} is {PRIVATE_ADDRESS.rule}, here {cidr}"
    return ""


def _subnets_of(address: str, subnets: list[Subnet]) -> Iterator[Subnet]:
    return (subnet for subnet in subnets if IPv4Address(address) in IPv4Network(subnet["cidr"]))


def _private(spec: LoadBalancerSpec, platform: PlatformContract) -> tuple[Output[str], Output[dict[str, str]]]:
    """The address, and the annotations by which the Service has it. The controller would look for the address in the
    subnet of the cluster's own nodes if nobody told it which one has it."""
    address = str(spec.private_address)
    subnet = next(_subnets_of(address, platform["private_subnets"]))
    annotations = {
        f"{_ANNOTATION}load-balancer-internal": "true",
        f"{_ANNOTATION}load-balancer-internal-subnet": arm_id.name(subnet["id"]),
        f"{_ANNOTATION}load-balancer-ipv4": address,
    }
    return Output.from_input(address), Output.from_input(annotations)
