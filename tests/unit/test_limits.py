"""What no schema of a cloud says is refused by the stack's file, by the stand-in, and listed in docs: each of a row."""

import base64
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from nodeyard import clouds
from nodeyard.clouds import limits as every
from nodeyard.clouds.aws import limits as aws
from nodeyard.clouds.azure import limits as azure
from nodeyard.clouds.contract.limit import Between, Growing, Limit, NotIn, Quota
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.gcp import limits as gcp
from sandbox.simulation import cloud_of
from sandbox.simulation.cloud import Cloud
from sandbox.simulation.resource import CloudError
from sandbox.simulation.tables.aws.eks import refuse_node_group
from sandbox.simulation.tables.gcp import iam
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


# --- the stand-ins

VPC, CLUSTER = "aws:ec2/vpc:Vpc", "aws:eks/cluster:Cluster"
VOLUME, ALARM = "aws:ebs/volume:Volume", "aws:cloudwatch/metricAlarm:MetricAlarm"
ZONE = "us-east-2a"
QUERY = {"id": "a", "metric": {"metricName": "m", "namespace": "n", "period": 60, "stat": "Sum"}, "returnData": True}
WATCHED = {"comparisonOperator": "LessThanThreshold", "evaluationPeriods": 1, "metricQueries": [QUERY], "threshold": 1}
GIVEN: list[tuple[str, str, dict[str, Any], str]] = [
    # package, type, inputs, the cloud's words
    ("aws", VPC, {"cidrBlock": "10.0.0.0/8"}, "InvalidVpc.Range"),
    ("aws", VOLUME, {"availabilityZone": ZONE, "size": 256, "type": "gp3", "iops": 200_000}, "InvalidParameterValue"),
    ("aws", VOLUME, {"availabilityZone": ZONE, "size": 256, "type": "gp3", "throughput": 1000}, "750 MiB/s"),
    ("aws", VOLUME, {"availabilityZone": ZONE, "size": 3, "type": "io2", "iops": 3000}, "4 to 65536 GiB"),
    ("aws", VOLUME, {"availabilityZone": ZONE, "size": 8, "type": "io2", "iops": 9000}, "8000 IOPS"),
    ("aws", VOLUME, {"availabilityZone": ZONE, "size": 8, "type": "io2", "throughput": 125}, "not supported for io2"),
    ("aws", ALARM, {**WATCHED, "okActions": [TOPIC]}, "Only us-east-2 is supported"),
    (
        "aws",
        CLUSTER,
        {"roleArn": "r", "vpcConfig": {"subnetIds": [], "publicAccessCidrs": ["203.0.113.0/24"]}},
        "The following CIDRs are not allowed in publicAccessCidrs: [203.0.113.0/24]",
    ),
    (
        "aws",
        CLUSTER,
        {"roleArn": "r", "vpcConfig": {"subnetIds": [], "publicAccessCidrs": many(41)}},
        "A maximum of 40 CIDRs",
    ),
    ("aws", "aws:cloudwatch/logGroup:LogGroup", {"name": "l", "retentionInDays": 100}, "one of 1, 3, 5"),
]


SUBSCRIPTION = "12345678-0000-0000-0000-000000000000"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers"
SUBNET_ID = f"{GROUP}/Microsoft.Network/virtualNetworks/n/subnets/{{}}"
MACHINE, AKS = "azure-native:compute:VirtualMachine", "azure-native:containerservice:ManagedCluster"
DISK, WORKSPACE = "azure-native:compute:Disk", "azure-native:operationalinsights:Workspace"
TEMPLATE, NODE_GROUP = "aws:ec2/launchTemplate:LaunchTemplate", "aws:eks/nodeGroup:NodeGroup"
G_TEMPLATE, G_DISK = "gcp:compute/instanceTemplate:InstanceTemplate", "gcp:compute/disk:Disk"
G_MACHINE, G_GROUP = "gcp:compute/perInstanceConfig:PerInstanceConfig", "gcp:compute/instanceGroupManager"
PREMIUM = {"sku": {"name": "PremiumV2_LRS"}, "creationData": {"createOption": "Empty"}}


def machine(size: str, **disk: Any) -> dict[str, Any]:
    ours = {"lun": 0, "createOption": "Attach", "caching": "None"}
    ours["managedDisk"] = {"id": f"{GROUP}/Microsoft.Compute/disks/d"}
    return {
        "vmName": "m",
        "zones": ["1"],
        "hardwareProfile": {"vmSize": size},
        "osProfile": {"customData": disk.pop("data", "")},
        "storageProfile": {"osDisk": {"createOption": "FromImage", **disk}, "dataDisks": [ours]},
    }


def aks(subnet: str = "good", ranges: int = 0, **pool: Any) -> dict[str, Any]:
    size, mode = {"vmSize": "Standard_D4s_v5"}, {"mode": "System"}
    pools = [{"name": "system", "vnetSubnetID": SUBNET_ID.format(subnet), **size, **mode, **pool}]
    access = {"authorizedIPRanges": many(ranges)}
    return {"resourceName": "c", "agentPoolProfiles": pools, "apiServerAccessProfile": access}


def template(type_: str = "n2-standard-4", **changes: Any) -> dict[str, Any]:
    disk = {"boot": True, "diskType": "pd-balanced", **changes.pop("disk", {})}
    return {"name": "t", "machineType": type_, "disks": [disk], **changes}


REFUSED_BY_AZURE: list[tuple[str, dict[str, Any], str]] = [
    (DISK, {"diskName": "e", "diskSizeGB": 65_537, **PREMIUM}, "out of range"),
    (DISK, {"diskName": "e", "diskSizeGB": 8, "diskIOPSReadWrite": 9000, **PREMIUM}, "9000 IOPS are out of range"),
    (DISK, {"diskName": "e", "diskSizeGB": 256, "diskMBpsReadWrite": 1000, **PREMIUM}, "1000 MB/s are out of range"),
    (MACHINE, machine("Standard_D4s_v5", diskSizeGB=4096), "4095 GiB at most"),
    (MACHINE, machine("Standard_D4s_v5", data="A" * 65_537), "65536 characters at most"),
    (MACHINE, machine("Standard_D8_v5"), "does not support the storage account type PremiumV2_LRS"),
    (AKS, aks(subnet="theirs"), "AKS' own"),
    (AKS, aks(osDiskSizeGB=29), "30 to 2048 GiB"),
    (AKS, aks(ranges=201), "more than 200 entries"),
    (WORKSPACE, {"workspaceName": "w", "retentionInDays": 10}, "30 to 730 days"),
    (
        "azure-native:operationalinsights:Table",
        {"workspaceName": "mine", "tableName": "A_CL", "retentionInDays": 731},
        "30 to 730 days",
    ),
    (
        "azure-native:keyvault:Vault",
        {"vaultName": "vault-1", "properties": {"networkAcls": {"ipRules": [{"value": "10.0.0.0/16"}]}}},
        "Private IP addresses are not allowed",
    ),
]
REFUSED_BY_GOOGLE: list[tuple[str, dict[str, Any], str]] = [
    (G_DISK, {"name": "e", "zone": "us-central1-a", "size": 9, "type": "pd-ssd"}, "Must be 10 to 65536 GiB"),
    (G_TEMPLATE, template(disk={"diskSizeGb": 9}), "Must be 10 to 65536 GiB"),
    (G_TEMPLATE, template("c4-standard-4"), "cannot be used by c4-standard-4"),
    (G_TEMPLATE, template(metadata={"user-data": "x" * (256 * 1024 + 1)}), "262144 bytes at most"),
    (
        "gcp:compute/subnetwork:Subnetwork",
        {"name": "s", "network": "projects/nodeyard-theta/global/networks/n", "ipCidrRange": "169.254.0.0/16"},
        "conflicts with reserved ranges",
    ),
    (
        "gcp:logging/projectBucketConfig:ProjectBucketConfig",
        {"bucketId": "b", "location": "us-central1", "retentionDays": 4000},
        "1 to 3650 days",
    ),
]


@pytest.fixture
def stand_ins(tmp_path: Path) -> dict[str, Cloud]:
    gcp = cloud_of("gcp", tmp_path, {"project": "nodeyard-theta", "region": "us-central1"})
    for service in ("compute", "container", "iam", "logging"):
        given = {"service": f"{service}.googleapis.com"}
        gcp.create("gcp:projects/service:Service", "it", given, preview=False)
    gcp.create("gcp:compute/network:Network", "it", {"name": "n"}, preview=False)
    return {"aws": cloud_of("aws", tmp_path, {"region": "us-east-2"}), "gcp": gcp, "azure": azure_stand_in(tmp_path)}


def azure_stand_in(home: Path) -> Cloud:
    """With a group, a network with a subnet of AKS' own range, and a disk."""
    cloud = cloud_of("azure-native", home, {"subscriptionId": SUBSCRIPTION, "location": "eastus2"})
    group = {"resourceGroupName": "g"}
    network = {**group, "virtualNetworkName": "n"}
    ranges = {"good": "10.1.0.0/16", "theirs": "172.31.0.0/16"}
    for type_, inputs in (
        ("azure-native:resources:ResourceGroup", group),
        ("azure-native:network:VirtualNetwork", {**network, "addressSpace": {"addressPrefixes": [*ranges.values()]}}),
        *(
            ("azure-native:network:Subnet", {**network, "subnetName": name, "addressPrefix": cidr})
            for name, cidr in ranges.items()
        ),
        (WORKSPACE, {**group, "workspaceName": "mine"}),
        (DISK, {**group, "diskName": "d", "zones": ["1"], "diskSizeGB": 256, **PREMIUM}),
    ):
        cloud.create(type_, "it", inputs, preview=False)
    return cloud


def refused_by(cloud: Cloud, type_: str, inputs: dict[str, Any], words: str) -> None:
    with pytest.raises(CloudError, match=re.escape(words)):
        cloud.create(type_, "it", inputs, preview=False)


@pytest.mark.parametrize(
    ("package", "type_", "inputs", "words"), GIVEN, ids=[f"{n}-{row[1]}" for n, row in enumerate(GIVEN)]
)
def test_the_stand_in_refuses_it_too(
    stand_ins: dict[str, Cloud], package: str, type_: str, inputs: dict[str, Any], words: str
) -> None:
    refused_by(stand_ins[package], type_, inputs, words)


@pytest.mark.parametrize(("type_", "inputs", "words"), REFUSED_BY_AZURE)
def test_azures_stand_in_refuses_it_too(
    stand_ins: dict[str, Cloud], type_: str, inputs: dict[str, Any], words: str
) -> None:
    refused_by(stand_ins["azure"], type_, {"resourceGroupName": "g", **inputs}, words)


@pytest.mark.parametrize("good", [(MACHINE, machine("Standard_D4s_v5")), (AKS, aks())], ids=["machine", "cluster"])
def test_azures_stand_in_takes_what_is_right(stand_ins: dict[str, Cloud], good: tuple[str, dict[str, Any]]) -> None:
    assert stand_ins["azure"].create(good[0], "it", {"resourceGroupName": "g", **good[1]}, preview=False).id


@pytest.mark.parametrize(("type_", "inputs", "words"), REFUSED_BY_GOOGLE)
def test_googles_stand_in_refuses_it_too(
    stand_ins: dict[str, Cloud], type_: str, inputs: dict[str, Any], words: str
) -> None:
    refused_by(stand_ins["gcp"], type_, inputs, words)


@pytest.mark.parametrize(("type_", "words"), [("h3-standard-88", "pd-ssd"), ("c4-standard-4", "pd-ssd")])
def test_google_attaches_no_disk_that_a_series_does_not_take(
    stand_ins: dict[str, Cloud], type_: str, words: str
) -> None:
    gcp = stand_ins["gcp"]
    zone = {"zone": "us-central1-a"}
    disk = gcp.create(G_DISK, "it", {"name": "d", "size": 10, "type": "pd-ssd", **zone}, preview=False)
    of = {"name": "t", "machineType": type_, "disks": [{"boot": True, "diskType": "hyperdisk-balanced"}]}
    made = gcp.create(G_TEMPLATE, "it", of, preview=False)
    versions = [{"name": "only", "instanceTemplate": made.id}]
    given = {"name": "g", "baseInstanceName": "g", "versions": versions, **zone}
    gcp.create(f"{G_GROUP}:InstanceGroupManager", "it", given, preview=False)
    disks = [{"deviceName": "data", "source": disk.id}]
    inputs = {"name": "m", "instanceGroupManager": "g", "preservedState": {"disks": disks}, **zone}
    refused_by(gcp, G_MACHINE, inputs, words)


def test_google_gives_a_sink_fifty_exclusions_and_a_policy_its_principals_and_no_more(
    stand_ins: dict[str, Cloud], monkeypatch: pytest.MonkeyPatch
) -> None:
    exclusion = "gcp:logging/projectExclusion:ProjectExclusion"
    for number in range(50):
        stand_ins["gcp"].create(exclusion, "it", {"name": f"e-{number}", "filter": "x"}, preview=False)
    refused_by(stand_ins["gcp"], exclusion, {"name": "e-50", "filter": "x"}, "50 exclusion filters")
    member = {"project": "nodeyard-theta", "role": "roles/viewer"}
    type_ = "gcp:projects/iAMMember:IAMMember"
    monkeypatch.setattr(iam, "POLICY_MEMBERS", replace(gcp.POLICY_MEMBERS, most=2))  # 1,500 take a minute
    for person in ("a", "b"):
        stand_ins["gcp"].create(type_, "it", {**member, "member": f"user:{person}@example.com"}, preview=False)
    refused_by(stand_ins["gcp"], type_, {**member, "member": "user:c@example.com"}, "larger than the maximum")


@pytest.mark.parametrize(
    ("type_", "options", "words"),
    [
        ("m7g.large", {}, "not a valid instance type"),
        ("mac1.metal", {}, "not a valid instance type"),
        ("m5.large", {"amdSevSnp": "enabled"}, "does not support AMD SEV-SNP"),
    ],
)
def test_eks_takes_no_node_of_a_type_that_its_image_does_not_run_on(
    stand_ins: dict[str, Cloud], type_: str, options: dict[str, str], words: str
) -> None:
    made = stand_ins["aws"].create(
        TEMPLATE, "it", {"name": "t", "instanceType": type_, "cpuOptions": options}, preview=False
    )
    with pytest.raises(CloudError, match=words):
        refuse_node_group(
            stand_ins["aws"].instance(
                NODE_GROUP, {"amiType": "AL2023_x86_64_STANDARD", "launchTemplate": {"id": made.id, "version": "1"}}
            )
        )


def test_a_group_starts_nothing_with_user_data_that_is_too_long(stand_ins: dict[str, Cloud]) -> None:
    data = base64.b64encode(b"x" * (16 * 1024 + 1)).decode()
    given = {"name": "t", "instanceType": "m5.large", "imageId": "ami-1", "userData": data}
    made = stand_ins["aws"].create(TEMPLATE, "it", given, preview=False)
    inputs = {"name": "g", "minSize": 1, "maxSize": 1, "launchTemplate": {"id": made.id, "version": "1"}}
    refused_by(stand_ins["aws"], "aws:autoscaling/group:Group", inputs, "16384 bytes at most")


SOURCES = {"AWS": "aws", "Azure": "azure_native", "Google Cloud": "gcp"}
NOBODY_REFUSES: dict[str, dict[str, str]] = {
    # Rows that the stand-in does not read, each with the reason.
    "AWS": {
        "DISK_TYPES": "the cloud has more types: ours is the choice",
        "IO2_MIBPS": "a sentence: the table says it in EC2's words",
        "ALARM_ACTION": "a sentence: the table says it in CloudWatch's words",
        "NODE_DISK_GIB": "EC2 makes a smaller one, and the node has no room on it",
        "XEN": "EC2 starts it, and the machine does not find its disk",
        "NODE_GPU": "EC2 starts it, and the image has no driver for it",
        "MACHINE_GPU": "EC2 starts it, and the image has no driver for it",
    },
    "Azure": {
        "DISK_TYPES": "the cloud has more types: ours is the choice",
        "GPU": "Azure starts it, and the image has no driver for it",
        "CONFIDENTIAL": "a pool is confidential by its size alone: AKS takes any other for a plain one",
        "TAG_VALUE": "our names are cut before they become a tag; what a user gives is asked before",
    },
    "Google Cloud": {
        "DISK_TYPES": "the cloud has more types: ours is the choice",
        "DISK_IOPS": "a pd-ssd has what its size gives: nothing is sent that could be refused",
        "DISK_MIBPS": "a pd-ssd has what its size gives: nothing is sent that could be refused",
        "CONFIDENTIAL": "the table has Google's whole list, by technology, of which the row is our part",
    },
}


@pytest.mark.parametrize(("cloud", "rows"), [("AWS", aws), ("Azure", azure), ("Google Cloud", gcp)])
def test_the_stand_in_reads_every_row_that_the_cloud_refuses_by(cloud: str, rows: ModuleType) -> None:
    folder = PAGE.parents[1] / "sandbox/simulation/tables" / SOURCES[cloud]
    text = "".join(file.read_text() for file in sorted(folder.glob("*.py")))
    ruled = {
        name
        for name, row in vars(rows).items()
        if isinstance(row, Limit) and not (isinstance(row, Quota) and row.raised)
    }
    imported = " ".join(re.findall(r"^from nodeyard\.clouds\.\w+\.limits import (.+)$", text, re.MULTILINE))
    read = {*re.findall(r"\w+", imported), *re.findall(r"\blimits\.([A-Z]\w+)", text)}  # ruff finds unused ones
    assert ruled - read == set(NOBODY_REFUSES[cloud])


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
