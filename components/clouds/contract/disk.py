"""One disk that outlives whatever it is attached to."""

from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi import Input, Output


@dataclass(frozen=True, kw_only=True)
class DiskSpec:
    """One encrypted disk in one zone. The disk is protected and retained. For a pod the disk gets a static
    PersistentVolume and a claim with a name of its own."""

    zone: str
    size_gib: int
    """The size in GiB."""
    namespace: str = ""
    """The namespace of the claim. Empty for a machine's disk, which no pod mounts."""
    claim: str = ""
    """What the claim is called, where a pod finds it by its name: a StatefulSet's. The disk's own name unless given."""
    iops: int = 3000
    """Input and output operations a second."""
    throughput_mibps: int | None = None
    """MiB a second. What is usual on the cloud unless given."""
    type: str = ""
    """In the cloud's own words. The cloud's usual one unless given."""
    access_mode: Literal["ReadWriteOnce", "ReadWriteOncePod"] = "ReadWriteOnce"
    """`ReadWriteOncePod` is for what must never run twice: a second pod cannot mount the claim."""
    seed_from: str | None = None
    """The id of a snapshot to make the disk from. A snapshot that is named later changes nothing."""
    existing: str | None = None
    """The id of a disk to adopt."""
    snapshots: Input[str] = ""
    """The `SnapshotSchedule` that the disk is on; empty for none. This is for chain data only: signing state from a
    snapshot is old."""


class Disk(pulumi.ComponentResource):
    """The disk that a cloud made of a `DiskSpec`."""

    disk_id: Output[str]
    """The id used to adopt or attach the disk. On Azure and Google Cloud the id is a name: a later disk may have the
    same."""
    unique_id: Output[str]
    """An id that no other disk ever has. Neither a later disk of the same name nor a copy from a snapshot has it."""
    claim_name: Output[str]
    """The PersistentVolumeClaim that a pod mounts."""


@dataclass(frozen=True)
class SnapshotSource:
    """The disk that a snapshot was taken of, as the cloud knows it now."""

    disk: str
    """The disk's id. Empty where the cloud cannot tell: for a copy of a snapshot, and for a snapshot of another
    account."""
    lives: bool = False
    """Whether the disk still exists."""
