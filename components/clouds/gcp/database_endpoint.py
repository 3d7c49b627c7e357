"""How a network reaches a Cloud SQL server: Private Service Connect, and the server's name in the network's DNS."""

from collections.abc import Sequence

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from ..contract.platform import PlatformContract
from ..naming import GCP_RESOURCE

Names = Sequence[gcp.sql.outputs.DatabaseInstanceDnsName] | None

TTL = 300
"""Seconds. The address changes with a new endpoint only."""


def endpoint(
    name: str, server: gcp.sql.DatabaseInstance, platform: PlatformContract, opts: ResourceOptions
) -> tuple[Output[str], Output[str]]:
    """Makes: `gcp:compute:Address` in the platform's subnet, `gcp:compute:ForwardingRule` from there to the server's
    service attachment, and a private `gcp:dns:ManagedZone` with one `RecordSet`, all named `name`. The zone has the
    server's name and nothing else: a zone for all of the region's servers (`<region>.sql.goog.`) could be there once in
    a network. Returns the name, without the dot at its end, and the address.

    Source: Cloud SQL for PostgreSQL's "Connect to an instance using Private Service Connect" and "Configure DNS".
    """
    address = gcp.compute.Address(
        name,
        name=GCP_RESOURCE.fit(name),
        region=platform["region"],
        address_type="INTERNAL",
        purpose="GCE_ENDPOINT",
        subnetwork=platform["private_subnets"][0]["id"],
        opts=opts,
    )
    rule = gcp.compute.ForwardingRule(
        name,
        name=GCP_RESOURCE.fit(name),
        region=platform["region"],
        network=platform["network_id"],
        ip_address=address.self_link,
        target=server.psc_service_attachment_link,
        load_balancing_scheme="",  # as a rule to a service attachment has it; EXTERNAL is the provider's default
        opts=opts,
    )
    host: Output[str] = server.dns_names.apply(lambda names: _name(server, names))
    zone = gcp.dns.ManagedZone(
        name,
        name=GCP_RESOURCE.fit(name),
        dns_name=host,
        description=f"Nodeyard: {name}",
        visibility="private",
        private_visibility_config={"networks": [{"network_url": platform["network_id"]}]},
        opts=opts,
    )
    record = gcp.dns.RecordSet(
        name, name=host, managed_zone=zone.name, type="A", ttl=TTL, rrdatas=[address.address], opts=opts
    )
    # Known once the name leads to the server.
    found = Output.all(host, record.id, rule.id).apply(lambda known: str(known[0]).rstrip("."))
    return found, address.address


def _name(server: gcp.sql.DatabaseInstance, names: Names) -> Output[str]:
    """`Output.all` would make plain dictionaries of the SDK's objects."""
    return server.dns_name.apply(lambda legacy: private_name(legacy, names))


def private_name(legacy: str, names: Names) -> str:
    """The DNS name for the endpoint, which ends with a dot. A server may have other names for other ways to it; an
    older answer of the API has one name only (as in GoogleCloudPlatform/cloud-sql-go-connector,
    internal/cloudsql/refresh.go)."""
    private = (
        known.name
        for known in names or []
        if known.connection_type == "PRIVATE_SERVICE_CONNECT" and known.dns_scope == "INSTANCE"
    )
    return f"{(next(private, None) or legacy).rstrip('.')}."
