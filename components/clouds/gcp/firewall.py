"""Firewalls on Google Cloud: rules for a network tag that nodes carry."""

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from ..contract import firewall as contract
from ..contract.firewall import FirewallSpec, IngressRule
from ..contract.platform import PlatformContract
from ..naming import GCP_RESOURCE

POLICIES_NAME_NODES = False
"""Dataplane V2 is Cilium, which takes no node for an `ipBlock` of a NetworkPolicy."""

PODS_ARE_ROUTED = True
"""Pods have addresses of the subnet's secondary range, which the VPC routes."""


class Firewall(contract.Firewall):
    """A network tag, and what the network lets in to the nodes that carry it. Egress is open in every VPC.

    Makes: one `gcp:compute:Firewall` for each rule, and one for the traffic between the members. Source tags mean
    internal addresses only ("VPC firewall rules", source tags), which is what nodes of one network use.
    """

    def __init__(self, name: str, spec: FirewallSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Firewall", name, None, opts)
        self._child = ResourceOptions(parent=self)
        self._network = platform["network_id"]
        self._tag = GCP_RESOURCE.fit(name)
        for rule in spec.ingress:
            self._open(f"{name}-{rule.port}-{rule.protocol}", rule)
        if spec.peers:
            self._open_to_peers(f"{name}-peers")
        self.firewall_id = Output.from_input(self._tag)
        self.register_outputs({"firewall_id": self.firewall_id})

    def _open(self, name: str, rule: IngressRule) -> None:
        gcp.compute.Firewall(
            name,
            name=GCP_RESOURCE.fit(name),
            network=self._network,
            description=rule.description,
            direction="INGRESS",
            source_ranges=list(rule.cidrs),
            target_tags=[self._tag],
            allows=[{"protocol": rule.protocol, "ports": [str(rule.port)]}],
            opts=self._child,
        )

    def _open_to_peers(self, name: str) -> None:
        gcp.compute.Firewall(
            name,
            name=GCP_RESOURCE.fit(name),
            network=self._network,
            description="all traffic between the members",
            direction="INGRESS",
            source_tags=[self._tag],
            target_tags=[self._tag],
            allows=[{"protocol": "all"}],
            opts=self._child,
        )
