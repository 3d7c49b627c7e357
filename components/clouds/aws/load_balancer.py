"""Load balancers on AWS: network load balancers that send to the pods themselves."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import Output, ResourceOptions

from ...errors import InputError, Problem
from ..adoption import adopted
from ..contract import load_balancer as contract
from ..contract.load_balancer import LoadBalancerSpec, ServiceValues
from ..contract.platform import PlatformContract, Subnet
from ..naming import AWS_LOAD_BALANCER
from .limits import OWN_ADDRESSES
from .load_balancer_policy import CLUSTER_TAG


class LoadBalancer(contract.LoadBalancer):
    """A network load balancer in the subnets of `spec.zones`, under elastic IPs or under addresses of the network.

    Makes: for a public one, in each zone an `aws:ec2:Eip` named `<name>-<zone>` (protected and retained), or reads
    those of `spec.existing`; `aws:ec2:SecurityGroup`, which lets `spec.source_ranges` in to the port and nobody else;
    `aws:lb:LoadBalancer`, `aws:lb:TargetGroup`, `aws:lb:Listener`; and in the Service's namespace a
    `kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding`, by which the cluster's load balancer controller keeps the
    Service's ready pods in the target group, and opens their nodes to the balancer.
    The balancer's name stays while it has the same zones or more. Without one of its zones, or with `public` turned, it
    is made anew under another name.
    Raises `InputError` for zones and addresses that cannot be.
    """

    def __init__(self, name: str, spec: LoadBalancerSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:LoadBalancer", name, None, opts)
        if problems := list(load_balancer_problems(spec, platform)):
            raise InputError(f"Load balancer {name!r} cannot be made on AWS.", problems)
        self._name, self._spec, self._platform = name, spec, platform
        self._child = ResourceOptions(parent=self)
        subnets = _subnets(spec, platform)
        addresses = self._addresses() if spec.public else []
        group = self._group()
        balancer = self._balancer(subnets, addresses, group)
        targets = self._targets()
        self._listen(balancer, targets)
        self._bind(targets, group)
        self.host = balancer.dns_name
        self.addresses = Output.all(*(address.public_ip for address in addresses)).apply(list)
        self.service = Output.from_input(spec.source_ranges).apply(lambda ranges: _service(spec, subnets, ranges))
        self.register_outputs({"host": self.host, "addresses": self.addresses})

    def _addresses(self) -> list[aws.ec2.Eip]:
        """One for each zone."""
        names = _address_names(self._name, self._spec)
        if self._spec.existing:
            pairs = zip(names, self._spec.existing, strict=True)
            return [aws.ec2.Eip.get(adopted(name), id_, opts=self._child) for name, id_ in pairs]
        kept = ResourceOptions(parent=self, protect=True, retain_on_delete=True)
        return [aws.ec2.Eip(name, domain="vpc", tags={"Name": name}, opts=kept) for name in names]

    def _group(self) -> aws.ec2.SecurityGroup:
        """The rules stand in the group, because how many there are is known only when the program runs."""
        port: dict[str, Any] = {"protocol": "tcp", "from_port": self._spec.port, "to_port": self._spec.port}
        callers: Output[Any] = Output.from_input(self._spec.source_ranges).apply(
            # An empty list takes the rules away. Without a list they would stay as they are
            # (hashicorp/terraform-provider-aws#32424).
            lambda ranges: [{**port, "cidr_blocks": list(ranges), "description": "callers"}] if ranges else []
        )
        return aws.ec2.SecurityGroup(
            self._name,
            vpc_id=self._platform["network_id"],
            description=f"Nodeyard: {self._name}",
            ingress=callers,
            egress=[
                aws.ec2.SecurityGroupEgressArgs(**port, cidr_blocks=self._platform["private_cidrs"], description="pods")
            ],
            tags={"Name": self._name},
            opts=self._child,
        )

    def _balancer(
        self, subnets: Sequence[Subnet], addresses: Sequence[aws.ec2.Eip], group: aws.ec2.SecurityGroup
    ) -> aws.lb.LoadBalancer:
        if addresses:
            pairs = zip(subnets, addresses, strict=True)
            mappings = [_mapping(subnet, allocation_id=address.allocation_id) for subnet, address in pairs]
        else:
            mappings = [_mapping(subnet, **_taken(subnet, self._spec.private_address)) for subnet in subnets]
        return aws.lb.LoadBalancer(
            self._name,
            name=AWS_LOAD_BALANCER.fit(self._name),
            load_balancer_type="network",
            internal=not self._spec.public,
            security_groups=[group.id],
            subnet_mappings=mappings,
            # A zone whose pods are away still answers.
            enable_cross_zone_load_balancing=True,
            tags={"Name": self._name},
            opts=ResourceOptions(parent=self, delete_before_replace=True),
        )

    def _targets(self) -> aws.lb.TargetGroup:
        path = self._spec.health_path
        return aws.lb.TargetGroup(
            self._name,
            # A target group never changes its port: another one stands beside the first until the listener has moved.
            name=AWS_LOAD_BALANCER.fit(f"{self._name}-{self._spec.port}"),
            vpc_id=self._platform["network_id"],
            target_type="ip",
            protocol="TCP",
            port=self._spec.port,
            preserve_client_ip="true",
            health_check={"protocol": "HTTP", "path": path} if path else {"protocol": "TCP"},
            stickiness={"type": "source_ip", "enabled": self._spec.sticky},
            # By this tag the controller may put pods there.
            tags={"Name": self._name, CLUSTER_TAG: self._platform["cluster_name"]},
            opts=self._child,
        )

    def _listen(self, balancer: aws.lb.LoadBalancer, targets: aws.lb.TargetGroup) -> None:
        aws.lb.Listener(
            self._name,
            load_balancer_arn=balancer.arn,
            protocol="TCP",
            port=self._spec.port,
            default_actions=[{"type": "forward", "target_group_arn": targets.arn}],
            tags={"Name": self._name},
            opts=self._child,
        )

    def _bind(self, targets: aws.lb.TargetGroup, group: aws.ec2.SecurityGroup) -> None:
        """The binding waits for a Service that is not there yet (kubernetes-sigs/aws-load-balancer-controller#1888)."""
        port = self._spec.port
        opened = {"from": [{"securityGroup": {"groupID": group.id}}], "ports": [{"protocol": "TCP", "port": port}]}
        kubernetes.apiextensions.CustomResource(
            self._name,
            api_version="elbv2.k8s.aws/v1beta1",
            kind="TargetGroupBinding",
            metadata={"name": self._name, "namespace": self._spec.namespace},
            spec={
                "serviceRef": {"name": self._spec.service, "port": port},
                "targetGroupARN": targets.arn,
                "targetType": "ip",
                "networking": {"ingress": [opened]},
            },
            # The controller's webhook refuses another target group.
            opts=ResourceOptions(parent=self, delete_before_replace=True, replace_on_changes=["spec.targetGroupARN"]),
        )


def load_balancer_problems(spec: LoadBalancerSpec, platform: PlatformContract | None) -> Iterator[Problem]:
    """What AWS would refuse of a load balancer, by the spec's keys."""
    if len(set(spec.zones)) != len(spec.zones):
        yield "zones", f"{', '.join(spec.zones)}: each zone stands here once"
    if spec.existing and not spec.public:
        yield "existing", "does nothing: only a public load balancer has public addresses"
    elif spec.existing and len(spec.existing) != len(spec.zones):
        yield "existing", f"needs one address for each zone, {len(spec.zones)} in all: {', '.join(spec.zones)}"
    if spec.public and spec.private_address:
        yield "private_address", "does nothing: a public load balancer is dialled by its public addresses"
    if platform is None:
        return
    there = {subnet["zone"] for subnet in _every(spec, platform)}
    if missing := [zone for zone in spec.zones if zone not in there]:
        yield "zones", f"the platform has no subnet in {', '.join(missing)}; it has {', '.join(sorted(there))}"
    if spec.private_address and not spec.public and (problem := _address_problem(spec, platform)):
        yield "private_address", problem


def balancer_addresses(name: str, spec: LoadBalancerSpec) -> Sequence[str]:
    """The names of the public addresses that the balancer `name` makes and keeps: one for each zone."""
    return _address_names(name, spec) if spec.public and not spec.existing else []


def _address_names(name: str, spec: LoadBalancerSpec) -> list[str]:
    return [f"{name}-{zone}" for zone in spec.zones]


def _address_problem(spec: LoadBalancerSpec, platform: PlatformContract) -> str:
    ranges = [IPv4Network(subnet["cidr"]) for subnet in _subnets(spec, platform)]
    address = IPv4Address(spec.private_address or "")
    if not (inside := [range_ for range_ in ranges if address in range_]):
        return f"{address} lies in none of the private subnets of the zones: {', '.join(map(str, ranges))}"
    first, last = inside[0].network_address, inside[0].broadcast_address
    own = int(address) - int(first) < 4 or address == last
    return f"{address} is AWS' own: {OWN_ADDRESSES.what} has {OWN_ADDRESSES.rule}" if own else ""


def _every(spec: LoadBalancerSpec, platform: PlatformContract) -> Sequence[Subnet]:
    return platform["public_subnets" if spec.public else "private_subnets"]


def _subnets(spec: LoadBalancerSpec, platform: PlatformContract) -> list[Subnet]:
    """Those of the zones, in the zones' order."""
    by_zone = {subnet["zone"]: subnet for subnet in _every(spec, platform)}
    return [by_zone[zone] for zone in spec.zones if zone in by_zone]


def _mapping(subnet: Subnet, **address: Any) -> Any:
    return {"subnet_id": subnet["id"], **address}


def _taken(subnet: Subnet, address: str | None) -> dict[str, str]:
    """The address in the one subnet where it lies."""
    lies = address and IPv4Address(address) in IPv4Network(subnet["cidr"])
    return {"private_ipv4_address": address} if address and lies else {}


def _service(spec: LoadBalancerSpec, subnets: Sequence[Subnet], ranges: Sequence[str]) -> dict[str, Any]:
    values = ServiceValues(
        type="ClusterIP",
        annotations={},
        sourceRanges=list(ranges),
        healthRanges=[subnet["cidr"] for subnet in subnets],
        sticky=spec.sticky,
    )
    return dict(values)
