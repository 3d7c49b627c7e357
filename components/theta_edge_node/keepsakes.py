"""What a node keeps, whatever runs it: its disk and its password."""

from dataclasses import dataclass, replace

import pulumi
from pulumi import Input, Output, ResourceOptions

from .. import clouds
from ..clouds.contract.disk import Disk
from ..clouds.contract.platform import PlatformContract
from ..clouds.contract.secret import Secret, SecretSpec
from ..clouds.contract.snapshot_schedule import SnapshotScheduleSpec
from ..kept_values import first_given, generated_password
from .settings import EdgeNode, Settings


@dataclass(frozen=True, kw_only=True)
class Keepsakes:
    """The disk holds the node's key, and with that its identity and earnings. The password opens the key."""

    disk: Disk
    password: Secret


def snapshot_schedule(fleet: Settings, platform: PlatformContract, opts: ResourceOptions) -> Output[str] | None:
    """The one schedule that the disks of a fleet are on, if they are on any."""
    if not fleet.args["snapshots"]:
        return None
    spec = SnapshotScheduleSpec(description=f"Daily snapshots of the disks of {fleet.name}")
    return clouds.of(platform).SnapshotSchedule(fleet.name, spec, platform, opts).schedule


def keepsakes(
    node: EdgeNode, platform: PlatformContract, schedule: Output[str] | None, opts: ResourceOptions
) -> Keepsakes:
    """The node's disk and password, made or adopted. Both are protected, and outlive whatever runs the node."""
    cloud = clouds.of(platform)
    disk = node.disk if schedule is None else replace(node.disk, snapshots=schedule)
    secret = SecretSpec(name=node.secret_name, value=_value(node, opts), existing=node.password.get("existing") or None)
    return Keepsakes(
        disk=cloud.Disk(node.name, disk, platform, opts),
        password=cloud.Secret(node.name, secret, platform, opts),
    )


def _value(node: EdgeNode, opts: ResourceOptions) -> Input[str] | None:
    """The password's value. None where it is the operator's to put there."""
    source = node.password
    if source.get("existing") or source.get("external"):
        return None
    if given := source.get("value"):
        return _kept(node.name, given, opts)
    return generated_password(f"{node.name}-password", opts)


def _kept(name: str, given: Input[str], opts: ResourceOptions) -> Output[str]:
    """The first password that was given: with another one the node could not open the key on its disk."""
    first = first_given(f"{name}-password", given, opts)
    return Output.secret(Output.all(first, given).apply(lambda both: _first(name, *map(str, both))))


def _first(name: str, first: str, given: str) -> str:
    if given != first:
        pulumi.log.warn(f"{name}: another password is given than its disk was made with. It is not taken.")
    return first
