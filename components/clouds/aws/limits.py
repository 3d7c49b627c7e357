"""What AWS refuses though no schema of its says so, and its quotas: see `contract/limit.py`."""

import re
from collections.abc import Sequence
from typing import Final

from ..contract.limit import Between, Growing, Limit, NotIn, NoType, OneOf, OnlyType, Quota, Stated, listed
from ..special_ranges import NOT_GLOBAL

_EBS: Final = "EC2 API reference, CreateVolume; EBS user guide, Amazon EBS volume types"
_EKS_QUOTAS: Final = "AWS General Reference, Amazon EKS endpoints and quotas"
_EC2_QUOTAS: Final = "AWS General Reference, Amazon EC2 endpoints and quotas"
_RDS_QUOTAS: Final = "AWS General Reference, Amazon RDS endpoints and quotas"

# --- disks ---

DISK_TYPES: Final = OneOf(what="a data disk", allowed=("gp3", "io2"), unit="as its type", source=_EBS)
GP3_GIB: Final = Between(what="a gp3 volume", least=1, most=65_536, unit="GiB", source=_EBS)
GP3_IOPS: Final = Growing(what="a gp3 volume", least=3000, each=500, of="GiB", most=80_000, unit="IOPS", source=_EBS)
GP3_MIBPS: Final = Growing(what="a gp3 volume", least=125, each=0.25, of="IOPS", most=2000, unit="MiB/s", source=_EBS)
IO2_GIB: Final = Between(what="an io2 volume", least=4, most=65_536, unit="GiB", source=_EBS)
IO2_IOPS: Final = Growing(what="an io2 volume", least=100, each=1000, of="GiB", most=256_000, unit="IOPS", source=_EBS)
IO2_MIBPS: Final = Stated(what="an io2 volume", says="no throughput of its own: it follows from the IOPS", source=_EBS)
NODE_DISK_GIB: Final = Between(
    what="the disk of a cluster's node",
    least=20,
    most=65_536,
    unit="GiB",
    # Of Bottlerocket EC2 would make a smaller one, which has no room for the containers of a node.
    source="EKS API reference, CreateNodegroup, diskSize; awslabs/amazon-eks-ami#1581",
)

SNAPSHOT_COUNT: Final = Between(
    what="a lifecycle policy",
    least=1,
    most=1000,
    unit="snapshots of each volume",
    source="Amazon Data Lifecycle Manager API reference, RetainRule, Count",
)

# --- buckets ---

BUCKET_UNDELETE_DAYS: Final = Between(
    what="what an S3 bucket keeps of what was deleted",
    least=1,
    unit="day",
    source="S3 API reference, NoncurrentVersionExpiration, NoncurrentDays",
)

# --- addresses ---

NETWORK_PREFIX: Final = Between(
    what="the range of a VPC",
    least=16,
    most=28,
    unit="bits before its addresses",
    source="VPC user guide, VPC CIDR blocks",
)
PUBLIC_ACCESS: Final = NotIn(
    what="the list of ranges that reach EKS' API server from outside",
    ranges=NOT_GLOBAL,
    source="EKS user guide, Cluster API server endpoint (no reserved addresses)",
)
PUBLIC_ACCESS_COUNT: Final = Between(
    what="the list of ranges that reach EKS' API server from outside", most=40, unit="entries", source=_EKS_QUOTAS
)

OWN_ADDRESSES: Final = Stated(
    what="a subnet",
    says="its first four addresses and its last one for AWS itself",
    source="VPC user guide, Subnet CIDR blocks",
)

# --- ingress ---

INGRESS_CERTIFICATE: Final = Stated(
    what="the application load balancer of an Ingress",
    says="certificates of ACM in its own region, and no Kubernetes Secret",
    source="kubernetes-sigs/aws-load-balancer-controller, certificate-arn, and Certificate discovery",
)

# --- databases ---

DATABASE_GIB: Final = Between(
    what="the gp3 disk of an RDS server for PostgreSQL",
    least=20,
    most=65_536,
    unit="GiB",
    source="RDS API reference, CreateDBInstance, AllocatedStorage",
)
DATABASE_STEP: Final = Between(
    what="what the disk of an RDS server grows by",
    least=10,
    unit="% of its size",
    source="RDS API reference, ModifyDBInstance, AllocatedStorage (less is rounded up)",
)
DATABASE_DAYS: Final = Between(
    what="what an RDS server keeps for a restore",
    least=1,
    most=35,
    unit="days",
    source="RDS API reference, CreateDBInstance, BackupRetentionPeriod (none with 0)",
)
DATABASE_TYPES: Final = OnlyType(
    what="an RDS server",
    pattern=re.compile(r"db\.[a-z]+\d+[a-z]*(-[a-z0-9]+)?\.(micro|small|medium|large|\d*xlarge)$"),
    known="a type called `db.`, a family and a size, like db.m7g.large",
    reason="is no instance type of RDS: they are called by `db.`, a family and a size, like db.m7g.large",
    source="RDS user guide, DB instance classes",
)
DATABASE_ZONES: Final = Between(
    what="the network of an RDS server",
    least=2,
    unit="zones",
    source="RDS user guide, Working with a DB instance in a VPC (a DB subnet group)",
)
MAX_CONNECTIONS: Final = Between(
    what="max_connections of an RDS server for PostgreSQL",
    least=6,
    most=262_143,
    unit="connections",
    source="RDS user guide, Quotas and constraints for Amazon RDS, Maximum number of database connections",
)

# --- instance types ---

ARM: Final = NoType(
    what="a node or machine",
    pattern=re.compile(r"[a-z]+\d+[a-z]*g[a-z]*\.|a1\.|p6e-gb"),
    reason="runs Arm code, and our images are for x86-64 only",
    source="EC2 API reference, DescribeInstanceTypes, supportedArchitectures",
)
MAC: Final = NoType(
    what="a node or machine",
    pattern=re.compile(r"mac"),
    reason="runs macOS only",
    source="EC2 API reference, DescribeInstanceTypes, supportedArchitectures",
)
XEN: Final = NoType(
    what="a machine",
    pattern=re.compile(r"([cmr][34]|[dgi]2|[gi]3|[fht]1|t2|m[12]|c1|p[23]|x1e?)\."),
    reason="shows its disks without a serial, so that the data disk cannot be found",
    source="EC2 API reference, DescribeInstanceTypes, hypervisor; aws/amazon-vpc-cni-k8s, vpc_ip_resource_limit.go",
)
NODE_GPU: Final = OnlyType(
    what="a cluster's node with a GPU",
    pattern=re.compile(r"(g4dn|g5|g6|g6e|g6f|gr6|gr6f|g7e|p3|p3dn|p4d|p4de|p5|p5e|p5en|p6-b[23]00)\."),
    known="g4dn, g5, g6, g6e, g6f, gr6, gr6f, g7e, p3, p3dn, p4d, p4de, p5, p5e, p5en, p6-b200 or p6-b300",
    reason="has no GPU that Bottlerocket has a driver for: give another, or `gpu: false`",
    source="EKS user guide, Use EKS-optimized accelerated AMIs, Bottlerocket x86_64",
)
MACHINE_GPU: Final = OnlyType(
    what="a machine with a GPU",
    pattern=re.compile(r"(g4dn|g5|g6|g6e|gr6|g7|g7e|p4d|p4de|p5|p5e|p5en|p6-b[23]00)\."),
    known="g4dn, g5, g6, g6e, gr6, g7, g7e, p4d, p4de, p5, p5e, p5en, p6-b200 or p6-b300",
    reason="has no GPU that AWS' Deep Learning Base AMI has a driver for: give another, or `gpu: false`",
    source="description of the AMI Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04)",
)
CONFIDENTIAL: Final = OnlyType(
    what="a confidential node",
    pattern=re.compile(r"(m6a\.((2|4|8)?xlarge|large)|c6a\.((2|4|8|12|16)?xlarge|large)|r6a\.((2|4)?xlarge|large))$"),
    known="m6a up to 8xlarge, c6a up to 16xlarge or r6a up to 4xlarge",
    reason="cannot be confidential: EC2 has AMD SEV-SNP on m6a up to 8xlarge, c6a up to 16xlarge and r6a up to 4xlarge",
    source="EC2 API reference, CpuOptionsRequest, and DescribeInstanceTypes, supportedFeatures",
)

# --- machines ---

LOG_DAYS: Final = OneOf(
    what="a log group",
    allowed=(
        *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
        *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
    ),
    unit="days",
    source="CloudWatch Logs API reference, PutRetentionPolicy",
)
USER_DATA: Final = Between(
    what="an instance's user data, before base64",
    most=16 * 1024,
    unit="bytes",
    source="EC2 user guide, Run commands when you launch an EC2 instance",
)
ALARM_ACTION: Final = Stated(
    what="an alarm",
    says="actions in its own region and partition",
    source="CloudWatch's own answer to PutMetricAlarm: Only <region> is supported",
)

# --- quotas ---


def _console(service: str, code: str = "") -> str:
    """Of Service Quotas."""
    quota = f"/{code}" if code else ""
    return f"https://console.aws.amazon.com/servicequotas/home/services/{service}/quotas{quota}"


def _vcpus(name: str, code: str, most: int, unit: str) -> Quota:
    source = f"{_EC2_QUOTAS} ({code})"
    return Quota(what="a region", name=name, most=most, unit=unit, source=source, link=_console("ec2", code))


SNAPSHOT_POLICIES: Final = Quota(
    what="a region",
    name="Custom lifecycle policies per Region",
    most=100,
    unit="custom lifecycle policies of snapshots",
    source="EBS user guide, Automate backups with Amazon Data Lifecycle Manager, Quotas",
    link=_console("dlm"),
)
GP3_STORAGE: Final = Quota(
    what="a region",
    name="Storage for General Purpose SSD (gp3) volumes, in TiB",
    most=50,
    unit="TiB on gp3 volumes",
    source="AWS General Reference, Amazon EBS endpoints and quotas (L-7A658B76)",
    link=_console("ebs", "L-7A658B76"),
)
IO2_STORAGE: Final = Quota(
    what="a region",
    name="Storage for Provisioned IOPS SSD (io2) volumes, in TiB",
    most=20,
    unit="TiB on io2 volumes",
    source="AWS General Reference, Amazon EBS endpoints and quotas (L-09BD8365)",
    link=_console("ebs", "L-09BD8365"),
)
NODE_GROUPS: Final = Quota(
    what="an EKS cluster",
    name="Managed node groups per cluster",
    most=30,
    unit="managed node groups",
    source=_EKS_QUOTAS,
    link=_console("eks", "L-6D54EA21"),
)
NODES_OF_A_GROUP: Final = Quota(
    what="a managed node group",
    name="Nodes per managed node group",
    most=450,
    unit="nodes",
    source=_EKS_QUOTAS,
    link=_console("eks", "L-BD136A63"),
)
AUTO_SCALING_GROUPS: Final = Quota(
    what="a region",
    name="Auto Scaling groups per region",
    most=500,
    unit="Auto Scaling groups",
    source="EC2 Auto Scaling user guide, Quotas (L-CDE20ADC)",
    link=_console("autoscaling", "L-CDE20ADC"),
)
LOAD_BALANCERS: Final = Quota(
    what="a region",
    name="Network Load Balancers per Region",
    most=50,
    unit="network load balancers",
    source="AWS General Reference, Elastic Load Balancing endpoints and quotas (L-69A177A2)",
    link=_console("elasticloadbalancing", "L-69A177A2"),
)
DATABASES: Final = Quota(
    what="a region",
    name="DB instances",
    most=40,
    unit="RDS servers",
    source=f"{_RDS_QUOTAS} (L-7B6409FD)",
    link=_console("rds", "L-7B6409FD"),
)
DATABASE_STORAGE: Final = Quota(
    what="a region",
    name="Total storage for all DB instances",
    most=100_000,
    unit="GB on disks of RDS servers",
    source=f"{_RDS_QUOTAS} (L-7ADDB58A)",
    link=_console("rds", "L-7ADDB58A"),
)
BUCKETS: Final = Quota(
    what="an account",
    name="General purpose buckets",
    most=10_000,
    unit="S3 buckets",
    source="S3 user guide, General purpose bucket quotas, limitations, and restrictions",
    # All regions' are counted there.
    link=f"{_console('s3')}?region=us-east-1",
)
ADDRESSES: Final = Quota(
    what="a region",
    name="EC2-VPC Elastic IPs",
    most=5,
    unit="elastic addresses",
    source=f"{_EC2_QUOTAS} (L-0263D0A3)",
    link=_console("ec2", "L-0263D0A3"),
)
STANDARD_VCPUS: Final = _vcpus(
    "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
    "L-1216C47A",
    5,
    "vCPUs on demand of the families A, C, D, H, I, M, R, T and Z",
)
GPU_VCPUS: Final = _vcpus(
    "Running On-Demand G and VT instances", "L-DB2E81BA", 0, "vCPUs on demand of the families G and VT"
)
P_VCPUS: Final = _vcpus("Running On-Demand P instances", "L-417A185B", 0, "vCPUs on demand of the family P")
STANDARD_SPOT_VCPUS: Final = _vcpus(
    "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests",
    "L-34B43A08",
    5,
    "vCPUs on spot of the families A, C, D, H, I, M, R, T and Z",
)
GPU_SPOT_VCPUS: Final = _vcpus(
    "All G and VT Spot Instance Requests", "L-3819A6DF", 0, "vCPUs on spot of the families G and VT"
)
P_SPOT_VCPUS: Final = _vcpus("All P Spot Instance Requests", "L-7212CCBC", 0, "vCPUs on spot of the family P")

LIMITS: Final[Sequence[Limit]] = listed(vars().values())
