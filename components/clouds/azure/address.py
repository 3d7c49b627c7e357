"""Static addresses on Azure: public IPs that a load balancer holds."""

from pulumi import Output, Resource, ResourceOptions
from pulumi_azure_native import network

from ..adoption import adopted
from ..contract import address as contract
from ..contract.address import AddressClaim, AddressSpec
from ..contract.platform import PlatformContract
from .adoption import refuse_other
from .network import public_address
from .platform_section import azure_of
from .roles import Role, grant


class Address(contract.Address):
    """A public IP, made or adopted, for a Service of type LoadBalancer in front of the pod: AKS cannot pin an address
    to a node. What the pod sends out by itself leaves through its zone's NAT gateway, and comes from that address.

    Makes: `azure-native:network:PublicIPAddress` (Standard, static, over all zones), protected and retained; or reads
    the one whose ARM id is `spec.existing`, of the platform's resource group; and the cluster's right to put this one
    address on its load balancer (`azure-native:authorization:RoleAssignment`).

    Raises `InputError` for an address of another resource group, where the load balancer would not look for it.
    """

    def __init__(self, name: str, spec: AddressSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Address", name, None, opts)
        if spec.existing:
            refuse_other(name, "address", spec.existing, platform)
        address, self.address_id = balanced_address(name, spec.existing, platform, right=name, parent=self)
        self.ingress_address = address.ip_address.apply(str)
        self.egress_address = Output.from_input(_egress(spec.zone, platform))
        self.register_outputs({"ingress_address": self.ingress_address, "address_id": self.address_id})


def balanced_address(
    name: str, existing: str | None, platform: PlatformContract, *, right: str, parent: Resource
) -> tuple[network.PublicIPAddress, Output[str]]:
    """An address that is made, or was there, with the cluster's right, called `right`, to put it on its load balancer;
    and the address' name. The name is known when the right is there: a Service that came before would wait, and try
    again ever more seldom."""
    azure = azure_of(platform)
    if existing:
        address = network.PublicIPAddress.get(adopted(name), existing, opts=ResourceOptions(parent=parent))
    else:
        kept = ResourceOptions(parent=parent, protect=True, retain_on_delete=True)
        address = public_address(name, azure["resource_group"], ["1", "2", "3"], kept)
    granted = grant(
        right, Role.NETWORK_CONTRIBUTOR, address.id, azure["cluster_principal"], ResourceOptions(parent=parent)
    )
    return address, Output.all(address.name, granted.id).apply(lambda known: str(known[0]))


def address_claim(platform: PlatformContract) -> AddressClaim:
    """By the annotations that AKS' own controller reads (cloud-provider-azure, "Azure LoadBalancer"). The load balancer
    asks the node that has the pod for its health, tcp and udp alike (`externalTrafficPolicy: Local`)."""
    return AddressClaim(
        way="load-balancer",
        provider="",
        image="",
        env={},
        annotations={
            "service.beta.kubernetes.io/azure-load-balancer-resource-group": azure_of(platform)["resource_group"]
        },
        address_annotation="service.beta.kubernetes.io/azure-pip-name",
    )


def _egress(zone: str, platform: PlatformContract) -> str:
    zones = [subnet["zone"] for subnet in platform["private_subnets"]]
    return platform["egress_addresses"][zones.index(zone)]
