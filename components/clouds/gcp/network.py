"""The network on Google Cloud: a VPC with one subnet that spans the region's zones."""

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi_gcp as gcp
from pulumi import ResourceOptions

from ..contract import network as contract
from ..contract.network import NetworkSpec
from ..contract.platform import Subnet
from ..naming import GCP_RESOURCE
from . import services
from .log_bucket import keep_apart
from .nat import way_out

PODS, SERVICES = "pods", "services"
"""Names of the subnet's secondary ranges."""


@dataclass(frozen=True)
class Ranges:
    """The network's addresses, shared out."""

    nodes: IPv4Network
    pods: IPv4Network
    services: IPv4Network


class Network(contract.Network):
    """A VPC with one regional subnet for nodes, pods and services, and one way out.

    Makes: `gcp:projects:Service`s; `gcp:compute:Network` without subnets of its own; `gcp:compute:Subnetwork` with two
    secondary ranges, private Google access (image layers do not go through NAT) and flow logs; `gcp:compute:Router`
    with a `RouterNat` and its `Address` (protected: partners put it on their lists); for the flow logs a
    `gcp:logging:ProjectBucketConfig` (retained) with `spec.flow_log_days`, a `ProjectSink` that fills it, and a
    `ProjectExclusion` that keeps them out of the project's default bucket, which would keep, and bill, them twice.

    A subnet is the region's: the public and the private one of every zone are the same, and what a node may be reached
    by is up to its pool. Incoming traffic that no rule lets in is refused by every VPC.
    """

    def __init__(self, name: str, spec: NetworkSpec, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Network", name, None, opts)
        ranges = share_out(spec)
        switched_on = services.switch_on(services.NETWORK, ResourceOptions(parent=self))
        self._child = ResourceOptions(parent=self, depends_on=switched_on)
        network = gcp.compute.Network(
            name,
            name=GCP_RESOURCE.fit(name),
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            opts=self._child,
        )
        subnet = self._subnet(name, spec, ranges, network)
        # Protected: partners put it on their lists.
        address = way_out(name, spec.region, network, subnet, self._child, protect_address=True)
        keep_apart(
            f"{name}-flow-logs",
            f"Flow logs of {name}",
            subnet.name.apply(lambda subnetwork: _flows_of(spec, subnetwork)),
            project=spec.account or "",
            region=spec.region,
            days=spec.flow_log_days,
            opts=self._child,
        )
        self.cidr = spec.cidr
        self.network_id = network.id
        self.public_subnets = self.private_subnets = subnet.id.apply(
            lambda id_: [Subnet(id=id_, zone=zone, cidr=str(ranges.nodes)) for zone in spec.zones]
        )
        self.egress_addresses = address.address.apply(lambda known: [known])
        self.register_outputs({"network_id": self.network_id, "egress_addresses": self.egress_addresses})

    def _subnet(
        self, name: str, spec: NetworkSpec, ranges: Ranges, network: gcp.compute.Network
    ) -> gcp.compute.Subnetwork:
        return gcp.compute.Subnetwork(
            name,
            name=GCP_RESOURCE.fit(name),
            network=network.id,
            region=spec.region,
            ip_cidr_range=str(ranges.nodes),
            secondary_ip_ranges=[
                {"range_name": PODS, "ip_cidr_range": str(ranges.pods)},
                {"range_name": SERVICES, "ip_cidr_range": str(ranges.services)},
            ],
            private_ip_google_access=True,
            log_config={
                "aggregation_interval": "INTERVAL_5_MIN",
                # All that there is: Google itself looks at a sample of the packets only ("VPC Flow Logs", sampling).
                "flow_sampling": 1.0,
                "metadata": "INCLUDE_ALL_METADATA",
            },
            opts=self._child,
        )


def share_out(spec: NetworkSpec) -> Ranges:
    """Half of the network is the pods', a quarter of the rest the nodes', and a sixteenth of the whole the services':
    /17, /18 and /20 in a /16. What is left stays free."""
    network = IPv4Network(spec.cidr)
    pods, rest = network.subnets(prefixlen_diff=1)
    nodes, other = rest.subnets(prefixlen_diff=1)
    return Ranges(nodes=nodes, pods=pods, services=next(other.subnets(prefixlen_diff=2)))


def _flows_of(spec: NetworkSpec, subnetwork: str) -> str:
    log = f"projects/{spec.account}/logs/compute.googleapis.com%2Fvpc_flows"
    return (
        f'log_id("compute.googleapis.com/vpc_flows") AND logName="{log}"'
        f' AND resource.labels.location:"{spec.region}" AND resource.labels.subnetwork_name="{subnetwork}"'
    )
