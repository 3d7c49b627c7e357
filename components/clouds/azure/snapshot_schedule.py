"""Daily snapshots of disks on Azure: the policy of the backup vault, which comes with the platform or the site."""

from pulumi import Output, ResourceOptions

from ..contract import snapshot_schedule as contract
from ..contract.platform import PlatformContract
from ..contract.snapshot_schedule import SnapshotScheduleSpec
from .backup import POLICY


class SnapshotSchedule(contract.SnapshotSchedule):
    """The vault's one policy. Makes: nothing, because vault and policy are there before any disk."""

    def __init__(
        self, name: str, _spec: SnapshotScheduleSpec, _platform: PlatformContract, opts: ResourceOptions
    ) -> None:
        super().__init__("nodeyard:azure:SnapshotSchedule", name, None, opts)
        self.schedule = Output.from_input(POLICY)
        self.register_outputs({"schedule": self.schedule})
