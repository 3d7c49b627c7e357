"""What l2geth and l1dtl are on every Metis node."""

from collections.abc import Mapping
from typing import Any, Final

from ..clouds.contract.disk import DiskSpec
from ..errors import Path
from ..pods import Port

L2GETH_RPC: Final = Port(name="http", number=8545, http=True)
"""Where l2geth answers JSON-RPC."""
L1DTL_PORTS: Final = (Port(name="http", number=7878, http=True),)
"""Where l1dtl answers l2geth."""

DISK_PERFORMANCE: Final = {"iops": "disk_iops", "throughput_mibps": "disk_throughput_mibps"}
"""A disk's facts, by the keys that ask for them."""
DISK_THROUGHPUT_MIBPS: Final = 200
"""What every upstream source asks for; above the 125 that a disk has otherwise."""


def disk_performance(told: Mapping[str, Any]) -> dict[str, Any]:
    """A process' disk's, by `DiskSpec`'s keys: what its keys ask for, else what is usual here."""
    usual = {"iops": DiskSpec.iops, "throughput_mibps": DISK_THROUGHPUT_MIBPS}
    return {fact: told.get(key, usual[fact]) for fact, key in DISK_PERFORMANCE.items()}


def disk_places(process: str, told: Mapping[str, Any]) -> dict[str, Path]:
    """Which key each fact of a process' disk is of. What nobody asked for is too much for the size."""
    size = (process, "disk_gib")
    asked = {fact: (process, key) if key in told else size for fact, key in DISK_PERFORMANCE.items()}
    return {"size_gib": size, "snapshots": size, **asked}
