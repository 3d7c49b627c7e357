"""What Google Cloud refuses though no schema of its says so, and its quotas: see `contract/limit.py`."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Final

from ..contract.limit import Between, Growing, Limit, NotIn, NoType, OneOf, OnlyType, Quota, Stated, listed

_PERFORMANCE: Final = "Compute Engine's About Persistent Disk performance, zonal limits"
_DISKS_OF_SERIES: Final = (
    "kubernetes-sigs/gcp-compute-persistent-disk-csi-driver `b560165`, node-labeler/configmap.yaml (2026-08-18)"
)
_IAM_QUOTAS: Final = "IAM's Quotas and limits"

# --- disks ---

DISK_TYPES: Final = OneOf(
    what="a data disk", allowed=("pd-ssd",), unit="as its type", source="Compute Engine's About Persistent Disk"
)
DISK_GIB: Final = Between(
    what="an SSD Persistent Disk",
    least=10,
    most=65_536,
    unit="GiB",
    source="Compute Engine's About Persistent Disk, sizes",
)
DISK_IOPS: Final = Growing(
    what="an SSD Persistent Disk", base=6000, each=30, of="GiB", most=100_000, unit="IOPS", source=_PERFORMANCE
)
DISK_MIBPS: Final = Growing(
    what="an SSD Persistent Disk", base=240, each=0.48, of="GiB", most=1200, unit="MiB/s", source=_PERFORMANCE
)
NODE_DISK_GIB: Final = Between(
    what="the boot disk of a GKE node",
    least=12,
    most=65_536,
    unit="GiB",
    source="GKE's own answer: Disk cannot be smaller than the chosen image 'gke-1351-...-cos-125-...' (12.0 GB)",
)
GPU_NODE_DISK_GIB: Final = Between(
    what="the boot disk of a GKE node with a GPU",
    least=15,
    most=65_536,
    unit="GiB",
    source="GoogleCloudPlatform/magic-modules#2505",
)
BOOT_DISK_GIB: Final = Between(
    what="the boot disk of a machine",
    least=10,
    most=65_536,
    unit="GiB",
    source="Compute Engine's About Persistent Disk, sizes",
)

# --- addresses ---

SUBNET: Final = NotIn(
    what="a subnet",
    ranges={
        **{
            IPv4Network(range_): "of no network's own"
            for range_ in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32")
        },
        **{IPv4Network(range_): "of Google's APIs" for range_ in ("199.36.153.4/30", "199.36.153.8/30")},
    },
    source="VPC's Subnets, Prohibited IPv4 subnet ranges",
)

# --- instance types ---

ARM: Final = NoType(
    what="a node or machine",
    pattern=re.compile(r"(t2a|c4a|n4a|a4x)-"),
    reason="runs Arm code, and our images are for x86-64 only",
    source="Compute Engine's Arm VMs on Compute",
)
HYPERDISK_ONLY: Final = NoType(
    what="a node or machine",
    pattern=re.compile(r"(a4|c4[dn]?|ct6e|g4|h4d|m4|n4d?|tpu7x|x4)-"),
    reason="cannot attach our disks: its series takes Hyperdisk only, and our disks are Persistent Disks",
    source=f"Compute Engine's About Persistent Disk, machine series support; {_DISKS_OF_SERIES}",
)
NO_SSD: Final = NoType(
    what="a node or machine",
    pattern=re.compile(r"h3-"),
    reason="cannot attach our disks: its series takes no SSD Persistent Disk (pd-ssd)",
    source=f"GoogleCloudPlatform/cluster-toolkit#1601; {_DISKS_OF_SERIES}",
)
CONFIDENTIAL: Final = OnlyType(
    what="a confidential node",
    # Those with disks of their own and bare metal (-lssd, -metal) are left out.
    pattern=re.compile(r"n2d-|c3-standard-\d+$"),
    known="n2d (AMD SEV-SNP) or c3-standard (Intel TDX)",
    reason="cannot be confidential: GKE has AMD SEV-SNP on n2d and Intel TDX on c3-standard only",
    source="Confidential VM's Supported configurations",
)

# --- machines ---

LOG_DAYS: Final = Between(
    what="a bucket's log",
    least=1,
    most=3650,
    unit="days",
    source="Cloud Logging's Configure log buckets, custom retention",
)
USER_DATA: Final = Between(
    what="a value of a machine's metadata",
    most=256 * 1024,
    unit="bytes",
    source="Compute Engine's About VM metadata, limits",
)

# --- load balancers ---

BALANCER_ADDRESS: Final = Stated(
    what="a private address in a subnet",
    says="none of the first two addresses of the range, and none of the last two",
    source="VPC's Subnets, Unusable addresses in IPv4 subnet ranges",
)

# --- ingress ---

INTERNAL_INGRESS: Final = Stated(
    what="an internal Ingress of GKE",
    says="a proxy-only subnet in the network and region",
    source="GKE's Configure Ingress for internal Application Load Balancers, Prepare your environment",
)
INGRESS_CALLERS: Final = Stated(
    what="an Ingress of GKE",
    says="no list of ranges that may call (Cloud Armor is another service)",
    source="GKE's Ingress configuration on Google Cloud, Feature comparison",
)

# --- databases ---

DATABASE_VERSIONS: Final = OneOf(
    what="Cloud SQL for PostgreSQL",
    allowed=("13", "14", "15", "16", "17", "18"),
    unit="as its major version",
    source="Cloud SQL Admin API, DatabaseInstance.databaseVersion",
)
DATABASE_TYPE: Final = OnlyType(
    what="a database",
    pattern=re.compile(r"db-custom-\d+-\d+$"),
    known="db-custom-<vCPUs>-<MiB>",
    reason=(
        "is no machine type of Cloud SQL's Enterprise edition with processors of its own: they are called by vCPUs and "
        "MiB, like db-custom-2-7680"
    ),
    source="Cloud SQL for PostgreSQL's Machine series overview; its Operational guidelines (no SLA for shared cores)",
)
DATABASE_SIZE: Final = Stated(
    what="a machine type of Cloud SQL",
    says=(
        "1 vCPU or an even number up to 96, and for each 0.9 to 6.5 GiB of memory: a multiple of 256 MiB in all, and "
        "3840 MiB or more"
    ),
    source="Cloud SQL for PostgreSQL's Instance settings, cores and memory",
)
DATABASE_GIB: Final = Between(
    what="the disk of a database",
    least=10,
    most=65_536,
    unit="GiB",
    source="Cloud SQL for PostgreSQL's Instance settings, storage capacity",
)
DATABASE_CONNECTIONS: Final = Between(
    what="a database",
    most=262_143,
    unit="connections",
    source="Cloud SQL for PostgreSQL's Configure database flags, max_connections",
)
DATABASE_BACKUPS: Final = Between(
    what="a database",
    least=1,
    most=365,
    unit="daily backups",
    source="gcloud sql instances create, --retained-backups-count",
)
DATABASE_LOG_DAYS: Final = Between(
    what="the log of a database, for a restore to any moment,",
    least=1,
    most=7,
    unit="days",
    source="Cloud SQL Admin API, BackupConfiguration.transactionLogRetentionDays (Enterprise edition)",
)

# --- buckets ---

BUCKET_UNDELETE_DAYS: Final = Between(
    what="the soft delete of a bucket",
    least=7,
    most=90,
    unit="days",
    source="Cloud Storage's Soft delete, Soft delete policies and retention durations",
)

# --- quotas ---

_CONSOLE: Final = "https://console.cloud.google.com/iam-admin/quotas"
_ALLOCATION: Final = "Compute Engine's Allocation quotas (not all projects have the same)"

SERVICE_ACCOUNTS: Final = Quota(
    what="a project",
    name="Service account count",
    most=100,
    unit="service accounts",
    source=_IAM_QUOTAS,
    link=_CONSOLE,
)
POLICY_MEMBERS: Final = Quota(
    what="an allow policy",
    name="Principals in all role bindings of one allow policy",
    most=1500,
    unit="principals",
    raised=False,
    source=_IAM_QUOTAS,
    link="https://cloud.google.com/iam/quotas",
)
LOG_EXCLUSIONS: Final = Quota(
    what="a log sink",
    name="Exclusion filters per sink",
    most=50,
    unit="exclusion filters",
    raised=False,
    source="Cloud Logging's Quotas and limits",
    link="https://cloud.google.com/logging/quotas",
)
CPUS: Final = Quota(
    what="a region", name="CPUs", most=None, unit="vCPUs of each series", source=_ALLOCATION, link=_CONSOLE
)
GPUS: Final = Quota(
    what="a region", name="GPUs", most=None, unit="GPUs of each type", source=_ALLOCATION, link=_CONSOLE
)
GPUS_EVERYWHERE: Final = Quota(
    what="a project", name="GPUs (all regions)", most=None, unit="GPUs", source=_ALLOCATION, link=_CONSOLE
)
SSD_STORAGE: Final = Quota(
    what="a region",
    name="Persistent Disk SSD (GB)",
    most=None,
    unit="GB on SSD and balanced Persistent Disks",
    source=_ALLOCATION,
    link=_CONSOLE,
)
ADDRESSES: Final = Quota(
    what="a region",
    name="Static external IP addresses",
    most=None,
    unit="static external addresses",
    source=_ALLOCATION,
    link=_CONSOLE,
)
FORWARDING_RULES: Final = Quota(
    what="a project",
    name="Forwarding rules",
    most=None,
    unit="forwarding rules",
    source="Cloud Load Balancing's Quotas and limits, forwarding rules",
    link=_CONSOLE,
)
DATABASES: Final = Quota(
    what="a project",
    name="Cloud SQL instances per project",
    most=1000,
    unit="Cloud SQL instances",
    source="Cloud SQL's Quotas and limits, configurable limits",
    link="https://cloud.google.com/sql/docs/postgres/quotas",
)

LIMITS: Final[Sequence[Limit]] = listed(vars().values())
