"""One disk that outlives whatever it is attached to."""

from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class DiskSpec:
    """One zonal, encrypted disk. In a namespace it has a static PersistentVolume and a named claim. Protected and
    retained."""

    zone: str
    size_gib: int
    namespace: str = ""
    """Of the claim; empty for a machine's disk, which no pod mounts."""
    iops: int = 3000
    throughput_mibps: int = 125
    access_mode: Literal["ReadWriteOnce", "ReadWriteOncePod"] = "ReadWriteOnce"
    seed_from: str | None = None
    """A snapshot to start from, looked at once, when the disk is made."""
    existing: str | None = None
    """The id of a disk to adopt."""
    snapshots: bool = False
    """A daily snapshot, for chain data only: signing state that comes back from a snapshot is old."""


class Disk(pulumi.ComponentResource):
    disk_id: Output[str]
    """As it is adopted and attached by. On Azure and Google Cloud that is a name, which a later disk may have again."""
    unique_id: Output[str]
    """What no other disk ever has, a later one of the same name or from its snapshot included."""
    claim_name: Output[str]
    """The PersistentVolumeClaim that a pod mounts."""


@dataclass(frozen=True)
class SnapshotSource:
    """The disk that a snapshot was taken of, as the cloud knows it now."""

    disk: str
    """Its id; empty where the cloud cannot tell: of a copy of a snapshot, and in another account than one's own."""
    lives: bool = False
