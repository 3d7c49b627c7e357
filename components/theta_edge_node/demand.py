"""What a fleet makes that a cloud's quotas count."""

from ..clouds.contract.quota import Computer, Demand, node
from .settings import EdgeNode, Settings
from .telemetry import alarms


def demand(fleet: Settings) -> Demand:
    """Of all nodes, and of what they share."""
    nodes, zones = fleet.nodes, 0 if fleet.platform else len(fleet.site.zones)
    machines = 0 if fleet.in_cluster else len(nodes)
    return Demand(
        computers=[node(each.node_pool) if fleet.in_cluster else _machine(each) for each in nodes],
        disks=[each.disk for each in nodes],
        node_pools=len(nodes) - machines,
        machines=machines,
        snapshot_schedules=int(fleet.args["snapshots"]),
        alarms=machines * len(alarms(gpu=fleet.gpu, spot=fleet.spot)),
        log_groups=int(not fleet.in_cluster),
        site_zones=zones,
    )


def _machine(node: EdgeNode) -> Computer:
    fleet = node.fleet
    return Computer(instance_type=node.instance_type, root_disk_gib=fleet.root_disk_gib, spot=fleet.spot, gpu=fleet.gpu)
