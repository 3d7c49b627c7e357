"""Snapshots of disks on Azure: a policy of the backup vault, which comes with the platform or the site."""

from collections.abc import Iterator

from pulumi import Output, ResourceOptions

from ...errors import Problem
from ..contract import snapshot_schedule as contract
from ..contract.platform import PlatformContract
from ..contract.snapshot_schedule import Rhythm, SnapshotScheduleSpec
from .backup import POLICY, backup_policy
from .limits import SNAPSHOT_COUNT, SNAPSHOT_HOURS
from .platform_section import azure_of


class SnapshotSchedule(contract.SnapshotSchedule):
    """The policy that every vault has, for the usual rhythm; a policy of its own in that vault for another.

    Makes: for another rhythm `azure-native:dataprotection:BackupPolicy`. It stays as long as a disk is on it.
    Raises nothing: `snapshot_problems` says beforehand what Azure would refuse.
    """

    def __init__(
        self, name: str, spec: SnapshotScheduleSpec, platform: PlatformContract, opts: ResourceOptions
    ) -> None:
        super().__init__("nodeyard:azure:SnapshotSchedule", name, None, opts)
        if spec.rhythm == Rhythm():
            self.schedule = Output.from_input(POLICY)
        else:
            azure = azure_of(platform)
            vault, group = azure["backup_vault"], azure["resource_group"]
            self.schedule = backup_policy(name, name, vault, group, spec.rhythm, ResourceOptions(parent=self)).name
        self.register_outputs({"schedule": self.schedule})


def snapshot_problems(rhythm: Rhythm) -> Iterator[Problem]:
    """What Azure Disk Backup would refuse of a schedule."""
    if problem := SNAPSHOT_HOURS.problem(rhythm.every_hours):
        yield "every_hours", problem
    elif problem := SNAPSHOT_COUNT.problem(rhythm.count):
        yield "keep_days", f"{rhythm.keep_days} days of snapshots every {rhythm.every_hours} hours: {problem}"
