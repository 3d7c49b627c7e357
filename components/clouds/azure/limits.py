"""What Azure refuses though no schema of its says so, and its quotas: see `contract/limit.py`."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Final

from ..contract.limit import Between, Growing, Limit, NotIn, NoType, OneOf, OnlyType, Quota, Stated, listed
from ..special_ranges import PRIVATE_RANGES

_PREMIUM_V2: Final = "Azure's Select a disk type for Azure IaaS VMs, Premium SSD v2"
_DISK_BACKUP: Final = "Azure Disk Backup support matrix, limitations"
_AKS: Final = "azure-aks-docs `fb060ab`"
_NAMES: Final = "Azure's Virtual machine sizes naming conventions"
_POSTGRESQL: Final = "azure-databases-docs `1012b59`, postgresql"

# --- disks ---

DISK_TYPES: Final = OneOf(what="a data disk", allowed=("PremiumV2_LRS",), unit="as its type", source=_PREMIUM_V2)
DISK_GIB: Final = Between(what="a Premium SSD v2 disk", least=1, most=65_536, unit="GiB", source=_PREMIUM_V2)
DISK_IOPS: Final = Growing(
    what="a Premium SSD v2 disk", least=3000, each=500, of="GiB", most=80_000, unit="IOPS", source=_PREMIUM_V2
)
DISK_MEGABYTES: Final = Growing(
    what="a Premium SSD v2 disk", least=125, each=0.25, of="IOPS", most=2000, unit="MB/s", source=_PREMIUM_V2
)
SNAPSHOT_HOURS: Final = OneOf(
    what="a backup policy of Premium SSD v2 disks",
    allowed=(12, 24),
    unit="hours between snapshots",
    source=_DISK_BACKUP,
)
SNAPSHOT_COUNT: Final = Between(
    what="a backup policy of disks",
    least=1,
    # Of the 200 incremental snapshots that a disk can have. Newer pages of Azure name more.
    most=180,
    unit="snapshots of each disk",
    source=_DISK_BACKUP,
)
NODE_DISK_GIB: Final = Between(
    what="the OS disk of an AKS node",
    least=30,
    most=2048,
    unit="GiB",
    source=f"{_AKS}, node-auto-provisioning-aksnodeclass.md; Azure/karpenter-provider-azure `021c778`, osDiskSizeGB",
)
OS_DISK_GIB: Final = Between(
    what="the OS disk of a machine",
    most=4095,
    unit="GiB",
    source="Azure's Introduction to Azure managed disks, OS disk",
)

# --- addresses ---

CLUSTER_NETWORK: Final = NotIn(
    what="the network of an AKS cluster",
    ranges={
        IPv4Network(range_): "AKS' own"
        for range_ in ("169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24")
    },
    source=f"{_AKS}, concepts-network-cni-overview.md",
)
PUBLIC_ACCESS: Final = NotIn(
    what="the firewall of a Key Vault",
    ranges=PRIVATE_RANGES,
    source="azure-security-docs `1c4310b`, key-vault/general/network-security.md",
)
AUTHORIZED_RANGES: Final = Between(
    what="the list of ranges that reach AKS' API server",
    most=200,
    unit="entries",
    source=f"{_AKS}, api-server-authorized-ip-ranges.md",
)
PRIVATE_ADDRESS: Final = Stated(
    what="the address of a private load balancer",
    says="none of the first four of its subnet, nor the last, which are Azure's own",
    source="Azure's Virtual network FAQ, Are there any restrictions on using IP addresses within these subnets",
)

# --- ingress ---

INGRESS: Final = Stated(
    what="NGINX of AKS' application routing add-on",
    says="security patches until November 2026 only",
    source="AKS' Ingress in Azure Kubernetes Service, Caution",
)

# --- databases ---

DATABASE_TYPES: Final = OnlyType(
    what="the server of a database",
    # Burstable ones (B) have no standby, and stop when their credits are used up.
    pattern=re.compile(r"Standard_[DE]\d+(s_v3|ds_v[456]|ads_v[56])$"),
    known="General Purpose or Memory Optimized: Ds, Es of version 3, Dds, Eds of 4 to 6, Dads, Eads of 5 and 6",
    reason="cannot run a database: give one like Standard_D2ds_v5",
    source=f"{_POSTGRESQL}/compute-storage/concepts-compute.md",
)
DATABASE_VERSIONS: Final = OneOf(
    what="the server of a database",
    allowed=("15", "16", "17", "18"),
    unit="as PostgreSQL's version",
    source=f"{_POSTGRESQL}/configure-maintain/concepts-version-policy.md, standard support",
)
DATABASE_GIB: Final = OneOf(
    what="the disk of a database's server",
    allowed=(32, 64, 128, 256, 512, 1024, 2048, 4095, 4096, 8192, 16384, 32767),
    unit="GiB",
    source=f"{_POSTGRESQL}/compute-storage/concepts-storage.md and concepts-storage-premium-ssd.md",
)
DATABASE_CONNECTIONS: Final = Growing(
    what="the server of a database",
    base=-15,  # which Azure keeps for itself
    each=107.42,
    of="GiB of memory",
    most=4985,
    unit="connections",
    source=f"{_POSTGRESQL}/configure-maintain/concepts-limits.md, Maximum connections",
)
DATABASE_BACKUP_DAYS: Final = Between(
    what="a database's backups",
    least=7,
    most=35,
    unit="days",
    source=f"{_POSTGRESQL}/backup-restore/concepts-backup-restore.md",
)

# --- buckets ---

BUCKET_UNDELETE_DAYS: Final = Between(
    what="the soft delete of a storage account's blobs and containers",
    least=1,
    most=365,
    unit="days",
    source="Azure's Soft delete for blobs, How blob soft delete works",
)

# --- instance types ---

ARM: Final = NoType(
    what="a node or machine",
    pattern=re.compile(r"Standard_[A-Z]+\d+(-\d+)?[a-z]*p[a-z]*_"),
    reason="runs Arm code, and our images are for x86-64 only",
    source=_NAMES,
)
NO_PREMIUM_STORAGE: Final = NoType(
    what="a node or machine",
    # The oldest families say their features before the number (DS2_v2), every other one behind it.
    pattern=re.compile(r"Standard_[A-Z]+(?<!S)\d+(-\d+)?(?![a-z]*s)[a-z]*(_|$)"),
    reason="cannot attach our disks: it has no premium storage",
    source=_NAMES,
)
GPU: Final = OnlyType(
    what="a node or machine with a GPU",
    # Others need NVIDIA's GRID driver (NV, A10), are AMD's (MI300X, NVv4), Arm (GB200) or confidential (NCC).
    pattern=re.compile(r"Standard_N[CD]\d+[a-z]+_(T4_v3|A100_v4|H100_v5|H200_v5)$"),
    known="NC or ND with a T4, A100, H100 or H200",
    reason="has no GPU that our images have a driver for: give another, or `gpu: false`",
    source="Azure/karpenter-provider-azure `021c778`, pkg/utils/supported-gpus.yaml",
)
CONFIDENTIAL: Final = OnlyType(
    what="a confidential node",
    pattern=re.compile(r"Standard_[DE]C\d+ad?s_v[56]$"),
    known="DCas, DCads, ECas or ECads of version 5 or 6",
    reason="cannot be confidential: AKS has AMD SEV-SNP on DCas, DCads, ECas and ECads of version 5 and 6",
    source=f"{_AKS}, use-cvm.md",
)

# --- machines ---

LOG_DAYS: Final = Between(
    what="a workspace's log",
    least=30,
    most=730,
    unit="days",
    source="Azure's Manage data retention in a Log Analytics workspace",
)
USER_DATA: Final = Between(
    what="a machine's custom data, in base64",
    most=64 * 1024,
    unit="bytes",
    source="Azure's Custom data and cloud-init on Azure Virtual Machines",
)
TAG_VALUE: Final = Between(
    what="the value of a tag",
    most=256,
    unit="characters",
    source="Azure's Use tags to organize your Azure resources, Limitations",
)

# --- quotas ---

_CONSOLE: Final = "https://portal.azure.com/#view/Microsoft_Azure_Capacity/QuotaMenuBlade/~/myQuotas"
# Both vary by the kind of subscription: an Enterprise Agreement has more, many have 0 of a family with GPUs.
_VCPUS: Final = "Azure's Azure subscription and service limits, Virtual machine limits; less in some subscriptions"
_ADDRESSES: Final = "Azure's Azure subscription and service limits, Public IP address limits"

VCPUS: Final = Quota(
    what="a region",
    name="Total Regional vCPUs",
    most=20,
    unit="vCPUs on demand",
    source=_VCPUS,
    link=_CONSOLE,
)
FAMILY_VCPUS: Final = Quota(
    what="a region",
    name="vCPUs of one family of sizes",
    most=20,
    unit="vCPUs on demand of each family of sizes",
    source=_VCPUS,
    link=_CONSOLE,
)
SPOT_VCPUS: Final = Quota(
    what="a region",
    name="Total Regional Spot vCPUs",
    most=20,
    unit="vCPUs on spot",
    source=_VCPUS,
    link=_CONSOLE,
)
ADDRESSES: Final = Quota(
    what="a region",
    name="Public IPv4 Addresses - Standard",
    most=10,
    unit="static public addresses",
    source=_ADDRESSES,
    link=_CONSOLE,
)
STORAGE_ACCOUNTS: Final = Quota(
    what="a region",
    name="Storage accounts per region per subscription",
    most=250,
    unit="storage accounts, one for each bucket and one for a platform's flow logs",
    source="Azure's Scalability and performance targets for standard storage accounts",
    link=_CONSOLE,
)
PRIVATE_ENDPOINTS: Final = Quota(
    what="a virtual network",
    name="Private endpoints per virtual network",
    most=1000,
    unit="private endpoints, one for each database",
    source="Azure Private Link's Increase Private Endpoint virtual network limits",
    link="https://learn.microsoft.com/azure/private-link/increase-private-endpoint-vnet-limits",
)
ALERT_RULES: Final = Quota(
    what="a workspace",
    name="Log alerts, active alert rules per resource",
    most=1000,
    unit="alert rules on its log",
    source="Azure Monitor's Service limits, Alerts, Log alerts",
    link="https://learn.microsoft.com/azure/azure-monitor/service-limits#alerts",
)

LIMITS: Final[Sequence[Limit]] = listed(vars().values())
