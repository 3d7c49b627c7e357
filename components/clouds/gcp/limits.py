"""What Google Cloud refuses though no schema of its says so, and its quotas: see `contract/limit.py`."""

import re
from collections.abc import Sequence
from typing import Final

from ..contract.limit import Between, Growing, Limit, NoType, Quota, rows

# --- disks ---

DISK_GIB: Final = Between(
    what="the size of an SSD Persistent Disk",
    least=10,
    most=65_536,
    unit="GiB",
    source="Compute Engine's About Persistent Disk, sizes",
)
DISK_IOPS: Final = Growing(
    what="the IOPS of an SSD Persistent Disk",
    base=6000,
    each=30,
    of="GiB",
    most=100_000,
    unit="IOPS",
    source="Compute Engine's About Persistent Disk performance, zonal limits",
)
DISK_MIBPS: Final = Growing(
    what="the throughput of an SSD Persistent Disk",
    base=240,
    each=0.48,
    of="GiB",
    most=1200,
    unit="MiB/s",
    source="Compute Engine's About Persistent Disk performance, zonal limits",
)
NODE_DISK_GIB: Final = Between(
    what="the boot disk of a GKE node",
    least=10,
    most=65_536,
    unit="GiB",
    source="GKE API reference, NodeConfig.diskSizeGb",
)

# --- instance types ---

ARM: Final = NoType(
    what="instance type",
    pattern=re.compile(r"(t2a|c4a|n4a|a4x)-"),
    reason="runs Arm code, and our images are for x86-64 only",
    source="Compute Engine's Arm VMs on Compute",
)
HYPERDISK_ONLY: Final = NoType(
    what="instance type",
    pattern=re.compile(r"(c4[ad]?|n4[ad]?|h4d|m4|x4)-"),
    reason="cannot attach our disks: its series takes Hyperdisk only, and our disks are Persistent Disks",
    source="Compute Engine's About Persistent Disk, machine series support",
)

# --- logs and machines ---

LOG_DAYS: Final = Between(
    what="how long a log bucket keeps a log",
    least=1,
    most=3650,
    unit="days",
    source="Cloud Logging's Configure log buckets, custom retention",
)
USER_DATA: Final = Between(
    what="one value of a machine's metadata",
    most=256 * 1024,
    unit="bytes",
    source="Compute Engine's About VM metadata, limits",
)

# --- quotas ---

SERVICE_ACCOUNTS: Final = Quota(
    what="service accounts", most=100, per="project", source="IAM's Quotas and limits"
)
POLICY_MEMBERS: Final = Quota(
    what="principals in one allow policy",
    most=1500,
    per="policy",
    raised=False,
    source="IAM's Quotas and limits",
)
LOG_EXCLUSIONS: Final = Quota(
    what="exclusion filters of a log sink",
    most=50,
    per="sink",
    raised=False,
    source="Cloud Logging's Quotas and limits",
)

LIMITS: Final[Sequence[Limit]] = rows(vars())
