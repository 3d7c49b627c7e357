"""AWS: EBS, through the AWS CLI with the operator's own credentials. Needs `ec2:CreateSnapshot`, `ec2:CreateTags`."""

from ..errors import Unreachable
from ..reach import processes
from ..stacks import Account
from . import Disks


def disks(account: Account) -> Disks:
    return Volumes(account.region)


class Volumes:
    """A snapshot of an encrypted volume is encrypted with the volume's key."""

    def __init__(self, region: str) -> None:
        self._region = region

    async def snapshot(self, disk: str, name: str, why: str) -> tuple[str, str]:
        tags = f"ResourceType=snapshot,Tags=[{{Key=Name,Value={name}}}]"
        wanted = ["--volume-id", disk, "--description", why, "--tag-specifications", tags]
        command = ["aws", "ec2", "create-snapshot", *wanted, "--region", self._region, "--output", "json"]
        found = await processes.capture_json(command)
        try:
            return str(found["SnapshotId"]), str(found["State"])
        except (LookupError, TypeError):
            raise Unreachable("aws ec2 create-snapshot did not answer as it should.") from None
