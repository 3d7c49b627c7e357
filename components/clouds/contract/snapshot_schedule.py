"""A schedule of daily snapshots."""

from dataclasses import dataclass

import pulumi
from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class SnapshotScheduleSpec:
    """One schedule for all the disks of a stack that name it. Clouds have room for few: 100 in a region of AWS."""

    description: str
    """Whose disks are on it, for whoever finds it in the cloud."""


class SnapshotSchedule(pulumi.ComponentResource):
    """The schedule that a cloud made of a `SnapshotScheduleSpec`: a snapshot every night, and seven are kept."""

    schedule: Output[str]
    """What `DiskSpec.snapshots` names it by."""
