"""The id of everything that a stack makes is found, or it is said why none is needed."""

import re
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from moto import mock_aws

from nodeyard.clouds.contract.platform import CloudName
from ops.errors import Unreachable
from ops.recover.ids import Computed, LookedUp, NotTaken, Unknown, aws_look_ups, row_of
from ops.recover.ids.rows import word
from ops.recover.pending import Pending
from sandbox.endpoints import server, services
from sandbox.simulation import class_of
from sandbox.simulation.schema import shape_of
from sandbox.simulation.world import Object, World

REGION = "us-east-2"
ACCOUNT = "123456789012"
PACKAGES = {"aws": CloudName.AWS, "azure-native": CloudName.AZURE, "gcp": CloudName.GCP}
TYPES = [type_ for package in (*PACKAGES, "random", "tls") for type_ in sorted(class_of(package).resources)]
"""All that the sandbox has a stand-in for, which is all that any stack makes."""
ARNS = {"aws:kms": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}", "aws:rds": f"arn:aws:rds:{REGION}:{ACCOUNT}:group:{{}}"}
OF_PROVIDERS = {"project", "region", "zone", "subscriptionId"}


def pending(type_: str, account: str = ACCOUNT, **inputs: Any) -> Pending:
    urn = f"urn:pulumi:dev::nodeyard::{type_}::thing"
    provider = {"region": REGION, "project": "p", "subscriptionId": "s", "allowedAccountIds": f'["{account}"]'}
    return Pending("creating", {"urn": urn, "type": type_, "custom": True, "inputs": inputs}, provider)


def found(type_: str, **inputs: Any) -> list[str]:
    one = pending(type_, **inputs)
    row = row_of(one)
    assert isinstance(row, LookedUp), row
    return row.find(one, None)


@pytest.mark.parametrize("type_", TYPES)
def test_every_type_that_a_stack_makes_has_a_row(type_: str) -> None:
    row = row_of(pending(type_))

    assert row is not None
    if isinstance(row, NotTaken):
        assert len(row.why.split()) > 5


@pytest.mark.parametrize("type_", TYPES)
def test_an_id_is_made_of_inputs_that_the_type_has(type_: str) -> None:
    row, shape = row_of(pending(type_)), shape_of(type_)
    assert shape is not None
    if isinstance(row, Computed):
        named = {path.partition(".")[0] for path in re.findall(r"\{([\w.]+)\}", row.template + row.ending)}
        assert named
        assert named <= shape.fields.keys() | OF_PROVIDERS


@pytest.mark.parametrize(
    ("type_", "inputs", "id_"),
    [
        ("kubernetes:core/v1:Namespace", {"metadata": {"name": "metis"}}, "metis"),
        ("kubernetes:core/v1:Service", {"metadata": {"name": "themis", "namespace": "metis"}}, "metis/themis"),
        ("kubernetes:helm.sh/v3:Release", {"name": "metis", "namespace": "ns"}, "ns/metis"),
        ("aws:eks/nodeGroup:NodeGroup", {"clusterName": "c", "nodeGroupName": "n-1"}, "c:n-1"),
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"role": "r", "policyArn": "arn:p"}, "r/arn:p"),
        ("gcp:compute/disk:Disk", {"name": "d", "zone": "z"}, "projects/p/zones/z/disks/d"),
        ("gcp:projects/iAMMember:IAMMember", {"role": "r", "member": "m"}, "p r m"),
        (
            "gcp:projects/iAMMember:IAMMember",
            {"role": "r", "member": "m", "condition": {"title": "our nodes"}},
            "p r m our nodes",
        ),
        (
            "azure-native:compute:Disk",
            {"resourceGroupName": "g", "diskName": "d"},
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d",
        ),
    ],
)
def test_an_id_of_names_is_as_its_import_takes_it(type_: str, inputs: dict[str, Any], id_: str) -> None:
    one = pending(type_, **inputs)
    row = row_of(one)

    assert isinstance(row, Computed)
    assert row.id_of(one) == id_


def test_a_word_of_an_id_is_a_whole_number_and_never_empty() -> None:
    one = pending("aws:ec2/vpc:Vpc", port=443.0, name="")
    assert word("port", one) == "443"
    assert word("region", one) == REGION, "of its provider"
    for missing in ("name", "port.number", "nothing"):
        with pytest.raises(Unknown, match=missing):
            word(missing, one)


def test_a_component_of_whichever_package_is_in_the_state_alone() -> None:
    urn = "urn:pulumi:dev::nodeyard::eks:index:Cluster::platform"
    row = row_of(Pending("creating", {"urn": urn, "type": "eks:index:Cluster", "custom": False}, {}))
    assert isinstance(row, NotTaken)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        aws_look_ups._client.cache_clear()
        yield lambda service: boto3.client(service, region_name=REGION)
    aws_look_ups._client.cache_clear()


def tags(name: str, kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


def test_what_ec2_gives_an_id_is_found_by_its_name(aws: Any) -> None:
    ec2 = aws("ec2")
    volumes = [
        ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1, TagSpecifications=tags(name, "volume"))["VolumeId"]
        for name in ("themis", "l2geth", "l2geth")
    ]
    ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("themis", "vpc"))

    assert found("aws:ebs/volume:Volume", tags={"Name": "themis"}) == volumes[:1]
    assert sorted(found("aws:ebs/volume:Volume", tags={"Name": "l2geth"})) == sorted(volumes[1:])
    assert found("aws:ebs/volume:Volume", tags={"Name": "l1dtl"}) == []


def test_a_rule_of_a_security_group_is_found_by_what_it_says(aws: Any) -> None:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    open_ = [
        {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        for port in (80, 443)
    ]
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=open_)["SecurityGroupRules"]
    rule = {"securityGroupId": group, "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "0.0.0.0/0"}

    ids = found("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", **rule)

    assert ids == [each["SecurityGroupRuleId"] for each in made if each["FromPort"] == 443]
    assert found("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", **rule) == []
    everything = {"securityGroupId": group, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}
    assert len(found("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", **everything)) == 1


def test_a_launch_template_is_found_by_its_name(aws: Any) -> None:
    made = aws("ec2").create_launch_template(LaunchTemplateName="pool", LaunchTemplateData={})["LaunchTemplate"]

    assert found("aws:ec2/launchTemplate:LaunchTemplate", name="pool") == [made["LaunchTemplateId"]]
    assert found("aws:ec2/launchTemplate:LaunchTemplate", name="other") == []


def test_a_key_is_found_by_all_its_tags(aws: Any) -> None:
    def key(**given: str) -> str:
        tags = [{"TagKey": name, "TagValue": value} for name, value in given.items()]
        return str(aws("kms").create_key(Tags=tags)["KeyMetadata"]["KeyId"])

    key(Name="platform", team="a")
    first, second = key(Name="logs", team="a"), key(Name="logs", team="b")

    assert sorted(found("aws:kms/key:Key", tags={"Name": "logs"})) == sorted([first, second])
    assert found("aws:kms/key:Key", tags={"Name": "logs", "team": "b"}) == [second]


def test_a_secret_is_found_by_its_name(aws: Any) -> None:
    made = aws("secretsmanager").create_secret(Name="metis/seq-priv")["ARN"]

    assert found("aws:secretsmanager/secret:Secret", name="metis/seq-priv") == [made]
    assert found("aws:secretsmanager/secret:Secret", name="metis/other") == []


def test_credentials_of_another_account_see_nothing_and_are_refused(aws: Any) -> None:
    one = pending("aws:ebs/volume:Volume", account="999999999999", tags={"Name": "themis"})
    row = row_of(one)

    assert isinstance(row, LookedUp)
    with pytest.raises(Unreachable, match="999999999999"):
        row.find(one, None)


def test_the_sandbox_answers_what_is_asked_of_it(tmp_path: Path) -> None:
    """By AWS' own client, and also what moto has no model of."""
    world = World(tmp_path / "world.sqlite")
    rule = {"securityGroupId": "sg-1", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "10.0.0.0/8"}
    claim = {"clusterName": "platform", "namespace": "metis", "serviceAccount": "themis"}
    policy = {"policyDetails": {"targetTags": {"nodeyard.io/snapshots": "metis"}}}
    tagged = {"tags": {"Name": "metis"}}
    made = {
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ("sgr-1", rule, "sgr-1"),
        "aws:eks/podIdentityAssociation:PodIdentityAssociation": ("a-1", claim, "platform,a-1"),
        "aws:dlm/lifecyclePolicy:LifecyclePolicy": ("policy-1", policy, "policy-1"),
        "aws:ebs/volume:Volume": ("vol-1", tagged, "vol-1"),
        "aws:kms/key:Key": ("key-1", tagged, "key-1"),
        "aws:rds/subnetGroup:SubnetGroup": ("metis-subnets-0a1b2c3", tagged, "metis-subnets-0a1b2c3"),
        "aws:rds/parameterGroup:ParameterGroup": ("metis-parameters-0a1b2c3", tagged, "metis-parameters-0a1b2c3"),
        "aws:ec2/launchTemplate:LaunchTemplate": ("lt-1", {"name": "metis"}, "lt-1"),
    }
    for type_, (id_, inputs, _) in made.items():
        arn = {"arn": ARNS.get(type_.partition("/")[0], "{}").format(id_)}
        world.put(Object(type_, REGION, id_, inputs.get("name"), inputs, {**inputs, **arn}), [id_], [])
    serving = server.Server(tmp_path)
    Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    endpoints = {name: f"{serving.url}/{name}" for name in services()}
    aws_look_ups._client.cache_clear()
    try:
        for type_, (_, inputs, expected) in made.items():
            one = pending(type_, **inputs)
            row = row_of(one)
            assert isinstance(row, LookedUp)
            assert row.find(one, endpoints) == [expected]
    finally:
        serving.shutdown()
        serving.server_close()
