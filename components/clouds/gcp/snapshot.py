"""Which disk a snapshot was taken of."""

import re
from datetime import datetime

import pulumi_gcp as gcp
from pulumi import InvokeOptions

from ..absent import found
from ..contract.disk import SnapshotSource

SNAPSHOT = re.compile(r"(?:.*/)?projects/(?P<project>[^/]+)/global/snapshots/(?P<name>[^/]+)|(?P<plain>[^/]+)")
DISK = re.compile(r".*?(?P<id>projects/(?P<project>[^/]+)/zones/(?P<zone>[^/]+)/disks/(?P<name>[^/]+))")

# As the provider puts it: hashicorp/terraform-provider-google, data_source_google_compute_snapshot.go and _disk.go.
NO_SNAPSHOT = "returned 0 snapshot(s)"
NO_DISK = "/disks/{name} not found"


def snapshot_source(snapshot: str, account: str | None, asked: InvokeOptions) -> SnapshotSource | None:
    """Disks' names are given again, and the provider does not tell the id of a snapshot's disk: a disk of that name
    which is younger than the snapshot is a later one.

    A regional snapshot or disk, and one of another project, tells nothing.
    """
    named = SNAPSHOT.fullmatch(snapshot)
    if not named or named["project"] not in (None, account):
        return SnapshotSource("")
    # By a filter: asked for a name that nothing has, the provider answers, with every field empty.
    chosen = f"name = {named['name'] or named['plain']}"
    known = found(
        lambda: gcp.compute.get_snapshot(project=account, filter=chosen, most_recent=True, opts=asked), NO_SNAPSHOT
    )
    if known is None:
        return None
    source = DISK.fullmatch(known.source_disk or "")
    if not source or source["project"] != account:
        return SnapshotSource("")
    disk = found(
        lambda: gcp.compute.get_disk(project=account, zone=source["zone"], name=source["name"], opts=asked),
        NO_DISK.format(name=source["name"]),
    )
    lives = disk is not None and _time(disk.creation_timestamp) <= _time(known.creation_timestamp)
    return SnapshotSource(source["id"], lives=lives)


def _time(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)
