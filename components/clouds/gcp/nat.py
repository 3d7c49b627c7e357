"""The one way out of a network whose machines have no public address."""

import pulumi_gcp as gcp
from pulumi import ResourceOptions

from ..naming import GCP_RESOURCE


def way_out(
    name: str,
    region: str,
    network: gcp.compute.Network,
    subnet: gcp.compute.Subnetwork,
    opts: ResourceOptions,
    *,
    protect_address: bool,
) -> gcp.compute.Address:
    """Makes: `gcp:compute:Address`, and `gcp:compute:Router` with a `RouterNat` that takes all of `subnet` out by it.
    Returns the address."""
    address = gcp.compute.Address(
        f"{name}-nat",
        name=GCP_RESOURCE.fit(f"{name}-nat"),
        region=region,
        address_type="EXTERNAL",
        opts=ResourceOptions.merge(opts, ResourceOptions(protect=protect_address)),
    )
    router = gcp.compute.Router(name, name=GCP_RESOURCE.fit(name), network=network.id, region=region, opts=opts)
    gcp.compute.RouterNat(
        name,
        name=GCP_RESOURCE.fit(name),
        router=router.name,
        region=region,
        nat_ip_allocate_option="MANUAL_ONLY",
        nat_ips=[address.self_link],
        source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
        subnetworks=[{"name": subnet.id, "source_ip_ranges_to_nats": ["ALL_IP_RANGES"]}],
        # Else a node could have no more than 64 connections to one service at once.
        enable_dynamic_port_allocation=True,
        enable_endpoint_independent_mapping=False,
        min_ports_per_vm=64,
        max_ports_per_vm=8192,
        log_config={"enable": True, "filter": "ERRORS_ONLY"},
        opts=opts,
    )
    return address
