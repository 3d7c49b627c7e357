"""Google Cloud: Persistent Disks, through the gcloud CLI with the operator's own credentials. Needs
`compute.disks.createSnapshot` and `compute.snapshots.create`."""

from nodeyard.clouds.naming import GCP_RESOURCE

from ..errors import Unreachable
from ..reach import processes
from ..stacks import Account
from . import Disks


def disks(_account: Account) -> Disks:
    return PersistentDisks()


class PersistentDisks:
    """A snapshot lies in its disk's project."""

    async def snapshot(self, disk: str, name: str, why: str) -> tuple[str, str]:
        """`disk` is as in `projects/<project>/zones/<zone>/disks/<name>`."""
        match disk.split("/"):
            case ["projects", project, "zones", zone, "disks", disk_name]:
                pass
            case _:
                raise Unreachable(f"{disk} is no id of a disk.")
        snapshot = GCP_RESOURCE.fit(name)
        source = ["--source-disk", disk_name, "--source-disk-zone", zone, "--project", project]
        wanted = [snapshot, *source, "--description", why, "--async", "--format", "json"]
        await processes.capture(["gcloud", "compute", "snapshots", "create", *wanted])
        return snapshot, "CREATING"
