"""What l2geth and l1dtl are on every Metis node."""

from typing import Final

from ..pods import Port

L2GETH_RPC: Final = Port(name="http", number=8545, http=True)
"""Where l2geth answers JSON-RPC."""
L1DTL_PORTS: Final = (Port(name="http", number=7878, http=True),)
"""Where l1dtl answers l2geth."""

DISK_PERFORMANCE: Final = {"iops": "disk_iops", "throughput_mibps": "disk_throughput_mibps"}
"""A disk's facts, by the keys that ask for them."""
DISK_THROUGHPUT_MIBPS: Final = 200
"""What every upstream source asks for; above the 125 that a disk has otherwise."""
