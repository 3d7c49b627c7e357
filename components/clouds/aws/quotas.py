"""How much of AWS' quotas a stack needs."""

from collections.abc import Iterator

from ..contract.limit import Quota
from ..contract.quota import Computer, Demand, Need, needs, tib
from .instance_type import family_letters, vcpus
from .launch_template import ROOT_DISK_GIB
from .limits import (
    ADDRESSES,
    AUTO_SCALING_GROUPS,
    BUCKETS,
    DATABASE_STORAGE,
    DATABASES,
    DISK_TYPES,
    GP3_STORAGE,
    GPU_SPOT_VCPUS,
    GPU_VCPUS,
    IO2_STORAGE,
    LOAD_BALANCERS,
    NODE_GROUPS,
    P_SPOT_VCPUS,
    P_VCPUS,
    SNAPSHOT_POLICIES,
    STANDARD_SPOT_VCPUS,
    STANDARD_VCPUS,
)

_VCPUS = {
    **dict.fromkeys("acdhimrtz", (STANDARD_VCPUS, STANDARD_SPOT_VCPUS)),
    **dict.fromkeys(("g", "gr", "vt"), (GPU_VCPUS, GPU_SPOT_VCPUS)),
    "p": (P_VCPUS, P_SPOT_VCPUS),
}
"""By the letters of a family: on demand, and on spot."""


def quota_needs(demand: Demand) -> list[Need]:
    """What AWS counts. An EKS node group is an Auto Scaling group too."""
    return needs((quota, "", number) for quota, number in _counted(demand))


def _counted(demand: Demand) -> Iterator[tuple[Quota, int]]:
    for computer in demand.computers:
        yield from _vcpus(computer)
    usual, _ = DISK_TYPES.allowed
    made = [disk for disk in demand.disks if not disk.existing]
    root = sum((computer.root_disk_gib or ROOT_DISK_GIB) * computer.count for computer in demand.computers)
    gp3, io2 = (sum(disk.size_gib for disk in made if (disk.type or usual) == kind) for kind in DISK_TYPES.allowed)
    yield GP3_STORAGE, tib(root + gp3)
    yield IO2_STORAGE, tib(io2)
    yield NODE_GROUPS, demand.node_pools
    yield AUTO_SCALING_GROUPS, demand.node_pools + demand.machines
    yield SNAPSHOT_POLICIES, demand.snapshot_schedules
    # A NAT gateway in each zone has one. A site is the account's default network.
    yield ADDRESSES, demand.addresses + demand.balancer_addresses + demand.platform_zones
    yield LOAD_BALANCERS, demand.load_balancers
    yield BUCKETS, demand.buckets
    servers = [database for database in demand.databases if not database.existing]
    yield DATABASES, len(servers)
    # A standby is no server of its own. Its disk is one more: nobody says that the quota leaves it out.
    yield DATABASE_STORAGE, sum(server.disk_gib * len(server.zones) for server in servers)


def _vcpus(computer: Computer) -> Iterator[tuple[Quota, int]]:
    """Families that no component of ours runs on by default have quotas that are not listed here, and bare metal does
    not tell its size."""
    if quotas := _VCPUS.get(family_letters(computer.instance_type)):
        yield quotas[computer.spot], (vcpus(computer.instance_type) or 0) * computer.count
