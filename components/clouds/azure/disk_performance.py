"""What a Premium SSD v2 disk can do (Azure's "Select a disk type for Azure IaaS VMs", "Premium SSD v2")."""

from math import ceil

IOPS = 3000
"""The least, and free."""

MEGABYTES = 125
"""The least, and free."""

MOST_IOPS = 80_000
MOST_MEGABYTES = 2_000


def megabytes(mebibytes: int) -> int:
    """Azure counts throughput in millions of bytes; everything else here, in MiB."""
    return ceil(mebibytes * 1.048576)


def most_iops(size_gib: int) -> int:
    """Grows with the disk, by 500 for each GiB from 6 GiB on."""
    return min(max(IOPS, 500 * size_gib), MOST_IOPS)


def most_megabytes(iops: int) -> int:
    """Grows with the IOPS, by 1 MB/s for every four."""
    return min(max(MEGABYTES, iops // 4), MOST_MEGABYTES)
