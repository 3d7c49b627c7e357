"""What an earlier stack left on Google Cloud."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import pulumi_gcp as gcp
from pulumi import InvokeOptions

from ..absent import found
from ..contract.left_over import Wanted, beginning
from ..contract.platform import PlatformContract
from ..naming import GCP_RESOURCE, GCP_SECRET
from .snapshot import NO_DISK


def left_over(wanted: Sequence[Wanted], platform: PlatformContract, asked: InvokeOptions) -> Mapping[Wanted, str]:
    """The ids, as one adopts them by, of what is there."""
    project = platform["account"]
    names = {one: (GCP_SECRET if one.kind == "secret" else GCP_RESOURCE).fit(one.name) for one in wanted}

    def of(kind: str) -> dict[Wanted, str]:
        return {one: name for one, name in names.items() if one.kind == kind}

    return {
        **dict(_disks(project, of("disk"), asked)),
        **dict(_addresses(project, platform["region"], of("address"), asked)),
        **dict(_secrets(project, of("secret"), asked)),
    }


def _disks(project: str, names: Mapping[Wanted, str], asked: InvokeOptions) -> Iterator[tuple[Wanted, str]]:
    """One by one: the provider lists none."""
    for one, name in names.items():
        if found(_disk(project, one.zone, name, asked), NO_DISK.format(name=name)):
            yield one, f"projects/{project}/zones/{one.zone}/disks/{name}"


def _disk(project: str, zone: str, name: str, asked: InvokeOptions) -> Callable[[], object]:
    return lambda: gcp.compute.get_disk(project=project, zone=zone, name=name, opts=asked)


def _addresses(
    project: str, region: str, names: Mapping[Wanted, str], asked: InvokeOptions
) -> Iterator[tuple[Wanted, str]]:
    if not names:
        return
    listed = gcp.compute.get_addresses(
        project=project, region=region, filter=_beginning(names.values()), opts=asked
    ).addresses
    there = {address.name for address in listed}
    yield from (
        (one, f"projects/{project}/regions/{region}/addresses/{name}") for one, name in names.items() if name in there
    )


def _secrets(project: str, names: Mapping[Wanted, str], asked: InvokeOptions) -> Iterator[tuple[Wanted, str]]:
    if not names:
        return
    listed = gcp.secretmanager.get_secrets(project=project, filter=_beginning(names.values()), opts=asked).secrets
    there = {secret.secret_id for secret in listed}
    yield from ((one, f"projects/{project}/secrets/{name}") for one, name in names.items() if name in there)


def _beginning(names: Collection[str]) -> str:
    """A filter that every one of the names passes: `:` asks for a part of a text."""
    return f"name:{beginning(names)}"
