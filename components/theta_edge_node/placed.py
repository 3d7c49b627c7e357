"""What every node has, wherever it runs: its disk and its password, which outlive whatever runs it."""

from dataclasses import dataclass

import pulumi
import pulumi_random as random
from pulumi import Input, Output, ResourceOptions

from ..clouds.contract.disk import Disk, DiskSpec
from ..clouds.contract.secret import Secret, SecretSpec
from .nodes import EdgeNode, Fleet

PASSWORD_LENGTH = 40
"""Letters and digits: more than 230 bits, and nothing that a shell, a YAML file or Docker's env file could take for its
own."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A node that has been placed. What its placement does not have is empty."""

    node: EdgeNode
    disk: Disk
    secret: Secret
    machine_id: Input[str] = ""
    pod: str = ""
    session: Input[str]
    logs: Input[str] = ""
    dashboard: Input[str] = ""
    alarms: Input[list[str]]


def disk_of(node: EdgeNode, fleet: Fleet, namespace: str, opts: ResourceOptions) -> Disk:
    """The node's data disk: its key, and with that its identity and earnings."""
    args = fleet.args
    spec = DiskSpec(
        zone=node.zone,
        size_gib=args.get("disk_gib", 256),
        namespace=namespace,
        iops=args.get("disk_iops", 3000),
        throughput_mibps=args.get("disk_throughput_mibps", 125),
        access_mode="ReadWriteOncePod",
        seed_from=node.args.get("seed_from"),
        existing=node.args.get("existing_disk"),
        snapshots=args.get("snapshots", False),
    )
    return fleet.cloud.Disk(node.name, spec, fleet.platform, opts)


def secret_of(node: EdgeNode, fleet: Fleet, opts: ResourceOptions) -> Secret:
    """The password that encrypts the node's key on its disk."""
    source = node.args.get("password", {})
    spec = SecretSpec(
        name=f"{node.name}/password", value=_password(node, opts), existing=source.get("existing") or None
    )
    return fleet.cloud.Secret(node.name, spec, fleet.platform, opts)


def _password(node: EdgeNode, opts: ResourceOptions) -> Input[str] | None:
    source = node.args.get("password", {})
    if source.get("existing") or source.get("external"):
        return None
    if given := source.get("value"):
        return _kept(node.name, given, opts)
    generated = random.RandomPassword(
        f"{node.name}-password",
        length=PASSWORD_LENGTH,
        special=False,
        opts=ResourceOptions.merge(opts, ResourceOptions(protect=True)),
    )
    return generated.result


def _kept(name: str, given: Input[str], opts: ResourceOptions) -> Output[str]:
    """The first password that was given: with another one the node could not open the key on its disk."""
    first = pulumi.Stash(
        f"{name}-password",
        input=Output.secret(given),
        opts=ResourceOptions.merge(opts, ResourceOptions(protect=True)),
    ).output
    return Output.secret(Output.all(first, given).apply(lambda both: _first(name, *map(str, both))))


def _first(name: str, first: str, given: str) -> str:
    if given != first:
        pulumi.log.warn(f"{name}: another password is given than its disk was made with. It is not taken.")
    return first
