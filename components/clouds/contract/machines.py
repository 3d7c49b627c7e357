"""What a component may ask for a machine that needs no cluster."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from pulumi import Input

from .concepts import Disk, Firewall, LogGroup, Machine, Secret


@dataclass(frozen=True, kw_only=True)
class SiteSpec:
    """Where machines stand that need no cluster."""

    account: str | None
    """AWS account id, Azure subscription id or Google Cloud project id."""
    region: str
    zones: Sequence[str] = ()
    """Of the region, for a network that is made; the default network has its own."""
    snapshots: bool = False
    """Whether disks there ask for `DiskSpec.snapshots`, which on Azure takes a vault that keeps the schedule."""


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
class LogGroupSpec:
    """Where the logs of machines go: each of its lines says whose it is."""

    days: int = 90


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Tells somebody when a metric of a machine says what nobody wants to hear."""

    name: str
    description: str
    metric: str
    condition: Literal["not advancing", "below", "above", "missing"]
    """`not advancing`: the same value for `minutes`. `missing`: no value for `minutes`. A metric without values also
    raises the others."""
    threshold: float = 0
    minutes: int = 15


SystemChart = Literal[
    "cpu", "network", "memory", "iowait", "disk iops", "disk latency", "disk throughput", "disk used", "none"
]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One panel of a dashboard: metrics of the collector, or of the cloud itself (`system`)."""

    title: str
    metrics: Sequence[str] = ()
    system: SystemChart = "none"
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class TelemetrySpec:
    """A machine's dashboard and alarms."""

    node: str
    """The value of the metrics' one dimension."""
    machine: Machine
    disk: Disk
    namespace: str
    charts: Sequence[Chart]
    alarms: Sequence[Alarm]
    notify: str | None = None
    """ARN of an SNS topic (AWS), id of an action group (Azure) or of a notification channel (Google Cloud)."""


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
