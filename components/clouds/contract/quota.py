"""What a stack needs of its cloud's quotas.

A component counts what its stack makes (`Demand`), in words that are every cloud's. The cloud's `quotas.py` says how
much of each of its quotas (`limits.py`) that is. Nothing of Pulumi is imported here.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .database import DatabaseSpec
from .disk import DiskSpec
from .limit import Quota
from .node_pool import NodePoolSpec


@dataclass(frozen=True, kw_only=True)
class Computer:
    """Nodes or machines of one kind: what runs on virtual CPUs."""

    instance_type: str
    """In the cloud's own words."""
    count: int = 1
    root_disk_gib: int | None = None
    """The size in GiB. A node's usual one on the cloud unless given."""
    spot: bool = False
    gpu: bool = False


def node(pool: NodePoolSpec) -> Computer:
    """The nodes of a pool."""
    return Computer(
        instance_type=pool.instance_type,
        count=pool.node_count,
        root_disk_gib=pool.root_disk_gib,
        spot=pool.spot,
        gpu=pool.gpu,
    )


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What a stack makes that a quota counts. What it adopts is there already, and is not counted."""

    computers: Sequence[Computer] = ()
    disks: Sequence[DiskSpec] = ()
    node_pools: int = 0
    """In one cluster."""
    machines: int = 0
    addresses: int = 0
    """Static public ones, for `Address`."""
    databases: Sequence[DatabaseSpec] = ()
    buckets: int = 0
    load_balancers: int = 0
    """All of them, public ones too."""
    balancer_addresses: int = 0
    """Public ones, for `LoadBalancer`."""
    claims: int = 0
    """Addresses that a pod claims, adopted ones too."""
    snapshot_schedules: int = 0
    alarms: int = 0
    log_groups: int = 0
    platform_zones: int = 0
    """The zones of a `Network` with a `Cluster`; 0 where none is made."""
    site_zones: int = 0
    """The zones of a `Site`; 0 where none is made."""
    principals: int = 0
    """Admins and teams that are let into a cluster."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """How much of a quota a stack needs."""

    quota: Quota
    needed: int
    """In the quota's unit, rounded up."""
    name: str = ""
    """Where the cloud has one such quota for each family of types: what its console calls this one."""

    @property
    def called(self) -> str:
        """What the cloud's console calls the quota."""
        return self.name or self.quota.name

    @property
    def is_above_default(self) -> bool:
        """Whether a new account has less. Nobody says so of a quota without a public default."""
        return self.quota.most is not None and self.needed > self.quota.most


def needs(counted: Iterable[tuple[Quota, str, int]]) -> list[Need]:
    """The sum for each quota, by its name, of what is not 0."""
    sums: Counter[tuple[str, str]] = Counter()
    quotas: dict[str, Quota] = {}
    for quota, name, number in counted:
        quotas[quota.name] = quota
        sums[quota.name, name] += number
    return [Need(quota=quotas[key], name=name, needed=number) for (key, name), number in sums.items() if number]


def tib(gib: int) -> int:
    """GiB in TiB, rounded up."""
    return -(-gib // 1024)
