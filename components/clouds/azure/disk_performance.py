"""How a Premium SSD v2 disk counts its throughput."""

from math import ceil

MIBPS = 125
"""Where nobody asks for another throughput."""


def megabytes(mebibytes: int | None) -> int:
    """Azure counts throughput in millions of bytes; everything else here, in MiB."""
    return ceil((mebibytes or MIBPS) * 1.048576)
