"""What Azure refuses though no schema of its says so, and its quotas: see `contract/limit.py`."""

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Final

from ..contract.limit import Between, Growing, Limit, NotIn, Quota, rows
from ..special_ranges import DOCUMENTATION_RANGES, PRIVATE_RANGES

_PREMIUM_V2: Final = "Azure's Select a disk type for Azure IaaS VMs, Premium SSD v2"
_AKS: Final = "azure-aks-docs `fb060ab`"

# --- disks ---

DISK_GIB: Final = Between(
    what="the size of a Premium SSD v2 disk", least=1, most=65_536, unit="GiB", source=_PREMIUM_V2
)
DISK_IOPS: Final = Growing(
    what="the IOPS of a Premium SSD v2 disk",
    least=3000,
    free=3000,
    each=500,
    of="GiB",
    most=80_000,
    unit="IOPS",
    source=_PREMIUM_V2,
)
DISK_MEGABYTES: Final = Growing(
    what="the throughput of a Premium SSD v2 disk",
    least=125,
    free=125,
    each=0.25,
    of="IOPS",
    most=2000,
    unit="MB/s",
    source=_PREMIUM_V2,
)
NODE_DISK_GIB: Final = Between(
    what="the OS disk of an AKS node",
    least=30,
    most=2048,
    unit="GiB",
    source=f"{_AKS}, node-auto-provisioning-aksnodeclass.md; Azure/karpenter-provider-azure `021c778`, `osDiskSizeGB`",
)

# --- addresses ---

PUBLIC_ACCESS: Final = NotIn(
    what="a range that may reach the vault from outside",
    ranges={**PRIVATE_RANGES, **DOCUMENTATION_RANGES},
    source="azure-security-docs `1c4310b`, key-vault/general/network-security.md",
)
PUBLIC_ACCESS_RANGES: Final = Between(
    what="the number of ranges that may reach AKS' API server from outside",
    most=200,
    source=f"{_AKS}, api-server-authorized-ip-ranges.md",
)
CLUSTER_NETWORK: Final = NotIn(
    what="the network of an AKS cluster",
    ranges={
        IPv4Network(range_): "AKS' own"
        for range_ in ("169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24")
    },
    source=f"{_AKS}, concepts-network-cni-overview.md",
)

# --- logs and machines ---

LOG_DAYS: Final = Between(
    what="how long a Log Analytics workspace keeps a log",
    least=30,
    most=730,
    unit="days",
    source="Azure's Manage data retention in a Log Analytics workspace",
)
USER_DATA: Final = Between(
    what="the custom data of a virtual machine, in base64",
    most=64 * 1024,
    unit="bytes",
    source="Azure's Custom data and cloud-init on Azure Virtual Machines",
)
TAG_LENGTH: Final = Between(
    what="the length of a tag's value",
    most=256,
    unit="characters",
    source="Azure's Use tags to organize your Azure resources, Limitations",
)

LIMITS: Final[Sequence[Limit]] = rows(vars())
