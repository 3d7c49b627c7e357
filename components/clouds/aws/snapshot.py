"""Which volume an EBS snapshot was taken of."""

from typing import Any

import pulumi_aws as aws
from pulumi import InvokeOptions

from ..contract.disk import SnapshotSource

COPY = "vol-ffffffff"
"""What EC2 gives for the volume of a snapshot that was copied or imported. (EC2 API reference, "Snapshot": such have an
arbitrary volume id.)"""


def snapshot_source(snapshot: str, account: str | None, asked: InvokeOptions) -> SnapshotSource | None:
    """Asks only what is answered with a list, which may be empty, before what fails when there is nothing.

    A snapshot has its volume's account and region, unless it is a copy. Of other accounts' it knows what is shared with
    this one; a public one counts as not there.
    """
    # Without `restorable_by`, EC2 would look through every public snapshot of the region.
    there = aws.ebs.get_snapshot_ids(
        restorable_by_user_ids=["self"], filters=_is("snapshot-id", snapshot), opts=asked
    ).ids
    if not there:
        return None
    known = aws.ebs.get_snapshot(snapshot_ids=[snapshot], opts=asked)
    own = known.owner_id == (account or aws.get_caller_identity(opts=asked).account_id)
    if not own or known.volume_id == COPY:
        return SnapshotSource("")
    volumes = aws.ebs.get_ebs_volumes(filters=_is("volume-id", known.volume_id), opts=asked).ids
    return SnapshotSource(known.volume_id, lives=bool(volumes))


def _is(name: str, value: str) -> list[Any]:
    return [{"name": name, "values": [value]}]
