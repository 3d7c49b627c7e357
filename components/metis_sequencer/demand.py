"""What a sequencer makes that a cloud's quotas count."""

from ..clouds.contract.quota import Demand, node
from .settings import DISKS, NODES, Settings


def demand(sequencer: Settings) -> Demand:
    """Of its two nodes, with their addresses, and of its three disks."""
    adopted = [process for process in NODES if sequencer.args[process].get("existing_address")]
    return Demand(
        computers=[node(sequencer.node_pool(process)) for process in NODES],
        disks=[sequencer.disk(process) for process in DISKS],
        node_pools=len(NODES),
        addresses=len(NODES) - len(adopted),
        claims=len(NODES),
        snapshot_schedules=1,
    )
