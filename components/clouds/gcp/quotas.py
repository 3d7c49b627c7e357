"""How much of Google Cloud's quotas a stack needs."""

from collections.abc import Iterator

from ..contract.limit import Quota
from ..contract.quota import Computer, Demand, Need, needs
from .instance_type import accelerator, series, vcpus
from .limits import (
    ADDRESSES,
    CPUS,
    DATABASES,
    FORWARDING_RULES,
    GPUS,
    GPUS_EVERYWHERE,
    LOG_EXCLUSIONS,
    POLICY_MEMBERS,
    SERVICE_ACCOUNTS,
    SSD_STORAGE,
)
from .machine_rights import PROJECT_ROLES
from .node_config import ROOT_DISK_GIB
from .system_nodes import NODE_ROLES

CLAIM_ROLES = 2
"""A pod that claims an address has so many roles on the project (`Identity`)."""

_SHARED = ("e2", "f1", "g1", "n1")
"""Series that count in the quota without a series' name ("Allocation quotas", CPU quota)."""


def quota_needs(demand: Demand) -> list[Need]:
    """What Google Cloud counts. A spot machine counts as one on demand where a project has no preemptible quota."""
    return needs(_counted(demand))


def _counted(demand: Demand) -> Iterator[tuple[Quota, str, int]]:
    for computer in demand.computers:
        yield from _processors(computer)
    made = [disk for disk in demand.disks if not disk.existing]
    root = sum((computer.root_disk_gib or ROOT_DISK_GIB) * computer.count for computer in demand.computers)
    yield SSD_STORAGE, "", root + sum(disk.size_gib for disk in made)
    platform, site = bool(demand.platform_zones), bool(demand.site_zones)
    yield ADDRESSES, "", demand.addresses + demand.balancer_addresses + platform + site
    databases = sum(not database.existing for database in demand.databases)
    yield DATABASES, "", databases
    # Each balancer has one, and each database, adopted or not, is reached by one.
    yield FORWARDING_RULES, "", demand.load_balancers + len(demand.databases)
    yield SERVICE_ACCOUNTS, "", demand.machines + platform
    yield (
        POLICY_MEMBERS,
        "",
        demand.machines * len(PROJECT_ROLES)
        + demand.claims * CLAIM_ROLES
        + platform * len(NODE_ROLES)
        + demand.principals,
    )
    # Of each log group, and of a platform's flow logs.
    yield LOG_EXCLUSIONS, "", demand.log_groups + platform


def _processors(computer: Computer) -> Iterator[tuple[Quota, str, int]]:
    type_ = computer.instance_type
    name = "CPUs" if series(type_) in _SHARED else f"{series(type_).upper()} CPUs"
    yield CPUS, name, vcpus(type_) * computer.count
    gpus = accelerator(type_) if computer.gpu else None
    if gpus:
        model = gpus.type.removeprefix("nvidia-").removeprefix("tesla-").replace("-", " ").upper()
        yield GPUS, f"NVIDIA {model} GPUs", gpus.count * computer.count
        yield GPUS_EVERYWHERE, "", gpus.count * computer.count
