"""Where machines stand on AWS that need no platform: the account's default VPC."""

from collections.abc import Iterator
from typing import Any

import pulumi_aws as aws
from pulumi import InvokeOptions, ResourceOptions

from ...errors import InputError, Problem
from ..contract import site as contract
from ..contract.platform import CloudName, Subnet, without_cluster
from ..contract.site import SiteSpec
from .places import WORDS


class Site(contract.Site):
    """The default VPC of the account in `spec.region`, looked up; it has a subnet in each zone of its own.

    Makes: nothing. Its subnets are public (VPC user guide, "Default VPCs"): a machine there has a public address to get
    out by, and a security group that lets nobody in. Disks and secrets are encrypted with AWS's own keys.
    Raises `InputError` when the account has no default VPC there, or one without subnets.
    """

    def __init__(self, name: str, spec: SiteSpec, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Site", name, None, opts)
        asked = InvokeOptions(parent=self)
        account = spec.account or aws.get_caller_identity(opts=asked).account_id
        vpc = _default_vpc(account, spec.region, asked)
        subnets = _default_subnets(vpc.id, asked)
        if not subnets:
            raise _no_network(account, spec.region, f"the default VPC {vpc.id} has no default subnets")
        self.platform = without_cluster(
            cloud=CloudName.AWS,
            account=account,
            region=spec.region,
            network_id=vpc.id,
            public_subnets=subnets,
            private_subnets=[],
            private_cidrs=[association.cidr_block for association in vpc.cidr_block_associations],
        )
        self.register_outputs({"network_id": vpc.id})


def site_problems(spec: SiteSpec) -> Iterator[Problem]:
    """What keeps machines from standing in a default VPC, by the spec's keys."""
    if not spec.zones:
        yield "zones", "name the zones that machines stand in: those that offer the instance type"
    yield from WORDS.problems(spec.account, spec.region, spec.zones)


def _default_vpc(account: str, region: str, asked: InvokeOptions) -> aws.ec2.GetVpcResult:
    # The plural look-up answers with none where the singular one fails as it does for anything else.
    if not aws.ec2.get_vpcs(filters=_filters({"is-default": "true"}), opts=asked).ids:
        raise _no_network(account, region, "there is no default VPC")
    return aws.ec2.get_vpc(default=True, opts=asked)


def _default_subnets(vpc: str, asked: InvokeOptions) -> list[Subnet]:
    found = aws.ec2.get_subnets(filters=_filters({"vpc-id": vpc, "default-for-az": "true"}), opts=asked)
    subnets = [aws.ec2.get_subnet(id=subnet, opts=asked) for subnet in found.ids]
    listed = [Subnet(id=subnet.id, zone=subnet.availability_zone, cidr=subnet.cidr_block) for subnet in subnets]
    return sorted(listed, key=lambda subnet: subnet["zone"])


def _filters(wanted: dict[str, str]) -> list[Any]:
    return [{"name": name, "values": [value]} for name, value in wanted.items()]


def _no_network(account: str, region: str, reason: str) -> InputError:
    advice = "make one (aws ec2 create-default-vpc), or give a platform"
    return InputError(f"Account {account} cannot hold machines in {region}.", [("platform", f"{reason}: {advice}")])
