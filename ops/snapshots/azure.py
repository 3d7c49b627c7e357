"""Azure: managed disks, through the Azure CLI with the operator's own credentials. Needs Disk Snapshot Contributor on
the disk's resource group."""

from nodeyard.clouds.naming import AZURE_DISK

from ..errors import Unreachable
from ..reach import processes
from ..stacks import Account
from . import Disks


def disks(_account: Account) -> Disks:
    return ManagedDisks()


class ManagedDisks:
    """A snapshot lies in its disk's resource group."""

    async def snapshot(self, disk: str, name: str, why: str) -> tuple[str, str]:
        parts = disk.split("/")
        try:
            subscription, group = parts[parts.index("subscriptions") + 1], parts[parts.index("resourceGroups") + 1]
        except (ValueError, IndexError):
            raise Unreachable(f"{disk} is no ARM id of a disk.") from None
        # Premium SSD v2 has no other snapshots than incremental ones.
        wanted = ["--name", AZURE_DISK.fit(name), "--source", disk, "--incremental", "true", "--tags", f"reason={why}"]
        place = ["--resource-group", group, "--subscription", subscription]
        found = await processes.capture_json(["az", "snapshot", "create", *wanted, *place, "--output", "json"])
        try:
            done = found.get("completionPercent")
            return str(found["id"]), f"{done:g}%" if done is not None else str(found["provisioningState"])
        except (LookupError, TypeError, ValueError, AttributeError):
            raise Unreachable("az snapshot create did not answer as it should.") from None
