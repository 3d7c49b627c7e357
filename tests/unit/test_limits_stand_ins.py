"""The stand-ins refuse by the same rows of limits as the preview, and whatever they do not read has its reason."""

import base64
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from nodeyard.clouds.aws import limits as aws
from nodeyard.clouds.azure import limits as azure
from nodeyard.clouds.contract.limit import Limit, Quota
from nodeyard.clouds.gcp import limits as gcp
from sandbox.simulation import cloud_of
from sandbox.simulation.cloud import Cloud
from sandbox.simulation.resource import CloudError
from sandbox.simulation.tables.aws.eks import refuse_node_group
from sandbox.simulation.tables.gcp import iam
from tests.unit.test_limits import PAGE, TOPIC, many

VPC, CLUSTER = "aws:ec2/vpc:Vpc", "aws:eks/cluster:Cluster"
VOLUME, ALARM = "aws:ebs/volume:Volume", "aws:cloudwatch/metricAlarm:MetricAlarm"
BUCKET = "aws:s3/bucket:Bucket"
LIFECYCLE_POLICY = "aws:dlm/lifecyclePolicy:LifecyclePolicy"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
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
    (
        "aws",
        LIFECYCLE,
        {"bucket": "mine", "rules": [{"id": "r", "noncurrentVersionExpiration": {"noncurrentDays": 0}}]},
        "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
    ),
    (
        "aws",
        LIFECYCLE_POLICY,
        {"policyDetails": {"schedules": [{"retainRule": {"count": 1001}}]}},
        "1 to 1000 snapshots",
    ),
    ("aws", "aws:cloudwatch/logGroup:LogGroup", {"name": "l", "retentionInDays": 100}, "one of 1, 3, 5"),
]


SUBSCRIPTION = "12345678-0000-0000-0000-000000000000"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers"
SUBNET_ID = f"{GROUP}/Microsoft.Network/virtualNetworks/n/subnets/{{}}"
MACHINE, AKS = "azure-native:compute:VirtualMachine", "azure-native:containerservice:ManagedCluster"
DISK, WORKSPACE = "azure-native:compute:Disk", "azure-native:operationalinsights:Workspace"
ACCOUNT, BLOB_SERVICE = "azure-native:storage:StorageAccount", "azure-native:storage:BlobServiceProperties"
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
    (
        BLOB_SERVICE,
        {"accountName": "a1b", "blobServicesName": "default", "deleteRetentionPolicy": {"enabled": True, "days": 366}},
        "1 to 365 days",
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
    (
        "gcp:storage/bucket:Bucket",
        {"name": "b-1", "location": "us-central1", "softDeletePolicy": {"retentionDurationSeconds": 6 * 24 * 3600}},
        "0 or 7 to 90 days",
    ),
]


@pytest.fixture
def stand_ins(tmp_path: Path) -> dict[str, Cloud]:
    gcp = cloud_of("gcp", tmp_path, {"project": "nodeyard-theta", "region": "us-central1"})
    for service in ("compute", "container", "iam", "logging", "storage"):
        given = {"service": f"{service}.googleapis.com"}
        gcp.create("gcp:projects/service:Service", "it", given, preview=False)
    gcp.create("gcp:compute/network:Network", "it", {"name": "n"}, preview=False)
    aws = cloud_of("aws", tmp_path, {"region": "us-east-2"})
    aws.create(BUCKET, "it", {"bucket": "mine"}, preview=False)
    return {"aws": aws, "gcp": gcp, "azure": azure_stand_in(tmp_path)}


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
        (ACCOUNT, {**group, "accountName": "a1b", "kind": "StorageV2", "sku": {"name": "Standard_ZRS"}}),
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
        "DATABASE_STEP": "RDS refuses nothing: it makes a smaller step larger, and so does the table",
        "OWN_ADDRESSES": "asked of the address that a user gives",
        "INGRESS_CERTIFICATE": "the cluster's controller says so, of an Ingress: no cloud is asked",
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
        "INGRESS": "no platform has the add-on",
        "DATABASE_TYPES": "Azure makes burstable ones too: what we leave out is our choice",
        "DATABASE_CONNECTIONS": "no number of connections is sent: each size has its own",
        "PRIVATE_ADDRESS": "asked of the address that a user gives",
        "SNAPSHOT_HOURS": "Azure says so of a disk on the schedule: the table reads no policy's rules there",
        "SNAPSHOT_COUNT": "the same",
        "TAG_VALUE": "our names are cut before they become a tag; what a user gives is asked before",
    },
    "Google Cloud": {
        "DISK_TYPES": "the cloud has more types: ours is the choice",
        "DISK_IOPS": "a pd-ssd has what its size gives: nothing is sent that could be refused",
        "DISK_MIBPS": "a pd-ssd has what its size gives: nothing is sent that could be refused",
        "CONFIDENTIAL": "the table has Google's whole list, by technology, of which the row is our part",
        "DATABASE_TYPE": "read by `database_type_problem`, which the table asks",
        "INGRESS_CALLERS": "nothing could be sent",
        "INTERNAL_INGRESS": "GKE's controller says so, of an Ingress: the API is not asked",
        "DATABASE_SIZE": "read by `database_type_problem`, which the table asks",
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
