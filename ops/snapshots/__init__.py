"""Snapshots of a stack's disks, made now by the cloud's own API, beside those of the schedule."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Protocol, cast

from ..errors import BadInput
from ..output import Told
from ..stacks import Account

_VOLUME = "kubernetes:core/v1:PersistentVolume"


class Snapshot(Told):
    """One that was asked for."""

    part: str
    disk: str
    """The cloud's id."""
    snapshot: str
    """As `seedFrom` takes it."""
    state: str
    """In the cloud's own word. It is made of the disk as it is now, and may take hours to be complete."""


class Disks(Protocol):
    """A cloud's disks."""

    async def snapshot(self, disk: str, name: str, why: str) -> tuple[str, str]:
        """Asks for a snapshot of a disk, and does not wait for its end. Returns what `seedFrom` takes, and its state.
        Raises `Unreachable` with what the command line said."""
        ...


def disks_of(account: Account) -> Disks:
    """The module here that has the cloud's name knows them."""
    account.endpoint("disks")  # the clouds' command lines know none but the clouds' own
    return cast(Disks, import_module(f"{__name__}.{account.cloud}").disks(account))


def disk_ids(state: Mapping[str, Any]) -> dict[str, str]:
    """The cloud's id of the disk behind each PersistentVolume of a stack, by the volume's name: as the stack's own
    state has them, since whoever operates a namespace may not look at volumes."""
    return dict(_handles(state))


def name_of(release: str, part: str) -> str:
    """Of a snapshot that is made now."""
    return f"{release}-{part}-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def chosen(ids: Mapping[str, str], release: str, parts: list[str]) -> dict[str, str]:
    """The disk of each part of a release, after which the volumes are called. Of several replicas it is the first
    one's, which the schedule takes too. Raises `BadInput` for a part that the stack does not have."""
    found = {part: ids.get(f"{release}-{part}", ids.get(f"{release}-0-{part}")) for part in parts}
    if absent := [part for part, disk in found.items() if disk is None]:
        raise BadInput(f"The stack's state has no disk of {', '.join(absent)}. Was it brought up?")
    return {part: disk for part, disk in found.items() if disk is not None}


def _handles(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for resource in state["deployment"].get("resources") or []:
        if resource.get("type") == _VOLUME:
            outputs = resource.get("outputs") or {}
            handle = ((outputs.get("spec") or {}).get("csi") or {}).get("volumeHandle")
            if isinstance(handle, str):
                yield resource["urn"].rpartition("::")[2], handle
