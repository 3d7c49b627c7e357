"""What AWS refuses though no schema of its says so, and its quotas: see `contract/limit.py`."""

import re
from collections.abc import Sequence
from typing import Final

from ..contract.limit import Between, Growing, Limit, NotIn, NoType, OneOf, OnlyType, Quota, rows
from ..special_ranges import NOT_GLOBAL

# --- disks ---

GP3_GIB: Final = Between(
    what="the size of a gp3 volume",
    least=1,
    most=65_536,
    unit="GiB",
    source="EC2 API reference, CreateVolume, Size",
)
GP3_IOPS: Final = Growing(
    what="the IOPS of a gp3 volume",
    least=3000,
    free=3000,
    each=500,
    of="GiB",
    most=80_000,
    unit="IOPS",
    source="EC2 API reference, CreateVolume, Iops; EBS user guide, General Purpose SSD volumes",
)
GP3_MIBPS: Final = Growing(
    what="the throughput of a gp3 volume",
    least=125,
    free=125,
    each=0.25,
    of="IOPS",
    most=2000,
    unit="MiB/s",
    source="EC2 API reference, CreateVolume, Throughput; EBS user guide, General Purpose SSD volumes",
)
NODE_DISK_GIB: Final = Between(
    what="the root disk of a cluster's node",
    least=20,
    most=GP3_GIB.most,
    unit="GiB",
    # For Bottlerocket EC2 would make a smaller one, which has no room for the containers of a node.
    source="EKS API reference, CreateNodegroup, diskSize; awslabs/amazon-eks-ami#1581",
)

# --- addresses ---

PUBLIC_ACCESS: Final = NotIn(
    what="a range that may reach EKS' API server from outside",
    ranges=NOT_GLOBAL,
    source="EKS user guide, Cluster API server endpoint: no reserved addresses",
)
PUBLIC_ACCESS_RANGES: Final = Between(
    what="the number of ranges that may reach EKS' API server from outside",
    most=40,
    source="AWS General Reference, Amazon EKS endpoints and quotas",
)

# --- instance types ---

ARM: Final = NoType(
    what="instance type",
    pattern=re.compile(r"[a-z]+\d+[a-z]*g[a-z]*\.|a1\.|p6e-gb"),
    reason="runs Arm code, and our images are for x86-64 only",
    source="EC2 API, DescribeInstanceTypes, SupportedArchitectures",
)
XEN: Final = NoType(
    what="instance type of a machine",
    pattern=re.compile(r"([cmr][34]|[dgi]2|[gi]3|[fht]1|t2|m[12]|c1|p[23]|x1e?)\."),
    reason="shows its disks without a serial, so that the data disk cannot be found",
    source="aws/amazon-vpc-cni-k8s, pkg/vpc/vpc_ip_resource_limit.go",
)
GPU: Final = OnlyType(
    what="instance type with a GPU",
    pattern=re.compile(r"(g4dn|g5|g6|g6e|gr6|p4d|p4de|p5|p5e|p5en)\."),
    reason="has no GPU that our images have a driver for: give another, or `gpu: false`",
    says="one of NVIDIA's that both images have the driver of",
    source="EKS user guide, Use EKS-optimized accelerated AMIs; release notes of the Deep Learning Base AMI",
)

# --- logs and machines ---

LOG_DAYS: Final = OneOf(
    what="how long CloudWatch Logs keeps a log",
    allowed=(
        *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
        *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
    ),
    unit="days",
    source="CloudWatch Logs API reference, PutRetentionPolicy",
)
USER_DATA: Final = Between(
    what="the user data of an instance, before base64",
    most=16 * 1024,
    unit="bytes",
    source="EC2 user guide, Run commands when you launch an EC2 instance",
)

# --- quotas ---

SNAPSHOT_POLICIES: Final = Quota(
    what="lifecycle policies of snapshots",
    most=100,
    per="region",
    source="EBS user guide, Automate backups with Amazon Data Lifecycle Manager, Quotas",
)
GP3_STORAGE: Final = Quota(
    what="storage of gp3 volumes",
    most=50,
    unit="TiB",
    per="region",
    source="AWS General Reference, Amazon EBS endpoints and quotas (L-7A658B76)",
)
NODE_GROUPS: Final = Quota(
    what="managed node groups",
    most=30,
    per="cluster",
    source="AWS General Reference, Amazon EKS endpoints and quotas",
)
NODES_OF_A_GROUP: Final = Quota(
    what="nodes of a managed node group",
    most=450,
    per="node group",
    source="AWS General Reference, Amazon EKS endpoints and quotas",
)
ADDRESSES: Final = Quota(
    what="elastic addresses",
    most=5,
    per="region",
    source="AWS General Reference, Amazon EC2 endpoints and quotas (L-0263D0A3)",
)
STANDARD_VCPUS: Final = Quota(
    what="vCPUs of on-demand instances of the families A, C, D, H, I, M, R, T and Z",
    most=5,
    per="region",
    source="AWS General Reference, Amazon EC2 endpoints and quotas (L-1216C47A)",
)
GPU_VCPUS: Final = Quota(
    what="vCPUs of on-demand instances of the families G and VT",
    most=0,
    per="region",
    source="AWS General Reference, Amazon EC2 endpoints and quotas (L-DB2E81BA)",
)

LIMITS: Final[Sequence[Limit]] = rows(vars())
