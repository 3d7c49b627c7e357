"""The network on AWS: a VPC over three zones."""

import json
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from ..contract import network as contract
from ..contract.network import NetworkSpec
from ..contract.platform import Subnet
from .keys import encryption_key, for_logs
from .roles import give_rights, make_role


@dataclass(frozen=True)
class ZoneRanges:
    """One zone's share of the network's addresses."""

    zone: str
    private: IPv4Network
    public: IPv4Network


class Network(contract.Network):
    """A VPC with a public and a private subnet in each of three zones.

    Makes: `aws:ec2:Vpc` with `InternetGateway` and a closed `DefaultSecurityGroup`; for each zone two `Subnet`s, two
    `RouteTable`s, a `NatGateway` and its `Eip` (protected: partners put these addresses on their lists); a
    `VpcEndpoint` for S3, so that image layers do not go through NAT; a `FlowLog` with its role, to an
    `aws:cloudwatch:LogGroup` with a key of its own (`aws:kms:Key`, protected).
    """

    def __init__(self, name: str, spec: NetworkSpec, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Network", name, None, opts)
        ranges = share_out(spec)
        child = ResourceOptions(parent=self)
        tags = {"Name": name}
        vpc = aws.ec2.Vpc(
            name, cidr_block=spec.cidr, enable_dns_support=True, enable_dns_hostnames=True, tags=tags, opts=child
        )
        # Every VPC has one, and whatever is started without a group of its own gets it: let it allow nothing.
        aws.ec2.DefaultSecurityGroup(name, vpc_id=vpc.id, ingress=[], egress=[], tags=tags, opts=child)
        gateway = aws.ec2.InternetGateway(name, vpc_id=vpc.id, tags=tags, opts=child)
        zones = [_Zone(f"{name}-{zone.zone}", zone, vpc, gateway, child) for zone in ranges]
        aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=vpc.id,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{spec.region}.s3",
            route_table_ids=[table.id for zone in zones for table in zone.route_tables],
            tags={"Name": f"{name}-s3"},
            opts=child,
        )
        self._flow_logs(name, spec, vpc)
        self.cidr = spec.cidr
        self.network_id = vpc.id
        self.public_subnets = _listed([zone.public for zone in zones], [r.public for r in ranges], spec)
        self.private_subnets = _listed([zone.private for zone in zones], [r.private for r in ranges], spec)
        self.egress_addresses = Output.all(*(zone.egress_address for zone in zones)).apply(list)
        self.register_outputs({"network_id": self.network_id, "egress_addresses": self.egress_addresses})

    def _flow_logs(self, name: str, spec: NetworkSpec, vpc: aws.ec2.Vpc) -> None:
        """Who talked to whom, accepted or not. Named, so that the key can be kept to this one log group."""
        child = ResourceOptions(parent=self)
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self)).account_id
        group_name = f"/nodeyard/{name}/flow-logs"
        key = encryption_key(
            f"{name}-flow-logs",
            f"Flow logs of {name}",
            account,
            lambda account: [for_logs(account, spec.region, group_name)],
            child,
        )
        group = aws.cloudwatch.LogGroup(
            f"{name}-flow-logs",
            name=group_name,
            retention_in_days=spec.flow_log_days,
            kms_key_id=key.arn,
            opts=child,
        )
        role = make_role(f"{name}-flow-logs", account.apply(_flow_logs_trust), spec.region, child)
        policy = give_rights(f"{name}-flow-logs", role, group.arn.apply(_flow_logs_policy), child)
        aws.ec2.FlowLog(
            name,
            vpc_id=vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags={"Name": name},
            opts=ResourceOptions(parent=self, depends_on=[policy]),
        )


class _Zone:
    """One zone's subnets, and its own way out: a zone that fails takes no other with it."""

    def __init__(
        self,
        name: str,
        ranges: ZoneRanges,
        vpc: aws.ec2.Vpc,
        gateway: aws.ec2.InternetGateway,
        child: ResourceOptions,
    ) -> None:
        public_name, private_name = f"{name}-public", f"{name}-private"
        self.public = aws.ec2.Subnet(
            public_name,
            vpc_id=vpc.id,
            availability_zone=ranges.zone,
            cidr_block=str(ranges.public),
            # Managed node groups refuse a public subnet without it (EKS user guide, "Managed node groups").
            map_public_ip_on_launch=True,
            tags={"Name": public_name, "kubernetes.io/role/elb": "1"},
            opts=child,
        )
        self.private = aws.ec2.Subnet(
            private_name,
            vpc_id=vpc.id,
            availability_zone=ranges.zone,
            cidr_block=str(ranges.private),
            tags={"Name": private_name, "kubernetes.io/role/internal-elb": "1"},
            opts=child,
        )
        address = aws.ec2.Eip(
            name, domain="vpc", tags={"Name": name}, opts=ResourceOptions.merge(child, ResourceOptions(protect=True))
        )
        nat = aws.ec2.NatGateway(
            name,
            allocation_id=address.allocation_id,
            subnet_id=self.public.id,
            tags={"Name": name},
            opts=ResourceOptions.merge(child, ResourceOptions(depends_on=[gateway])),
        )
        self.egress_address = address.public_ip
        self.route_tables = [
            _routes(public_name, vpc, self.public, child),
            _routes(private_name, vpc, self.private, child),
        ]
        # Routes of their own, not inside the tables: so that routes to peered networks can be added beside them.
        for route_name, table, target in (
            (public_name, self.route_tables[0], {"gateway_id": gateway.id}),
            (private_name, self.route_tables[1], {"nat_gateway_id": nat.id}),
        ):
            aws.ec2.Route(route_name, route_table_id=table.id, destination_cidr_block="0.0.0.0/0", opts=child, **target)


def share_out(spec: NetworkSpec) -> list[ZoneRanges]:
    """Each zone's private subnet is a quarter of the network (pods take their addresses there), its public one a
    quarter of the last quarter: /18 and /20 in a /16."""
    network = IPv4Network(spec.cidr)
    *private, last = network.subnets(prefixlen_diff=2)
    public = last.subnets(prefixlen_diff=2)
    return [ZoneRanges(zone, mine, ours) for zone, mine, ours in zip(spec.zones, private, public, strict=False)]


def _routes(name: str, vpc: aws.ec2.Vpc, subnet: aws.ec2.Subnet, child: ResourceOptions) -> aws.ec2.RouteTable:
    table = aws.ec2.RouteTable(name, vpc_id=vpc.id, tags={"Name": name}, opts=child)
    aws.ec2.RouteTableAssociation(name, route_table_id=table.id, subnet_id=subnet.id, opts=child)
    return table


def _listed(subnets: list[aws.ec2.Subnet], ranges: list[IPv4Network], spec: NetworkSpec) -> Output[list[Subnet]]:
    return Output.all(*(subnet.id for subnet in subnets)).apply(
        lambda ids: [
            Subnet(id=subnet, zone=zone, cidr=str(cidr))
            for subnet, zone, cidr in zip(ids, spec.zones, ranges, strict=True)
        ]
    )


def _flow_logs_trust(account: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                }
            ],
        }
    )


def _flow_logs_policy(group_arn: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                    "Resource": f"{group_arn}:*",
                },
                # Takes no log group (VPC user guide, "IAM role for publishing flow logs to CloudWatch Logs").
                {"Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": "*"},
            ],
        }
    )
