"""Snapshots of disks on Google Cloud: a resource policy."""

from collections.abc import Iterator

import pulumi_gcp as gcp
from pulumi import ResourceOptions

from ...errors import Problem
from ..contract import snapshot_schedule as contract
from ..contract.platform import PlatformContract
from ..contract.snapshot_schedule import HOURS_OF_A_DAY, Rhythm, SnapshotScheduleSpec
from ..naming import GCP_RESOURCE


class SnapshotSchedule(contract.SnapshotSchedule):
    """One schedule for every disk that is attached to it. A snapshot outlives its disk.

    Makes: `gcp:compute:ResourcePolicy`.
    """

    def __init__(
        self, name: str, spec: SnapshotScheduleSpec, platform: PlatformContract, opts: ResourceOptions
    ) -> None:
        super().__init__("nodeyard:gcp:SnapshotSchedule", name, None, opts)
        policy = gcp.compute.ResourcePolicy(
            name,
            name=GCP_RESOURCE.fit(name),
            region=platform["region"],
            description=spec.description,
            snapshot_schedule_policy={
                "schedule": _schedule(spec.rhythm),
                "retention_policy": {
                    "max_retention_days": spec.rhythm.keep_days,
                    "on_source_disk_delete": "KEEP_AUTO_SNAPSHOTS",
                },
                "snapshot_properties": {"storage_locations": platform["region"]},
            },
            # Another description would be another policy, under the same name.
            opts=ResourceOptions(parent=self, ignore_changes=["description"]),
        )
        self.schedule = policy.name
        self.register_outputs({"schedule": self.schedule})


def _schedule(rhythm: Rhythm) -> gcp.compute.ResourcePolicySnapshotSchedulePolicyScheduleArgsDict:
    if rhythm.every_hours == HOURS_OF_A_DAY:
        return {"daily_schedule": {"days_in_cycle": 1, "start_time": rhythm.at}}
    return {"hourly_schedule": {"hours_in_cycle": rhythm.every_hours, "start_time": rhythm.at}}


def snapshot_problems(_rhythm: Rhythm) -> Iterator[Problem]:
    """Compute Engine takes every rhythm."""
    return iter(())
