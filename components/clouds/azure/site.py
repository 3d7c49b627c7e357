"""Where machines stand on Azure that need no platform: a small network, made for them."""

from collections.abc import Iterator
from ipaddress import IPv4Network

import pulumi
from pulumi import InvokeOptions, Output, ResourceOptions
from pulumi_azure_native import authorization, keyvault, network, resources

from ...errors import InputError, Problem
from ..contract import site as contract
from ..contract.platform import AzurePlatform, CloudName, PlatformContract, Subnet, without_cluster
from ..contract.site import SiteSpec
from ..naming import AZURE_BACKUP_VAULT, AZURE_NETWORK, AZURE_RESOURCE_GROUP, KEY_VAULT
from . import arm_id, zones
from .backup import BackupVault
from .keys import vault_properties
from .network import Zone, ZoneRange
from .places import WORDS

CIDR = IPv4Network("10.76.0.0/20")
"""Routed to nothing else, so that any private range will do."""


class Site(contract.Site):
    """A network without a way in, and a vault, in a resource group of their own: Azure has no default network.

    Makes: `azure-native:resources:ResourceGroup` (protected) and `azure-native:network:VirtualNetwork`; for each of
    `spec.zones` a `Subnet`, and a zonal `NatGateway` with its reserved `PublicIPAddress` (protected), the only way out;
    `azure-native:keyvault:Vault` (protected) with Azure RBAC, which answers these subnets; and, with
    `spec.snapshots`, a backup vault (`nodeyard:azure:BackupVault`). Disks and secrets are encrypted with Azure's own
    keys. A zone that comes later moves no other.

    The contract's `egress_addresses` are empty: Azure chooses them when it makes them.
    Raises `InputError` when no zone is named, or one that is none of the region's.
    """

    def __init__(self, name: str, spec: SiteSpec, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Site", name, None, opts)
        if problems := list(site_problems(spec)):
            raise InputError(f"Site {name!r} cannot be made on Azure.", problems)
        client = authorization.get_client_config(opts=InvokeOptions(parent=self))
        account = spec.account or client.subscription_id
        group = resources.ResourceGroup(
            name,
            resource_group_name=AZURE_RESOURCE_GROUP.fit(name),
            opts=ResourceOptions(parent=self, protect=True),
        )
        subnets = self._network(name, spec, group)
        vault = KEY_VAULT.fit(f"{name}-{account[:8]}")  # such names are taken once in the world
        keyvault.Vault(
            name,
            vault_name=vault,
            resource_group_name=group.name,
            properties=vault_properties(client.tenant_id, subnets),
            opts=ResourceOptions(parent=self, protect=True),
        )
        if spec.snapshots:
            BackupVault(name, group.name, group.id, ResourceOptions(parent=self), reads_group=True)
        self.platform = _contract(name, spec, account, client.tenant_id, vault)
        self.register_outputs({"resource_group": group.name})

    def _network(self, name: str, spec: SiteSpec, group: resources.ResourceGroup) -> Output[list[str]]:
        """The ids of the subnets."""
        virtual_network = network.VirtualNetwork(
            name,
            virtual_network_name=AZURE_NETWORK.fit(name),
            resource_group_name=group.name,
            address_space={"address_prefixes": [str(CIDR)]},
            opts=ResourceOptions(parent=self),
        )
        made: list[network.Subnet] = []
        for zone in _ranges(spec):
            # One after the other, as Azure changes a network.
            before: list[network.Subnet] = made[-1:]
            made.append(Zone(f"{name}-{zone.zone}", zone, group, virtual_network, self, before).subnet)
        return pulumi.Output.all(*(subnet.id for subnet in made)).apply(list)


def site_problems(spec: SiteSpec) -> Iterator[Problem]:
    """What keeps a site from being made, by the spec's keys."""
    if not spec.zones:
        yield "zones", f"name the zones that machines stand in: those that offer the size, as in {spec.region}-1"
    yield from WORDS.problems(spec.account, spec.region, spec.zones)


def _ranges(spec: SiteSpec) -> list[ZoneRange]:
    """Each zone's range is its number's, whichever others there are."""
    shares = list(CIDR.subnets(prefixlen_diff=2))
    return [ZoneRange(zone, shares[int(zones.number(zone)) - 1]) for zone in sorted(set(spec.zones))]


def _contract(name: str, spec: SiteSpec, account: str, tenant: str, vault: str) -> PlatformContract:
    """Known before any of it is made: ARM ids follow from names."""
    group = AZURE_RESOURCE_GROUP.fit(name)
    network_id = arm_id.in_group(account, group, f"Microsoft.Network/virtualNetworks/{AZURE_NETWORK.fit(name)}")
    subnets = [
        Subnet(id=f"{network_id}/subnets/{zone.zone}", zone=zone.zone, cidr=str(zone.cidr)) for zone in _ranges(spec)
    ]
    platform = without_cluster(
        cloud=CloudName.AZURE,
        account=account,
        region=spec.region,
        network_id=network_id,
        public_subnets=subnets,
        private_subnets=subnets,
        private_cidrs=[str(CIDR)],
    )
    platform["azure"] = AzurePlatform(
        tenant=tenant,
        resource_group=group,
        cluster_id="",
        cluster_principal="",
        key_vault=vault,
        backup_vault=AZURE_BACKUP_VAULT.fit(name) if spec.snapshots else "",
    )
    return platform
