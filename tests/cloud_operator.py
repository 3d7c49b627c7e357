"""What an operator does to disks with a cloud's own commands, in the world of a sandbox."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.simulation import cloud_of
from sandbox.simulation.cloud import Cloud

DISKS = {"aws": "aws:ebs/volume:Volume", "azure": "azure-native:compute:Disk", "gcp": "gcp:compute/disk:Disk"}
SNAPSHOTS = {
    "aws": "aws:ebs/snapshot:Snapshot",
    "azure": "azure-native:compute:Snapshot",
    "gcp": "gcp:compute/snapshot:Snapshot",
}


@dataclass(frozen=True)
class Operator:
    cloud: str
    home: Path
    """Of the sandbox."""
    region: str
    account: str = ""
    """Google Cloud's project, Azure's subscription."""

    def snapshot(self, disk: str, name: str = "by-hand") -> str:
        """Takes one of the disk; its id, as `seed_from` wants it."""
        copy = {"createOption": "Copy", "sourceResourceId": disk}
        asked: dict[str, dict[str, Any]] = {
            "aws": {"volumeId": disk},
            "azure": {"resourceGroupName": _group(disk), "snapshotName": name, "creationData": copy},
            "gcp": {"name": name, "sourceDisk": disk},
        }
        return self.make(SNAPSHOTS[self.cloud], asked[self.cloud])

    def share(self, snapshot: str, owner: str) -> None:
        """From now on it is another AWS account's, which shares it with this one."""
        with self._account().world.transaction() as database:
            database.execute(
                "update objects set properties = json_set(properties, '$.ownerId', ?) where id = ?", (owner, snapshot)
            )

    def delete_disk(self, id_: str) -> None:
        self._delete(DISKS[self.cloud], id_)

    def delete_snapshot(self, id_: str) -> None:
        self._delete(SNAPSHOTS[self.cloud], id_)

    def disks(self) -> list[str]:
        """The ids of all that there are."""
        return [item.id for item in self._account().world.find(DISKS[self.cloud])]

    def everything(self) -> set[str]:
        """The ids of all that there is, of whatever type."""
        return {f"{item.type} {item.id}" for item in self._account().world.all()}

    def make(self, token: str, inputs: dict[str, Any]) -> str:
        """Its id."""
        return self._account().create(token, "by-hand", inputs, preview=False).id

    def _delete(self, token: str, id_: str) -> None:
        assert self._account().world.find(token, id_=id_), f"there is no {token} {id_}"
        self._account().delete(token, id_, {})

    def _account(self) -> Cloud:
        package = "azure-native" if self.cloud == "azure" else self.cloud
        config = {"region": self.region, "project": self.account, "subscriptionId": self.account}
        account: Cloud = cloud_of(package, self.home, config)
        return account


def _group(arm_id: str) -> str:
    return arm_id.split("/")[4] if arm_id.startswith("/subscriptions/") else ""
