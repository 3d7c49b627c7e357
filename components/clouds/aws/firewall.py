"""Firewalls on AWS: security groups."""

import pulumi_aws as aws
from pulumi import ResourceOptions

from ..contract import firewall as contract
from ..contract.firewall import FirewallSpec, IngressRule
from ..contract.platform import PlatformContract

POLICIES_NAME_NODES = True
"""The VPC CNI lets an `ipBlock` of a NetworkPolicy mean nodes."""

PODS_ARE_ROUTED = True
"""The VPC CNI gives pods addresses of their node's subnet."""


class Firewall(contract.Firewall):
    """A security group with the ingress rules of `spec`, and open egress.

    Makes: `aws:ec2:SecurityGroup`, one `aws:vpc:SecurityGroupIngressRule` for each rule and range, one
    `aws:vpc:SecurityGroupEgressRule`.
    """

    def __init__(self, name: str, spec: FirewallSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Firewall", name, None, opts)
        self._child = ResourceOptions(parent=self)
        self._group = aws.ec2.SecurityGroup(
            name,
            vpc_id=platform["network_id"],
            description=f"Nodeyard: {name}",
            tags={"Name": name},
            opts=self._child,
        )
        for rule in spec.ingress:
            for cidr in rule.cidrs:
                self._open(f"{name}-{rule.port}-{rule.protocol}-{cidr}", rule, cidr)
        if spec.peers:
            self._open_to_peers(f"{name}-peers")
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-egress",
            security_group_id=self._group.id,
            description="all outgoing traffic",
            ip_protocol="-1",
            cidr_ipv4="0.0.0.0/0",
            opts=self._child,
        )
        self.firewall_id = self._group.id
        self.register_outputs({"firewall_id": self.firewall_id})

    def _open(self, name: str, rule: IngressRule, cidr: str) -> None:
        aws.vpc.SecurityGroupIngressRule(
            name,
            security_group_id=self._group.id,
            description=rule.description,
            ip_protocol=rule.protocol,
            from_port=rule.port,
            to_port=rule.port,
            cidr_ipv4=cidr,
            opts=self._child,
        )

    def _open_to_peers(self, name: str) -> None:
        aws.vpc.SecurityGroupIngressRule(
            name,
            security_group_id=self._group.id,
            description="all traffic between the members",
            ip_protocol="-1",
            referenced_security_group_id=self._group.id,
            opts=self._child,
        )
