"""Where machines stand on Google Cloud that need no platform: a small network of their own."""

from collections.abc import Iterator

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from ...errors import InputError, Problem
from ..contract import site as contract
from ..contract.platform import CloudName, PlatformContract, Subnet, without_cluster
from ..contract.site import SiteSpec
from ..naming import GCP_RESOURCE
from . import services
from .nat import way_out
from .places import WORDS

CIDR = "10.80.0.0/20"
"""A network of machines that know nobody needs no plan of addresses."""


class Site(contract.Site):
    """A VPC with one subnet, which spans the region's zones, and one way out. Nothing is let in: a VPC refuses what no
    rule lets in, and the default network, whose rules open SSH to the world, is not used.

    Makes: `gcp:projects:Service`s; `gcp:compute:Network` without subnets of its own; `gcp:compute:Subnetwork` with
    private Google access (metrics, logs and secrets do not go through NAT); `gcp:compute:Router` with a `RouterNat` and
    its `Address`. Disks and secrets are encrypted with Google's own keys.

    `platform` names them before they are made. Of the address only the name is known then, so that
    `platform["egress_addresses"]` is empty: it is `egress_address` here.
    Raises `InputError` when there is no project, and when a zone is not the region's.
    """

    egress_address: Output[str]
    """Where its machines are seen from."""

    def __init__(self, name: str, spec: SiteSpec, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Site", name, None, opts)
        if problems := list(site_problems(spec)):
            raise InputError(f"Site {name!r} cannot be made on Google Cloud.", problems)
        switched_on = services.switch_on((*services.NETWORK, *services.MACHINES), ResourceOptions(parent=self))
        child = ResourceOptions(parent=self, depends_on=switched_on)
        network = gcp.compute.Network(
            name, name=GCP_RESOURCE.fit(name), auto_create_subnetworks=False, routing_mode="REGIONAL", opts=child
        )
        subnet = gcp.compute.Subnetwork(
            name,
            name=GCP_RESOURCE.fit(name),
            network=network.id,
            region=spec.region,
            ip_cidr_range=CIDR,
            private_ip_google_access=True,
            opts=child,
        )
        address = way_out(name, spec.region, network, subnet, child, protect_address=False)
        self.egress_address = address.address
        self.platform = _platform(GCP_RESOURCE.fit(name), spec)
        self.register_outputs({"network_id": network.id, "egress_address": self.egress_address})


def _platform(name: str, spec: SiteSpec) -> PlatformContract:
    project = f"projects/{spec.account}"
    subnet = f"{project}/regions/{spec.region}/subnetworks/{name}"
    subnets = [Subnet(id=subnet, zone=zone, cidr=CIDR) for zone in spec.zones]
    return without_cluster(
        cloud=CloudName.GCP,
        account=spec.account or "",
        region=spec.region,
        network_id=f"{project}/global/networks/{name}",
        public_subnets=subnets,
        private_subnets=subnets,
        private_cidrs=[CIDR],
    )


def site_problems(spec: SiteSpec) -> Iterator[Problem]:
    """What keeps a site from being made, by the spec's keys."""
    if not spec.account:
        yield "account", "the project's id is required on Google Cloud"
    if not spec.zones:
        yield "zones", "name the zones that machines stand in: those that offer the instance type"
    yield from WORDS.problems(spec.account, spec.region, spec.zones)
