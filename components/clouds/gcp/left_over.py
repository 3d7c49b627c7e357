"""What an earlier stack left on Google Cloud."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

import pulumi_gcp as gcp
from pulumi import InvokeOptions

from ..absent import found
from ..contract.left_over import Wanted, beginning
from ..contract.platform import PlatformContract
from ..naming import GCP_DATABASE, GCP_RESOURCE, GCP_SECRET
from .snapshot import NO_DISK

API_OFF = "has not been used in project"
"""As Google says it of a service that nobody has switched on yet, as in a new project: nothing of its kind is there.
(The whole sentence: "Secret Manager API has not been used in project ... before or it is disabled".)"""


RULES = {"address": GCP_RESOURCE, "database": GCP_DATABASE, "disk": GCP_RESOURCE, "secret": GCP_SECRET}


def left_over(
    wanted: Sequence[Wanted], platform: PlatformContract, asked: InvokeOptions
) -> Mapping[Wanted, Sequence[str]]:
    """The ids, as one adopts them by, of what is there."""
    project = platform["account"]
    names = {one: _name(one, platform) for one in wanted}

    def of(kind: str) -> dict[Wanted, str]:
        return {one: name for one, name in names.items() if one.kind == kind}

    return {
        one: [id_]
        for one, id_ in (
            *_disks(project, of("disk"), asked),
            *_addresses(project, platform["region"], of("address"), asked),
            *_secrets(project, of("secret"), asked),
            *_databases(project, of("database"), asked),
            *_buckets(project, of("bucket"), asked),
        )
    }


def _name(one: Wanted, platform: PlatformContract) -> str:
    if one.kind != "bucket":
        return RULES[one.kind].fit(one.name)
    from .bucket import bucket_name  # Cloud Storage's part of the SDK takes a second, and most stacks have no bucket

    return bucket_name(one.name, platform)


def _disks(project: str, names: Mapping[Wanted, str], asked: InvokeOptions) -> Iterator[tuple[Wanted, str]]:
    """One by one: the provider lists none."""
    for one, name in names.items():
        ask = partial(gcp.compute.get_disk, project=project, zone=one.zone, name=name, opts=asked)
        if found(ask, NO_DISK.format(name=name), API_OFF):
            yield one, f"projects/{project}/zones/{one.zone}/disks/{name}"


def _addresses(
    project: str, region: str, names: Mapping[Wanted, str], asked: InvokeOptions
) -> Iterator[tuple[Wanted, str]]:
    if not names:
        return
    named = _all(names.values())
    listed = found(lambda: gcp.compute.get_addresses(project=project, region=region, filter=named, opts=asked), API_OFF)
    there = {address.name for address in listed.addresses} if listed else set()
    yield from (
        (one, f"projects/{project}/regions/{region}/addresses/{name}") for one, name in names.items() if name in there
    )


def _secrets(project: str, names: Mapping[Wanted, str], asked: InvokeOptions) -> Iterator[tuple[Wanted, str]]:
    if not names:
        return
    named = _all(names.values())
    listed = found(lambda: gcp.secretmanager.get_secrets(project=project, filter=named, opts=asked), API_OFF)
    there = {secret.secret_id for secret in listed.secrets} if listed else set()
    yield from ((one, f"projects/{project}/secrets/{name}") for one, name in names.items() if name in there)


def _databases(project: str, names: Mapping[Wanted, str], asked: InvokeOptions) -> Iterator[tuple[Wanted, str]]:
    """Of every region: a server's name is the project's."""
    if not names:
        return
    listed = found(lambda: gcp.sql.get_database_instances(project=project, opts=asked), API_OFF)
    there = {server.name for server in listed.instances} if listed else set()
    yield from ((one, name) for one, name in names.items() if name in there)


def _buckets(project: str, names: Mapping[Wanted, str], asked: InvokeOptions) -> Iterator[tuple[Wanted, str]]:
    """Of the project's own: another's of the same name is nothing that was left here."""
    if not names:
        return
    listed = found(
        lambda: gcp.storage.get_buckets(project=project, prefix=beginning(names.values()), opts=asked), API_OFF
    )
    there = {bucket.name for bucket in listed.buckets} if listed else set()
    yield from ((one, name) for one, name in names.items() if name in there)


def _all(names: Collection[str]) -> str | None:
    """A filter that every one of the names passes: `:` asks for a part of a text. None where they have none in
    common."""
    start = beginning(names)
    return f"name:{start}" if start else None
