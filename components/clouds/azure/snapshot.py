"""Which disk a managed snapshot was taken of."""

import re

from pulumi import InvokeOptions
from pulumi_azure_native import authorization, compute

from ..absent import found
from ..contract.disk import SnapshotSource
from . import arm_id

NOT_THERE = "Status=404"
"""As pulumi-azure-native puts it, `provider/pkg/azure/client_azcore.go`."""


def snapshot_source(snapshot: str, account: str | None, asked: InvokeOptions) -> SnapshotSource | None:
    """Disks' names are given again, their unique ids are not: a later disk of the same name is not the source.

    A snapshot of a snapshot, one of another subscription or of a disk there tells nothing.
    """
    account = account or authorization.get_client_config(opts=asked).subscription_id
    if not _lies_in(account, "snapshots", snapshot):
        return SnapshotSource("")
    known = found(
        lambda: compute.get_snapshot(
            resource_group_name=arm_id.resource_group(snapshot), snapshot_name=arm_id.name(snapshot), opts=asked
        ),
        NOT_THERE,
    )
    if known is None:
        return None
    source, unique_id = known.creation_data.source_resource_id or "", known.creation_data.source_unique_id
    if not _lies_in(account, "disks", source):
        return SnapshotSource("")
    disk = found(
        lambda: compute.get_disk(
            resource_group_name=arm_id.resource_group(source), disk_name=arm_id.name(source), opts=asked
        ),
        NOT_THERE,
    )
    return SnapshotSource(source, lives=disk is not None and unique_id in (None, "", disk.unique_id))


def _lies_in(account: str, kind: str, id_: str) -> bool:
    path = rf"/subscriptions/{re.escape(account)}/resourceGroups/[^/]+/providers/Microsoft\.Compute/{kind}/[^/]+"
    return re.fullmatch(path, id_, re.IGNORECASE) is not None
