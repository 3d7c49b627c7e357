"""The network on Azure: a virtual network over three zones."""

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
from pulumi import Output, ResourceOptions
from pulumi_azure_native import network, resources, storage

from ..contract import network as contract
from ..contract.network import NetworkSpec
from ..contract.platform import Subnet
from ..naming import (
    AZURE_ADDRESS,
    AZURE_NETWORK,
    AZURE_NETWORK_PART,
    AZURE_RESOURCE_GROUP,
    AZURE_STORAGE_ACCOUNT,
)
from ..standing import standing_name
from . import zones

WATCHERS = "NetworkWatcherRG"
"""The resource group in which Azure keeps its network watchers, one for each region of a subscription."""


@dataclass(frozen=True)
class ZoneRange:
    """One zone's share of the network's addresses."""

    zone: str
    cidr: IPv4Network


class Network(contract.Network):
    """A virtual network with a subnet for each of three zones, in a resource group that holds the whole platform.

    Makes: `azure-native:resources:ResourceGroup` (protected: with it would go everything in it) and
    `azure-native:network:VirtualNetwork`, both named as the platform; for each zone a `Subnet`, and a zonal
    `NatGateway` with its `PublicIPAddress` (protected: partners put these addresses on their lists); a `FlowLog` of the
    whole network, kept `flow_log_days`, in an `azure-native:storage:StorageAccount` of its own.

    A subnet spans a region's zones on Azure; a node pool stays in one zone by its own `zones`, and in its zone's subnet
    so that it leaves through the NAT gateway of its zone. Nodes have no addresses of their own, so that there is no
    public subnet: both lists are the same.
    """

    def __init__(self, name: str, spec: NetworkSpec, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Network", name, None, opts)
        ranges = share_out(spec)
        group = resources.ResourceGroup(
            name,
            resource_group_name=AZURE_RESOURCE_GROUP.fit(name),
            opts=ResourceOptions(parent=self, protect=True),
        )
        virtual_network = network.VirtualNetwork(
            name,
            virtual_network_name=AZURE_NETWORK.fit(name),
            resource_group_name=group.name,
            address_space={"address_prefixes": [spec.cidr]},
            opts=ResourceOptions(parent=self),
        )
        made: list[Zone] = []
        for zone in ranges:
            # One after the other: Azure changes a network once at a time, and refuses what comes meanwhile
            # (AnotherOperationInProgress).
            before = [last.subnet for last in made[-1:]]
            made.append(Zone(f"{name}-{zone.zone}", zone, group, virtual_network, self, before))
        self._flow_logs(name, spec, group, virtual_network)
        self.cidr = spec.cidr
        self.network_id = virtual_network.id
        self.private_subnets = self.public_subnets = _listed([zone.subnet for zone in made], ranges)
        self.egress_addresses = Output.all(*(zone.egress_address for zone in made)).apply(list)
        self.register_outputs({"network_id": self.network_id, "egress_addresses": self.egress_addresses})

    def _flow_logs(
        self, name: str, spec: NetworkSpec, group: resources.ResourceGroup, virtual_network: network.VirtualNetwork
    ) -> None:
        """Who talked to whom, accepted or not."""
        account = storage.StorageAccount(
            name,
            # Such names are taken once in the world.
            account_name=AZURE_STORAGE_ACCOUNT.fit(f"flowlogs-{name}-{spec.account}"),
            resource_group_name=group.name,
            kind=storage.Kind.STORAGE_V2,
            sku={"name": storage.SkuName.STANDARD_LRS},
            allow_blob_public_access=False,
            enable_https_traffic_only=True,
            minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
            # Azure's own services write the log; whoever reads it opens the account to himself first.
            network_rule_set={
                "default_action": storage.DefaultAction.DENY,
                "bypass": storage.Bypass.AZURE_SERVICES,
            },
            opts=ResourceOptions(parent=self),
        )
        network.FlowLog(
            name,
            flow_log_name=standing_name("azure-native:network:FlowLog", name, AZURE_NETWORK_PART.fit(name)),
            # Azure makes the watcher with the first virtual network of a region, unless the subscription opted out.
            resource_group_name=WATCHERS,
            network_watcher_name=f"NetworkWatcher_{spec.region}",
            target_resource_id=virtual_network.id,
            storage_id=account.id,
            enabled=True,
            format={"type": network.FlowLogFormatType.JSON, "version": 2},
            retention_policy={"days": spec.flow_log_days, "enabled": True},
            opts=ResourceOptions(parent=self, depends_on=[virtual_network]),
        )


class Zone:
    """One zone's subnet, and its own way out: a zone that fails takes no other with it."""

    def __init__(
        self,
        name: str,
        range_: ZoneRange,
        group: resources.ResourceGroup,
        virtual_network: network.VirtualNetwork,
        parent: pulumi.Resource,
        before: list[network.Subnet],
    ) -> None:
        child = ResourceOptions(parent=parent)
        zone = [zones.number(range_.zone)]
        address = public_address(name, group.name, zone, ResourceOptions(parent=parent, protect=True))
        nat = network.NatGateway(
            name,
            nat_gateway_name=standing_name("azure-native:network:NatGateway", name, AZURE_NETWORK_PART.fit(name)),
            resource_group_name=group.name,
            sku={"name": network.NatGatewaySkuName.STANDARD},
            zones=zone,
            public_ip_addresses=[{"id": address.id}],
            opts=child,
        )
        self.egress_address = address.ip_address.apply(str)
        self.subnet = network.Subnet(
            name,
            subnet_name=range_.zone,
            resource_group_name=group.name,
            virtual_network_name=virtual_network.name,
            address_prefix=str(range_.cidr),
            nat_gateway={"id": nat.id},
            # Nothing leaves but by the NAT gateway.
            default_outbound_access=False,
            # The vault and the buckets open themselves to these subnets only, and know them by this.
            service_endpoints=[{"service": "Microsoft.KeyVault"}, {"service": "Microsoft.Storage"}],
            opts=ResourceOptions(parent=parent, depends_on=before),
        )


def public_address(
    name: str, resource_group: pulumi.Input[str], in_zones: list[str], opts: ResourceOptions
) -> network.PublicIPAddress:
    """A static public IPv4 address under a fixed name."""
    return network.PublicIPAddress(
        name,
        public_ip_address_name=AZURE_ADDRESS.fit(name),
        resource_group_name=resource_group,
        sku={"name": network.PublicIPAddressSkuName.STANDARD},
        public_ip_allocation_method=network.IPAllocationMethod.STATIC,
        zones=in_zones,
        opts=opts,
    )


def share_out(spec: NetworkSpec) -> list[ZoneRange]:
    """Each zone's subnet is a quarter of the network; the last quarter stays free. Pods have addresses of their own,
    outside the network."""
    cidr = IPv4Network(spec.cidr)
    return [ZoneRange(zone, mine) for zone, mine in zip(spec.zones, cidr.subnets(prefixlen_diff=2), strict=False)]


def _listed(subnets: list[network.Subnet], ranges: list[ZoneRange]) -> Output[list[Subnet]]:
    return Output.all(*(subnet.id for subnet in subnets)).apply(
        lambda ids: [
            Subnet(id=subnet, zone=range_.zone, cidr=str(range_.cidr))
            for subnet, range_ in zip(ids, ranges, strict=True)
        ]
    )
