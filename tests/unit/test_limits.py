"""What no schema of a cloud says is refused by the stack's file, by the stand-in, and listed in docs: each of a row."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from nodeyard import clouds
from nodeyard.clouds import limits as every
from nodeyard.clouds.aws import limits as aws
from nodeyard.clouds.azure import limits as azure
from nodeyard.clouds.contract.limit import Between, Growing, Limit, NotIn
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.contract.snapshot_schedule import Rhythm
from nodeyard.clouds.gcp import limits as gcp
from tests.unit.test_stack_files import CONFIGS, file, problems

PAGE = Path(__file__).resolve().parents[2] / "docs/limits.md"
TABLES: dict[str, list[Limit]] = {
    "every cloud": list(every.LIMITS),
    "AWS": list(aws.LIMITS),
    "Azure": list(azure.LIMITS),
    "Google Cloud": list(gcp.LIMITS),
}
SOMEWHERE = "192.31.196.0/24"
S = "nodeyard:stack"


def system(stack: str, type_: str) -> dict[str, str]:
    return {**file(stack)["systemNodes"], "instanceType": type_}


def many(number: int) -> list[str]:
    return [f"8.{n // 250}.{n % 250}.0/24" for n in range(number)]


TOPIC = "arn:aws:sns:us-east-1:111122223333:it"
REFUSED: list[tuple[str, str, Any, str]] = [
    # stack, key, value, words
    # Ranges.
    *(
        (f"platform-{cloud}", "publicAccessCidrs[0]", [cidr], "replace it")
        for cloud in CloudName
        for cidr in ("203.0.113.0/24", "198.51.100.7/32", "192.0.2.0/25")
    ),
    ("platform-aws", "publicAccessCidrs[0]", ["10.0.0.0/16"], "for private networks"),
    ("platform-aws", "publicAccessCidrs[1]", [SOMEWHERE, "100.64.0.0/16"], "carriers"),
    ("platform-aws", "publicAccessCidrs[0]", ["169.254.1.0/24"], "one link"),
    ("platform-aws", "publicAccessCidrs[0]", ["240.0.0.0/8"], "reserved"),
    ("platform-aws", "publicAccessCidrs[0]", ["192.0.0.0/8"], "touches"),
    ("platform-aws", "publicAccessCidrs", many(41), "40 entries at most"),
    ("platform-aws", "publicAccessCidrs[0]", ["2001:db8::/32"], "IPv4"),
    ("platform-azure", "publicAccessCidrs[0]", ["192.168.1.0/24"], "for private networks"),
    ("platform-azure", "publicAccessCidrs", many(198), "200 entries at most"),
    ("platform-azure", "cidr", "172.31.0.0/16", "AKS' own"),
    ("platform-azure", "cidr", "169.254.0.0/16", "AKS' own"),
    ("platform-azure", "cidr", "172.30.16.0/20", "AKS' own"),
    ("platform-gcp", "cidr", "169.254.0.0/16", "no network's own"),
    ("platform-gcp", "cidr", "199.36.144.0/20", "Google's APIs"),
    # Types, of system nodes, of machines and (`IN_CLUSTER`) of nodes.
    ("platform-aws", "systemNodes.instanceType", system("platform-aws", "m7g.large"), "runs Arm code"),
    ("platform-aws", "systemNodes.instanceType", system("platform-aws", "mac1.metal"), "macOS"),
    ("platform-aws", "systemNodes.instanceType", system("platform-aws", "m6i.larg"), "no instance type of AWS"),
    ("platform-azure", "systemNodes.instanceType", system("platform-azure", "Standard_D4ps_v5"), "runs Arm code"),
    ("platform-azure", "systemNodes.instanceType", system("platform-azure", "Standard_D8_v5"), "no premium storage"),
    ("platform-gcp", "systemNodes.instanceType", system("platform-gcp", "c4-standard-4"), "takes Hyperdisk only"),
    ("platform-gcp", "systemNodes.instanceType", system("platform-gcp", "h3-standard-88"), "pd-ssd"),
    ("theta-mainnet", "instanceType", "g6f.xlarge", "Deep Learning Base AMI"),
    ("theta-mainnet", "instanceType", "p3dn.24xlarge", "Deep Learning Base AMI"),
    ("theta-mainnet", "instanceType", "c6a.nano2", "no instance type of AWS"),
    ("theta-mainnet-azure", "instanceType", "Standard_D8_v5", "no GPU"),
    ("theta-mainnet-gcp", "instanceType", "g4-standard-48", "takes Hyperdisk only"),
    # Sizes.
    ("theta-mainnet", "diskIops", 200_000, "80000 at most"),
    ("theta-mainnet", "diskIops", 2000, "3000 to 80000 IOPS"),
    ("theta-mainnet", "diskThroughputMibps", 1000, "125 to 750 MiB/s"),
    ("theta-mainnet", "rootDiskGib", 20, "boots from none of 20"),
    ("theta-mainnet-azure", "rootDiskGib", 4096, "4095 GiB at most"),
    ("theta-mainnet-azure", "diskThroughputMibps", 1000, "125 to 750 MB/s"),
    ("theta-mainnet-gcp", "diskGib", 9, "10 to 65536 GiB"),
    ("theta-mainnet-gcp", "diskIops", 20_000, "13680 IOPS at most"),
    ("theta-mainnet-gcp", "diskThroughputMibps", 1000, "362 MiB/s at most"),
    ("metis-mainnet", "l1dtl.diskIops", {"diskIops": 90_000}, "80000 at most"),
    ("metis-mainnet", "l1dtl.diskThroughputMibps", {"diskThroughputMibps": 1000}, "125 to 750 MiB/s"),
    (
        "metis-mainnet",
        "themis.diskIops",
        {"existingDisk": "vol-0123456789abcdef0", "diskIops": 4000},
        "give one of them",
    ),
    ("metis-mainnet", "snapshots.keepDays", {"everyHours": 1, "keepDays": 42}, "1 to 1000 snapshots"),
    ("metis-mainnet", "snapshots.at", {"at": "03:30"}, "a full hour"),
    ("metis-mainnet", "snapshots.everyHours", {"everyHours": 5}, "1, 2, 3, 4, 6, 8, 12"),
    # Types of disks.
    ("theta-mainnet", "diskType", "io1", "one of gp3, io2"),
    ("theta-mainnet-azure", "diskType", "io2", "one of PremiumV2_LRS"),
    ("theta-mainnet-gcp", "diskType", "io2", "one of pd-ssd"),
    # Regions and partitions.
    ("platform-aws", "region", "us-gov-west-1", "not supported"),
    ("platform-aws", "region", "cn-north-1", "not supported"),
    ("platform-azure", "region", "usgovvirginia", "not supported"),
    ("platform-azure", "region", "chinanorth3", "not supported"),
    ("platform-aws", "admins[0]", ["arn:aws-us-gov:iam::111122223333:role/x"], "ARN of an IAM role or user"),
    ("theta-mainnet", "site.region", {"cloud": "aws", "region": "us-gov-east-1"}, "not supported"),
    ("theta-mainnet", "site.region", {"cloud": "aws", "region": "cn-northwest-1"}, "not supported"),
    ("theta-mainnet", "notify", TOPIC, "not in us-east-2"),
    ("theta-mainnet", "notify", TOPIC.replace("aws:", "aws-cn:", 1), "arn:aws:sns:"),
    ("theta-mainnet", "zones[0]", ["us-west-2a"], "no zone of us-east-2"),
    ("theta-mainnet-azure", "zones[0]", ["westus2-1"], "no zone of eastus2"),
    ("theta-mainnet-gcp", "zones[0]", ["europe-west1-b"], "no zone of us-central1"),
    # Logs.
    ("theta-mainnet", "logDays", 100, "one of 1, 3, 5"),
    ("theta-mainnet-azure", "logDays", 10, "30 to 730 days"),
    ("theta-mainnet-gcp", "logDays", 4000, "1 to 3650 days"),
]


@pytest.mark.parametrize(
    ("stack", "key", "value", "words"), REFUSED, ids=[f"{n}-{row[0]}-{row[1]}" for n, row in enumerate(REFUSED)]
)
def test_a_stacks_file_is_refused_what_the_cloud_would_refuse(stack: str, key: str, value: Any, words: str) -> None:
    outermost = re.split(r"[.\[]", key)[0]
    found = problems(file(stack) | {outermost: value})
    assert words in found.get(f"{S}.{key}", ""), found


@pytest.mark.parametrize(
    ("rhythm", "key", "words"),
    [
        (Rhythm(every_hours=6), "every_hours", "one of 12, 24"),
        (Rhythm(every_hours=12, keep_days=91), "keep_days", "1 to 180 snapshots"),
        (Rhythm(every_hours=12, keep_days=90), "", ""),
    ],
)
def test_azure_takes_few_rhythms_of_snapshots(rhythm: Rhythm, key: str, words: str) -> None:
    found = dict(clouds.named(CloudName.AZURE).snapshot_problems(rhythm))
    assert ([*found], words in "".join(found.values())) == ([key] if key else [], True)


def test_an_io2_disk_has_its_own_limits() -> None:
    def said(**changes: Any) -> dict[str, str]:
        return problems(file("theta-mainnet", **{"diskType": "io2", "logDays": 100, **changes}))

    assert set(said(diskIops=200_000)) == {f"{S}.logDays"}  # which is wrong so that something is
    assert "256000 IOPS" in said(diskIops=300_000, diskGib=1000)[f"{S}.diskIops"]
    assert "100 to 8000 IOPS" in said(diskIops=10_000, diskGib=8)[f"{S}.diskIops"]
    assert "4 to 65536 GiB" in said(diskGib=3)[f"{S}.diskGib"]
    assert "does nothing" in said(diskThroughputMibps=200)[f"{S}.diskThroughputMibps"]


@pytest.mark.parametrize("stack", ["platform-aws", "platform-azure", "platform-gcp"])
def test_what_a_platforms_file_ships_is_refused_by_name_until_it_is_replaced(stack: str) -> None:
    shipped = yaml.safe_load((CONFIGS / f"Pulumi.{stack}.yaml").read_text())["config"]["nodeyard:stack"]
    assert set(problems(shipped)) == {f"{S}.publicAccessCidrs[0]"}


# --- the table itself


@pytest.mark.parametrize("cloud", TABLES)
def test_every_row_has_a_source(cloud: str) -> None:
    for limit in TABLES[cloud]:
        assert len(limit.source) > 5, limit


def test_docs_list_every_row() -> None:
    _, *listed = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    assert listed == [
        f"| {cloud} | {limit.what} | {limit.rule} | {limit.source} |"
        for cloud, limits in TABLES.items()
        for limit in limits
    ]


def test_a_row_says_what_is_wrong_with_a_value() -> None:
    size = Between(what="a disk", least=1, most=5, unit="GiB", source="nobody")
    assert (size.problem(1), size.problem(5)) == ("", "")
    assert size.problem(6) == "6 cannot be: a disk has 1 to 5 GiB"
    iops = Growing(what="a disk", least=10, each=0.5, of="GiB", most=20, unit="IOPS", source="nobody")
    assert [iops.most_of(size) for size in (1, 30, 50)] == [10, 15, 20]
    assert iops.problem(16, 30).startswith("16 cannot be: a disk of 30 GiB has 10 to 15 IOPS")
    ranges = NotIn(what="a network", ranges=azure.CLUSTER_NETWORK.ranges, source="nobody")
    assert ranges.problem("172.29.0.0/16") == ""
    assert ranges.problem("172.16.0.0/12") == "172.16.0.0/12 cannot be: it touches 172.30.0.0/16, which is AKS' own"


def test_a_gpus_driver_is_that_of_the_image_in_which_it_runs() -> None:
    """AWS has other images for a cluster's nodes than for machines."""
    types = ("g7.2xlarge", "g7e.2xlarge", "g6f.xlarge")
    assert [bool(aws.NODE_GPU.problem(type_)) for type_ in types] == [True, False, False]
    assert [bool(aws.MACHINE_GPU.problem(type_)) for type_ in types] == [False, False, True]
    assert clouds.named(CloudName.AWS).instance_type_problem("g7.2xlarge", gpu=True) == ""
    assert clouds.named(CloudName.AWS).instance_type_problem("g4ad.xlarge", gpu=True) != ""
