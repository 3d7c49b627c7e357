"""A schedule of snapshots."""

from dataclasses import dataclass

import pulumi
from pulumi import Output

HOURS_OF_A_DAY = 24


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """When snapshots are made, and how long each is kept. Every night, and for a week, unless given."""

    at: str = "03:00"
    """When the first of a day is made: a full hour, by UTC."""
    every_hours: int = HOURS_OF_A_DAY
    """A divisor of 24, so that each day has the same hours."""
    keep_days: int = 7

    @property
    def count(self) -> int:
        """How many there are of a disk at most."""
        return self.keep_days * HOURS_OF_A_DAY // self.every_hours


@dataclass(frozen=True, kw_only=True)
class SnapshotScheduleSpec:
    """One schedule for all the disks of a stack that name it. Clouds have room for few: 100 in a region of AWS."""

    description: str
    """Whose disks are on it, for whoever finds it in the cloud."""
    rhythm: Rhythm = Rhythm()


class SnapshotSchedule(pulumi.ComponentResource):
    """The schedule that a cloud made of a `SnapshotScheduleSpec`."""

    schedule: Output[str]
    """What `DiskSpec.snapshots` names it by."""
