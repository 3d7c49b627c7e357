"""A machine that needs no cluster."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output

from .disk import Disk
from .firewall import Firewall
from .log_group import LogGroup
from .secret import Secret


@dataclass(frozen=True, kw_only=True)
class MachinePlan:
    """What can be judged of a machine before anything is made for it."""

    instance_type: str
    image: str
    container_image: str
    gpu: bool = False
    log_days: int = 90
    notify: str | None = None


@dataclass(frozen=True, kw_only=True)
class MachineSpec:
    """One machine with one data disk that outlives it. Nothing reaches it from the internet, and there are never two
    with one disk."""

    zone: str
    instance_type: str
    """In the cloud's own words."""
    image: str
    """In the cloud's own words: an image's id or version, or the documented look-up of one."""
    user_data: Input[str]
    """cloud-init. Another one replaces the machine, not the disk."""
    container_image: str
    """What the machine reads at run time where `image_source` says: another one changes nothing but that."""
    disk: Disk
    secrets: Sequence[Secret]
    """What the machine's identity may read, and nothing else."""
    log_group: LogGroup
    log_files: Sequence[str]
    """Of the machine, what the cloud's agent sends there. On Azure a resource tells it; elsewhere `user_data` does."""
    metrics_namespace: str
    root_disk_gib: int = 60
    """No smaller than the disk that the image was made from."""
    spot: bool = False
    gpu: bool = False
    firewalls: Sequence[Firewall] = ()


@dataclass(frozen=True, kw_only=True)
class MachineBoot:
    """What a machine's boot needs to know of its cloud before the machine is made."""

    image_source: str
    """Where the running machine reads which container image it should run: name of an SSM parameter (AWS), tag of the
    machine (Azure), metadata attribute of the instance (Google Cloud)."""
    disk_paths: Callable[[str], Sequence[str]]
    """Where a disk's block device shows, by the disk's id."""
    attaches_disk: bool
    """Whether the machine attaches its disk itself."""
    secret_reference: Callable[[str], str]
    """How the machine asks for a secret, by the secret's id."""
    identity: str = ""
    """Which one the machine asks as, where others may be given to it besides: ARM id (Azure); elsewhere empty."""


class Machine(pulumi.ComponentResource):
    machine_id: Output[str]
    """Of the machine (Azure) or of the group of one that keeps it (AWS, Google Cloud)."""
    session: Output[str]
    """The command that opens a shell on it."""
