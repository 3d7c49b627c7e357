"""Daily snapshots of disks on Google Cloud: a resource policy."""

import pulumi_gcp as gcp
from pulumi import ResourceOptions

from ..contract import snapshot_schedule as contract
from ..contract.platform import PlatformContract
from ..contract.snapshot_schedule import SnapshotScheduleSpec
from ..naming import GCP_RESOURCE


class SnapshotSchedule(contract.SnapshotSchedule):
    """One schedule for every disk that is attached to it. A snapshot is kept for seven days, and outlives its disk.

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
                "schedule": {"daily_schedule": {"days_in_cycle": 1, "start_time": "03:00"}},
                "retention_policy": {"max_retention_days": 7, "on_source_disk_delete": "KEEP_AUTO_SNAPSHOTS"},
                "snapshot_properties": {"storage_locations": platform["region"]},
            },
            opts=ResourceOptions(parent=self),
        )
        self.schedule = policy.name
        self.register_outputs({"schedule": self.schedule})
