"""What an earlier stack left on AWS."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pulumi_aws as aws
from pulumi import InvokeOptions

from ..contract.left_over import Wanted, beginning
from ..contract.platform import PlatformContract
from ..naming import AWS_SECRET, RDS_INSTANCE

MOST_VALUES = 200
"""A request has room for so many values of filters (Amazon EC2 User Guide, "List and filter using the CLI and API")."""

Ids = Sequence[str]


def left_over(wanted: Sequence[Wanted], platform: PlatformContract, asked: InvokeOptions) -> Mapping[Wanted, Ids]:
    """The ids, as one adopts them by, of what is there. EC2 names nothing: volumes and addresses have our tag `Name`. A
    load balancer's address is named `<name>-<zone>`.

    A secret that was deleted and can still be recovered is not seen (`ListSecrets` leaves it out unless told
    otherwise, which the provider does not do).
    """

    def of(kind: str) -> list[Wanted]:
        return [one for one in wanted if one.kind == kind]

    def volumes(names: Sequence[str]) -> Ids:
        return aws.ebs.get_ebs_volumes(filters=_named(names), opts=asked).ids

    def addresses(names: Sequence[str]) -> Ids:
        return aws.ec2.get_eips(filters=_named(names), opts=asked).allocation_ids

    return {
        **dict(_tagged(of("disk"), volumes)),
        **dict(_tagged(of("address"), addresses)),
        **dict(_secrets(of("secret"), asked)),
        **dict(_databases(of("database"), asked)),
        **dict(_buckets(of("bucket"), platform, asked)),
    }


def _named(names: Sequence[str]) -> list[Any]:
    return [{"name": "tag:Name", "values": list(names)}]


def _tagged(wanted: Sequence[Wanted], ask: Callable[[Sequence[str]], Ids]) -> Iterator[tuple[Wanted, Ids]]:
    """The answer has ids and no names: names are asked one by one only where there is something at all."""
    for start in range(0, len(wanted), MOST_VALUES):
        some = wanted[start : start + MOST_VALUES]
        if ask([one.name for one in some]):
            yield from ((one, ids) for one in some if (ids := ask([one.name])))


def _secrets(wanted: Sequence[Wanted], asked: InvokeOptions) -> Iterator[tuple[Wanted, Ids]]:
    """By what their names begin with, in one question."""
    if not wanted:
        return
    names = {one: AWS_SECRET.fit(one.name) for one in wanted}
    start = beginning(names.values())
    filters: list[Any] = [{"name": "name", "values": [start]}] if start else []
    arns = aws.secretsmanager.get_secrets(filters=filters, opts=asked).arns
    there = {arn.split(":secret:")[-1][: -len("-AbCdEf")]: arn for arn in arns}
    yield from ((one, [there[name]]) for one, name in names.items() if name in there)


def _databases(wanted: Sequence[Wanted], asked: InvokeOptions) -> Iterator[tuple[Wanted, Ids]]:
    """By their identifiers, in one question. One that is not there is left out of the answer."""
    if not wanted:
        return
    names = {one: RDS_INSTANCE.fit(one.name) for one in wanted}
    filters: list[Any] = [{"name": "db-instance-id", "values": list(names.values())}]
    there = aws.rds.get_instances(filters=filters, opts=asked).instance_identifiers
    yield from ((one, [name]) for one, name in names.items() if name in there)


def _buckets(
    wanted: Sequence[Wanted], platform: PlatformContract, asked: InvokeOptions
) -> Iterator[tuple[Wanted, Ids]]:
    """By what their names begin with, in one question about the account's own."""
    if not wanted:
        return
    from .bucket import bucket_name  # S3's part of the SDK takes a second, and most stacks have no bucket

    names = {one: bucket_name(one.name, platform) for one in wanted}
    found = aws.s3.get_buckets(prefix=beginning(names.values()) or None, opts=asked).buckets
    there = {bucket.name for bucket in found}
    yield from ((one, [name]) for one, name in names.items() if name in there)
