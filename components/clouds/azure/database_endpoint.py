"""How pods reach a database's server: an address in the platform's network, under the server's own name."""

from collections.abc import Sequence

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import network, privatedns

from ..contract.platform import PlatformContract
from ..naming import AZURE_PRIVATE_ENDPOINT
from .platform_section import azure_of

ALIAS = "privatelink.postgres.database.azure.com"
"""What Azure's own DNS answers for a server with a private endpoint: an alias below this (azure-databases-docs
`11b606f`, postgresql/network/concepts-networking-private-link.md)."""
_EVERYWHERE = "Global"
"""The location of whatever belongs to a private DNS zone."""
_TTL = 10
"""Seconds that a resolver keeps an answer: as many as in the records that Azure itself makes of endpoints."""


class DatabaseEndpoint(pulumi.ComponentResource):
    """A private endpoint of a server in one subnet, and the name by which the network's resolvers find it.

    Makes: `azure-native:network:PrivateEndpoint`, `azure-native:privatedns:PrivateZone`, `VirtualNetworkLink` and
    `PrivateRecordSet`.

    The zone is named as this one server's alias, and has one record, at its top. A network can be linked to one zone of
    a name only. With a zone for each server two servers never ask for the same.
    """

    def __init__(
        self,
        name: str,
        server: Input[str],
        server_name: str,
        subnet: str,
        platform: PlatformContract,
        opts: ResourceOptions,
    ) -> None:
        """`server` and `subnet` are ARM ids."""
        super().__init__("nodeyard:azure:DatabaseEndpoint", name, None, opts)
        child, group = ResourceOptions(parent=self), azure_of(platform)["resource_group"]
        endpoint = network.PrivateEndpoint(
            name,
            private_endpoint_name=AZURE_PRIVATE_ENDPOINT.fit(name),
            resource_group_name=group,
            subnet={"id": subnet},
            private_link_service_connections=[
                {"name": "postgresql", "private_link_service_id": server, "group_ids": ["postgresqlServer"]}
            ],
            opts=child,
        )
        zone = privatedns.PrivateZone(
            name,
            private_zone_name=f"{server_name}.{ALIAS}",
            resource_group_name=group,
            location=_EVERYWHERE,
            opts=child,
        )
        link = privatedns.VirtualNetworkLink(
            name,
            virtual_network_link_name="platform",
            private_zone_name=zone.name,
            resource_group_name=group,
            location=_EVERYWHERE,
            virtual_network={"id": platform["network_id"]},
            registration_enabled=False,
            opts=child,
        )
        self.address = endpoint.custom_dns_configs.apply(_address)
        record = privatedns.PrivateRecordSet(
            name,
            relative_record_set_name="@",
            record_type="A",
            private_zone_name=zone.name,
            resource_group_name=group,
            ttl=_TTL,
            a_records=[{"ipv4_address": self.address}],
            opts=child,
        )
        self.ready = Output.all(link.id, record.id)
        self.register_outputs({"address": self.address})


def _address(configs: "Sequence[network.outputs.CustomDnsConfigPropertiesFormatResponse] | None") -> str:
    """The endpoint's one address: a server has one name, and that name one address in a subnet."""
    addresses = [address for config in configs or [] for address in config.ip_addresses or []]
    if len(addresses) != 1:
        raise ValueError(f"a server's private endpoint has {addresses or 'no address'}, where one was expected")
    return addresses[0]
