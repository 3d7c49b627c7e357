"""The stand-in for AWS refuses what AWS refuses, with AWS's own codes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.simulation import cloud_of
from sandbox.simulation.cloud import Answer, Cloud
from sandbox.simulation.resource import CloudError
from sandbox.simulation.values import UNKNOWN

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]})
VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
GROUP, ROLE = "aws:ec2/securityGroup:SecurityGroup", "aws:iam/role:Role"
CLUSTER, NODES = "aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup"
SECRET, VERSION = "aws:secretsmanager/secret:Secret", "aws:secretsmanager/secretVersion:SecretVersion"
VOLUME = "aws:ebs/volume:Volume"
TEMPLATE, MACHINES = "aws:ec2/launchTemplate:LaunchTemplate", "aws:autoscaling/group:Group"


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return cloud_of("aws", tmp_path, {"region": "eu-central-1"})


def made(cloud: Cloud, token: str, **inputs: Any) -> Answer:
    checked = cloud.check(token, "it", {}, inputs, b"seed")
    assert checked.problems == []
    return cloud.create(token, "it", {**inputs, **checked.added}, preview=False)


def network(cloud: Cloud) -> tuple[str, str]:
    vpc = made(cloud, VPC, cidrBlock="10.0.0.0/16").id
    return vpc, made(cloud, SUBNET, vpcId=vpc, cidrBlock="10.0.0.0/24", availabilityZone="eu-central-1a").id


def cluster(cloud: Cloud) -> str:
    _, subnet = network(cloud)
    role = made(cloud, ROLE, assumeRolePolicy=TRUST).outputs["arn"]
    return made(cloud, CLUSTER, name="c", roleArn=role, vpcConfig={"subnetIds": [subnet]}).id


@pytest.mark.parametrize(
    ("token", "inputs", "code"),
    [
        (SUBNET, {"vpcId": "vpc-0123456789abcdef0", "cidrBlock": "10.0.0.0/24"}, "InvalidVpcID.NotFound"),
        ("aws:ec2/natGateway:NatGateway", {"subnetId": "subnet-0123456789abcdef0"}, "InvalidSubnetID.NotFound"),
        (
            "aws:ec2/natGateway:NatGateway",
            {"allocationId": "eipalloc-0123456789abcdef0"},
            "InvalidAllocationID.NotFound",
        ),
        ("aws:ec2/launchTemplate:LaunchTemplate", {"vpcSecurityGroupIds": ["sg-01234567"]}, "InvalidGroup.NotFound"),
        ("aws:ec2/launchTemplate:LaunchTemplate", {"iamInstanceProfile": {"name": "p"}}, "InvalidParameterValue"),
        ("aws:ebs/snapshot:Snapshot", {"volumeId": "vol-0123456789abcdef0"}, "InvalidVolume.NotFound"),
        (
            "aws:ec2/route:Route",
            {"routeTableId": "rtb-01234567", "gatewayId": "igw-01234567"},
            "InvalidRouteTableID.NotFound",
        ),
        ("aws:eks/addon:Addon", {"clusterName": "nowhere", "addonName": "coredns"}, "ResourceNotFoundException"),
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"role": "nobody", "policyArn": "x"}, "NoSuchEntity"),
        ("aws:kms/alias:Alias", {"name": "alias/a", "targetKeyId": "no-key"}, "NotFoundException"),
        (VERSION, {"secretId": "no-secret", "secretString": "x"}, "ResourceNotFoundException"),
        (
            VOLUME,
            {"availabilityZone": "eu-central-1a", "size": 1, "kmsKeyId": "arn:aws:kms:eu-central-1:123456789012:key/k"},
            "NotFoundException",
        ),
        (
            "aws:dlm/lifecyclePolicy:LifecyclePolicy",
            {"description": "d", "executionRoleArn": "arn:aws:iam::123456789012:role/r", "policyDetails": {}},
            "NoSuchEntity",
        ),
    ],
)
def test_a_reference_to_nothing_is_refused_with_its_code(cloud: Cloud, token: str, inputs: dict, code: str) -> None:
    with pytest.raises(CloudError) as refusal:
        made(cloud, token, **inputs)
    assert refusal.value.code == code


def test_a_managed_policy_must_be_one_of_aws(cloud: Cloud) -> None:
    made(cloud, ROLE, name="r", assumeRolePolicy=TRUST)
    attachment = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    made(cloud, attachment, role="r", policyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")
    with pytest.raises(CloudError, match="NoSuchEntity"):
        made(cloud, attachment, role="r", policyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicies")


def test_what_a_vpc_brings_along_can_be_referred_to(cloud: Cloud) -> None:
    vpc = made(cloud, VPC, cidrBlock="10.0.0.0/16").outputs
    made(cloud, "aws:ec2/launchTemplate:LaunchTemplate", vpcSecurityGroupIds=[vpc["defaultSecurityGroupId"]])


def test_text_of_policies_and_tags_is_no_reference(cloud: Cloud) -> None:
    statement = [{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:iam::123456789012:role/other"}]
    policy = {"Version": "2012-10-17", "Statement": statement}
    made(cloud, ROLE, assumeRolePolicy=policy, tags={"was": "vpc-0123456789abcdef0"})


def test_the_principal_of_an_access_entry_may_be_of_another_account(cloud: Cloud) -> None:
    cluster(cloud)
    principal = "arn:aws:iam::999999999999:role/team"
    made(cloud, "aws:eks/accessEntry:AccessEntry", clusterName="c", principalArn=principal)
    with pytest.raises(CloudError, match="ResourceInUseException"):
        made(cloud, "aws:eks/accessEntry:AccessEntry", clusterName="c", principalArn=principal)


def test_an_access_policy_needs_an_access_entry(cloud: Cloud) -> None:
    cluster(cloud)
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    inputs = {"clusterName": "c", "principalArn": "arn:aws:iam::9:role/r", "policyArn": policy}
    with pytest.raises(CloudError, match="ResourceNotFoundException"):
        made(
            cloud, "aws:eks/accessPolicyAssociation:AccessPolicyAssociation", **inputs, accessScope={"type": "cluster"}
        )


@pytest.mark.parametrize(
    ("token", "inputs", "code"),
    [
        (ROLE, {"name": "r", "assumeRolePolicy": TRUST}, "EntityAlreadyExists"),
        (SECRET, {"name": "s"}, "ResourceExistsException"),
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "l"}, "ResourceAlreadyExistsException"),
        ("aws:ssm/parameter:Parameter", {"name": "p", "type": "String", "value": "v"}, "ParameterAlreadyExists"),
        ("aws:ec2/launchTemplate:LaunchTemplate", {"name": "l"}, "InvalidLaunchTemplateName.AlreadyExistsException"),
        ("aws:ec2/internetGateway:InternetGateway", {"vpcId": "vpc-1"}, "Resource.AlreadyAssociated"),
    ],
)
def test_a_name_is_taken_once(cloud: Cloud, token: str, inputs: dict, code: str) -> None:
    made(cloud, token, **inputs)
    with pytest.raises(CloudError) as refusal:
        made(cloud, token, **inputs)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("token", "inputs", "change"),
    [
        (
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            {
                "name": "a",
                "comparisonOperator": "LessThanThreshold",
                "evaluationPeriods": 1,
                "metricName": "m",
                "period": 60,
            },
            {"evaluationPeriods": 2},
        ),
        ("aws:s3/bucketVersioning:BucketVersioning", {"bucket": "b"}, {}),
        ("aws:ec2/tag:Tag", {"resourceId": "vpc-1", "key": "k", "value": "v"}, {"value": "w"}),
    ],
)
def test_what_is_put_is_there_once_as_it_was_put_last(cloud: Cloud, token: str, inputs: dict, change: dict) -> None:
    entry = cloud.resources[token]
    anywhere = replace(entry, uses=lambda instance: (), external=("resourceId",))
    cloud.resources = {**cloud.resources, token: anywhere}
    first = cloud.create(token, "it", inputs, preview=False)
    second = cloud.create(token, "it", {**inputs, **change}, preview=False)
    assert second.id == first.id
    [there] = cloud.world.find(token)
    assert there.inputs == {**inputs, **change}


def test_a_security_groups_name_is_its_vpcs_own(cloud: Cloud) -> None:
    first, second = (made(cloud, VPC, cidrBlock="10.0.0.0/16").id for _ in range(2))
    made(cloud, GROUP, name="g", vpcId=first)
    made(cloud, GROUP, name="g", vpcId=second)
    with pytest.raises(CloudError, match=r"InvalidGroup\.Duplicate"):
        made(cloud, GROUP, name="g", vpcId=first)


def test_what_is_still_used_is_not_deleted(cloud: Cloud) -> None:
    cluster_id = cluster(cloud)
    vpc, subnet = (cloud.world.find(token)[0].id for token in (VPC, SUBNET))
    role = cloud.world.find(ROLE)[0]
    template = made(cloud, "aws:ec2/launchTemplate:LaunchTemplate")
    made(
        cloud,
        NODES,
        clusterName="c",
        nodeRoleArn=role.properties["arn"],
        subnetIds=[subnet],
        scalingConfig={"minSize": 1, "maxSize": 1, "desiredSize": 1},
        launchTemplate={"id": template.id, "version": "1"},
    )
    for token, id_, code in (
        (VPC, vpc, "DependencyViolation"),
        (SUBNET, subnet, "DependencyViolation"),
        (CLUSTER, cluster_id, "ResourceInUseException"),
        ("aws:ec2/launchTemplate:LaunchTemplate", template.id, "DependencyViolation"),
    ):
        with pytest.raises(CloudError) as refusal:
            cloud.delete(token, id_, {})
        assert refusal.value.code == code, token


def test_a_role_is_held_by_its_policies_and_profiles_and_not_by_who_uses_it(cloud: Cloud) -> None:
    cluster(cloud)
    [role] = cloud.world.find(ROLE)
    policy = made(cloud, "aws:iam/rolePolicy:RolePolicy", role=role.name, policy=TRUST).id
    with pytest.raises(CloudError, match="DeleteConflict"):
        cloud.delete(ROLE, role.id, {})
    cloud.delete("aws:iam/rolePolicy:RolePolicy", policy, {})
    cloud.delete(ROLE, role.id, {})


def test_an_address_and_the_way_out_stay_while_a_nat_gateway_uses_them(cloud: Cloud) -> None:
    vpc, subnet = network(cloud)
    gateway = made(cloud, "aws:ec2/internetGateway:InternetGateway", vpcId=vpc).id
    address = made(cloud, "aws:ec2/eip:Eip", domain="vpc").id
    nat = made(cloud, "aws:ec2/natGateway:NatGateway", subnetId=subnet, allocationId=address).id
    with pytest.raises(CloudError, match=r"InvalidIPAddress\.InUse"):
        cloud.delete("aws:ec2/eip:Eip", address, {})
    with pytest.raises(CloudError, match=r"DependencyViolation: Network .* has some mapped public address"):
        cloud.delete("aws:ec2/internetGateway:InternetGateway", gateway, {})
    cloud.delete("aws:ec2/natGateway:NatGateway", nat, {})
    cloud.delete("aws:ec2/internetGateway:InternetGateway", gateway, {})
    cloud.delete("aws:ec2/eip:Eip", address, {})


def test_everything_goes_in_the_right_order(cloud: Cloud) -> None:
    cluster(cloud)
    for token in (CLUSTER, SUBNET, VPC, ROLE):
        cloud.delete(token, cloud.world.find(token)[0].id, {})
    assert cloud.world.all() == []


def test_a_protected_cluster_is_not_deleted(cloud: Cloud) -> None:
    id_ = cluster(cloud)
    inputs = {**cloud.world.find(CLUSTER)[0].inputs, "deletionProtection": True}
    cloud.update(CLUSTER, id_, {}, inputs, preview=False)
    with pytest.raises(CloudError, match="deletionProtection"):
        cloud.delete(CLUSTER, id_, {})


def test_a_subnet_lies_inside_its_vpc_and_beside_the_others(cloud: Cloud) -> None:
    vpc, _ = network(cloud)
    for block, code in (("10.1.0.0/24", "InvalidSubnet.Range"), ("10.0.0.128/25", "InvalidSubnet.Conflict")):
        with pytest.raises(CloudError) as refusal:
            made(cloud, SUBNET, vpcId=vpc, cidrBlock=block)
        assert refusal.value.code == code


def test_a_volume_grows_and_does_not_shrink(cloud: Cloud) -> None:
    inputs = {"availabilityZone": "eu-central-1a", "size": 100, "type": "gp3"}
    volume = made(cloud, VOLUME, **inputs)
    assert cloud.update(VOLUME, volume.id, {}, {**inputs, "size": 200}, preview=False).outputs["size"] == 200
    with pytest.raises(CloudError, match="InvalidParameterValue"):
        cloud.update(VOLUME, volume.id, {}, inputs, preview=False)


def test_a_volume_may_start_from_anothers_public_snapshot(cloud: Cloud) -> None:
    made(cloud, VOLUME, availabilityZone="eu-central-1a", snapshotId="snap-0123456789abcdef0")


def test_a_secret_without_a_value_gets_a_labelled_canary_that_is_in_no_state(cloud: Cloud) -> None:
    secret = made(cloud, SECRET, name="key")
    [canary] = cloud.world.find(VERSION, scope=secret.id)
    assert canary.properties["secretString"] == "sandbox canary for key"
    assert "canary" not in json.dumps(secret.outputs)


def test_an_operators_value_makes_way_for_the_programs(cloud: Cloud) -> None:
    secret = made(cloud, SECRET, name="key")
    made(cloud, VERSION, secretId=secret.id, secretString="ours")
    assert [v.properties["secretString"] for v in cloud.world.find(VERSION)] == ["ours"]


def test_secrets_stay_empty_when_asked(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_EMPTY_SECRETS", "1")
    made(cloud, SECRET, name="key")
    assert cloud.world.find(VERSION) == []


def test_a_deleted_secret_keeps_its_name_while_it_can_be_restored(cloud: Cloud) -> None:
    kept, gone = made(cloud, SECRET, name="kept"), made(cloud, SECRET, name="gone", recoveryWindowInDays=0)
    for secret in (kept, gone):
        cloud.delete(SECRET, secret.id, {})
    made(cloud, SECRET, name="gone", recoveryWindowInDays=0)
    with pytest.raises(CloudError, match="InvalidRequestException"):
        made(cloud, SECRET, name="kept")


def test_a_taint_effect_has_eks_spelling(cloud: Cloud) -> None:
    inputs = {"taints": [{"key": "k", "effect": "NoSchedule"}]}
    reasons = dict(cloud.check(NODES, "it", {}, inputs, b"").problems)
    assert reasons["taints[0].effect"].startswith("expected one of NO_SCHEDULE")


def test_a_node_image_is_called_as_eks_calls_it(cloud: Cloud) -> None:
    reasons = dict(cloud.check(NODES, "it", {}, {"amiType": "BOTTLEROCKET_x86_64_GPU"}, b"").problems)
    assert "BOTTLEROCKET_x86_64_NVIDIA" in reasons["amiType"]


@pytest.mark.parametrize(
    ("type_", "image", "fits"),
    [
        ("c7g.4xlarge", "BOTTLEROCKET_x86_64", False),
        ("im4gn.large", "AL2023_x86_64_STANDARD", False),
        ("a1.large", "AL2023_x86_64_STANDARD", False),
        ("c5.4xlarge", "BOTTLEROCKET_ARM_64", False),
        ("g4dn.xlarge", "BOTTLEROCKET_x86_64_NVIDIA", True),
        ("m6gd.large", "BOTTLEROCKET_ARM_64", True),
        ("c7g.large", "CUSTOM", True),
    ],
)
def test_a_node_groups_image_runs_on_its_instance_type(cloud: Cloud, type_: str, image: str, fits: bool) -> None:
    cluster(cloud)
    role = cloud.world.find(ROLE)[0].properties["arn"]
    template = made(cloud, TEMPLATE, instanceType=type_).id
    group = {"clusterName": "c", "nodeRoleArn": role, "subnetIds": [], "amiType": image}
    group |= {"scalingConfig": {"minSize": 1, "maxSize": 1, "desiredSize": 1}}
    for given in ({"instanceTypes": [type_]}, {"launchTemplate": {"id": template, "version": "1"}}):
        if fits:
            made(cloud, NODES, nodeGroupName=f"n-{next(iter(given))}", **group, **given)
        else:
            with pytest.raises(CloudError) as refusal:
                made(cloud, NODES, **group, **given)
            assert str(refusal.value) == (
                f"InvalidParameterException: [{type_}] is not a valid instance type for requested amiType {image}"
            )


def test_a_cluster_has_a_version_that_eks_has_and_goes_up_by_one_at_a_time(cloud: Cloud) -> None:
    id_ = cluster(cloud)
    known = cloud.world.find(CLUSTER)[0].inputs
    with pytest.raises(CloudError, match="unsupported Kubernetes version"):
        cloud.update(CLUSTER, id_, {}, {**known, "version": "1.21"}, preview=False)
    with pytest.raises(CloudError, match="Unsupported Kubernetes minor version update"):
        cloud.update(CLUSTER, id_, {}, {**known, "version": "1.34"}, preview=False)


def test_a_node_group_takes_no_amazon_linux_of_another_kubernetes(cloud: Cloud) -> None:
    cluster(cloud)
    role = cloud.world.find(ROLE)[0].properties["arn"]
    group = {"clusterName": "c", "nodeRoleArn": role, "subnetIds": [], "amiType": "AL2023_x86_64_STANDARD"}
    group |= {"scalingConfig": {"minSize": 1, "maxSize": 1, "desiredSize": 1}, "version": "1.36"}
    with pytest.raises(CloudError, match="is not valid for kubernetes version"):
        made(cloud, NODES, **group, releaseVersion="1.35.4-20260901")
    made(cloud, NODES, **group, releaseVersion="1.36.2-20260901")


def test_an_add_ons_version_is_that_of_the_kubernetes_that_was_asked_for(cloud: Cloud) -> None:
    def answer(kubernetes: str, name: str = "kube-proxy") -> str:
        asked = {"addonName": name, "kubernetesVersion": kubernetes}
        return str(cloud.invoke("aws:eks/getAddonVersion:getAddonVersion", asked)["version"])

    assert answer("1.36") == "v1.36.0-eksbuild.1"
    assert answer("1.36", "coredns") != answer("1.35", "coredns")
    for kubernetes, name in (("1.21", "kube-proxy"), ("1.36", "kube-proxi")):
        with pytest.raises(CloudError, match="empty result"):
            answer(kubernetes, name)


def test_a_machines_image_runs_on_its_instance_type(cloud: Cloud) -> None:
    public = {"name": "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"}
    image = cloud.invoke("aws:ssm/getParameter:getParameter", public)["value"]
    assert cloud.invoke("aws:ssm/getParameter:getParameter", public)["value"] == image
    sizes = {"minSize": 1, "maxSize": 1, "availabilityZones": ["eu-central-1a"]}
    arm = made(cloud, TEMPLATE, name="arm", imageId=image, instanceType="c7g.large").id
    with pytest.raises(CloudError, match=r"ValidationError: .*'arm64' of the specified instance type does not match"):
        made(cloud, MACHINES, **sizes, launchTemplate={"id": arm})
    x86 = made(cloud, TEMPLATE, name="x86", imageId=image, instanceType="c5.large").id
    made(cloud, MACHINES, **sizes, launchTemplate={"id": x86})


def test_a_type_without_an_entry_fails_with_where_it_belongs(cloud: Cloud) -> None:
    [(_, reason)] = cloud.check("aws:sqs/queue:Queue", "it", {}, {}, b"").problems
    assert reason == "the sandbox has no stand-in for aws:sqs/queue:Queue; add it to sandbox/simulation/tables/aws"


def test_what_the_cloud_computes_stays_through_an_update(cloud: Cloud) -> None:
    address = made(cloud, "aws:ec2/eip:Eip", domain="vpc")
    again = cloud.update("aws:ec2/eip:Eip", address.id, {}, {"domain": "vpc", "tags": {"a": "b"}}, preview=False)
    assert again.outputs["publicIp"] == address.outputs["publicIp"]


def test_a_preview_knows_that_a_change_makes_a_new_version_though_the_change_is_not_known(cloud: Cloud) -> None:
    template = made(cloud, TEMPLATE, imageId="ami-1", instanceType="c5.large")
    inputs = {**template.inputs, "vpcSecurityGroupIds": [UNKNOWN]}
    foreseen = cloud.update(TEMPLATE, template.id, template.outputs, inputs, preview=True).outputs
    assert (foreseen["latestVersion"], foreseen["name"]) == (2, template.outputs["name"])


def test_a_preview_knows_no_output_that_comes_of_what_it_does_not_know(cloud: Cloud) -> None:
    _, subnet = network(cloud)
    address = made(cloud, "aws:ec2/eip:Eip", domain="vpc").id
    nat = made(cloud, "aws:ec2/natGateway:NatGateway", subnetId=subnet, allocationId=address)
    inputs = {**nat.inputs, "allocationId": UNKNOWN}
    foreseen = cloud.update("aws:ec2/natGateway:NatGateway", nat.id, nat.outputs, inputs, preview=True).outputs
    assert foreseen["publicIp"] == UNKNOWN
    assert (foreseen["id"], foreseen["privateIp"]) == (nat.id, nat.outputs["privateIp"])


def test_a_name_that_pulumi_cannot_make_up_is_refused(cloud: Cloud) -> None:
    """As by the provider: it cuts no name, and an IAM role's has 64 characters."""
    for length, found in ((56, []), (57, ["name"])):
        checked = cloud.check("aws:iam/role:Role", "r" * length, {}, {"assumeRolePolicy": "{}"}, b"seed")
        assert [path for path, _ in checked.problems] == found


BALANCER, TARGETS = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/targetGroup:TargetGroup"
LISTENER, EIP = "aws:lb/listener:Listener", "aws:ec2/eip:Eip"


def balancer(cloud: Cloud, subnet: str, name: str = "b", **mapping: str) -> Answer:
    mapped = [{"subnetId": subnet, **mapping}]
    return made(cloud, BALANCER, name=name, loadBalancerType="network", internal=not mapping, subnetMappings=mapped)


def test_a_balancer_holds_its_address_which_no_other_takes(cloud: Cloud) -> None:
    _, subnet = network(cloud)
    address = made(cloud, EIP, domain="vpc").id
    first = balancer(cloud, subnet, allocationId=address)
    assert first.outputs["dnsName"].endswith(".elb.eu-central-1.amazonaws.com")
    with pytest.raises(CloudError, match="ResourceInUse"):
        balancer(cloud, subnet, "c", allocationId=address)
    with pytest.raises(CloudError, match=r"InvalidIPAddress\.InUse"):
        cloud.delete(EIP, address, {})
    with pytest.raises(CloudError, match="DuplicateLoadBalancerName"):
        balancer(cloud, subnet)
    cloud.delete(BALANCER, first.id, {})
    cloud.delete(EIP, address, {})


def test_a_balancer_takes_no_address_of_the_other_kind_and_one_subnet_of_a_zone(cloud: Cloud) -> None:
    vpc, subnet = network(cloud)
    beside = made(cloud, SUBNET, vpcId=vpc, cidrBlock="10.0.1.0/24", availabilityZone="eu-central-1a").id
    address = made(cloud, EIP, domain="vpc").id
    mappings: dict[str, list[dict[str, str]]] = {
        "two subnets of one zone": [{"subnetId": subnet}, {"subnetId": beside}],
        "takes no elastic IP": [{"subnetId": subnet, "allocationId": address}],
    }
    for words, mapped in mappings.items():
        with pytest.raises(CloudError, match=f"InvalidConfigurationRequest: .*{words}"):
            made(cloud, BALANCER, name="b", loadBalancerType="network", internal=True, subnetMappings=mapped)
    with pytest.raises(CloudError, match="Only an internal load balancer"):
        made(
            cloud,
            BALANCER,
            name="b",
            loadBalancerType="network",
            internal=False,
            subnetMappings=[{"subnetId": subnet, "privateIpv4Address": "10.0.0.9"}],
        )


def test_a_target_group_stays_while_a_listener_sends_to_it(cloud: Cloud) -> None:
    vpc, subnet = network(cloud)
    targets = made(cloud, TARGETS, name="t", port=9000, protocol="TCP", targetType="ip", vpcId=vpc)
    sends = [{"type": "forward", "targetGroupArn": targets.outputs["arn"]}]
    of = {"loadBalancerArn": balancer(cloud, subnet).id, "protocol": "TCP", "port": 9000, "defaultActions": sends}
    listener = made(cloud, LISTENER, **of)
    assert ":listener/net/b/" in listener.id
    with pytest.raises(CloudError, match="DuplicateListener"):
        made(cloud, LISTENER, **of)
    with pytest.raises(CloudError, match="ResourceInUse"):
        cloud.delete(TARGETS, targets.id, {})
    cloud.delete(LISTENER, listener.id, {})
    cloud.delete(TARGETS, targets.id, {})
    with pytest.raises(CloudError, match="TargetGroupNotFound"):
        made(cloud, LISTENER, **of)


SERVER, SUBNETS, PARAMETERS = (
    f"aws:rds/{name}" for name in ("instance:Instance", "subnetGroup:SubnetGroup", "parameterGroup:ParameterGroup")
)


def groups(cloud: Cloud) -> dict[str, str]:
    vpc, subnet = network(cloud)
    other = made(cloud, SUBNET, vpcId=vpc, cidrBlock="10.0.1.0/24", availabilityZone="eu-central-1b").id
    with pytest.raises(CloudError, match="DBSubnetGroupDoesNotCoverEnoughAZs"):
        made(cloud, SUBNETS, name="one", subnetIds=[subnet])
    made(cloud, SUBNETS, name="two", subnetIds=[subnet, other])
    limit = {"name": "max_connections", "value": "100", "applyMethod": "pending-reboot"}
    made(cloud, PARAMETERS, name="seventeen", family="postgres17", parameters=[limit])
    return {"dbSubnetGroupName": "two", "parameterGroupName": "seventeen"}


def given(**changes: Any) -> dict[str, Any]:
    usual = {"identifier": "s", "engine": "postgres", "engineVersion": "17", "instanceClass": "db.m7g.large"}
    usual |= {"allocatedStorage": 100, "username": "u", "password": "12345678", "finalSnapshotIdentifier": "s-final"}
    return {**usual, **changes}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"instanceClass": "m7g.large"}, "InvalidParameterValue: Invalid DB Instance class"),
        ({"allocatedStorage": 10}, "InvalidParameterCombination: Invalid storage size"),
        ({"iops": 12_000}, "InvalidParameterCombination: You can't specify IOPS"),
        ({"backupRetentionPeriod": 36}, "InvalidParameterValue: Invalid backup retention period"),
        ({"engineVersion": "18"}, "DBParameterGroupFamily postgres17 can't be used"),
        ({"multiAz": True, "availabilityZone": "eu-central-1a"}, "not valid for Multi-AZ instances"),
        ({"availabilityZone": "eu-central-1c"}, "does not cover eu-central-1c"),
        ({"password": "at@sign-is-not"}, "MasterUserPassword is not a valid password"),
        ({"restoreToPointInTime": {"sourceDbInstanceIdentifier": "gone"}}, "DBInstanceNotFound"),
        ({"dbSubnetGroupName": "gone"}, "DBSubnetGroupNotFoundFault"),
        ({"parameterGroupName": "gone"}, "DBParameterGroupNotFound"),
    ],
)
def test_rds_refuses_a_server_that_cannot_be(cloud: Cloud, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(CloudError, match=words):
        made(cloud, SERVER, **given(**{**groups(cloud), **changes}))


def test_a_server_grows_by_a_tenth_and_never_shrinks_and_goes_back_to_no_older_version(cloud: Cloud) -> None:
    where = groups(cloud)
    before = made(cloud, SERVER, **given(**where))

    def changed(**changes: Any) -> Answer:
        inputs = given(**where, **changes)
        return cloud.update(SERVER, before.id, before.outputs, inputs, preview=False)

    assert changed(allocatedStorage=101).outputs["allocatedStorage"] == 110
    with pytest.raises(CloudError, match="less than the current 110"):
        changed(allocatedStorage=109)
    with pytest.raises(CloudError, match="You must specify both the storage size and IOPS"):
        changed(allocatedStorage=400)
    assert changed(allocatedStorage=400, iops=12_000).outputs["allocatedStorage"] == 400
    with pytest.raises(CloudError, match="Cannot upgrade postgres from 17 to 16"):
        changed(allocatedStorage=400, iops=12_000, engineVersion="16")
    with pytest.raises(CloudError, match="AllowMajorVersionUpgrade"):
        changed(allocatedStorage=400, iops=12_000, engineVersion="18")


def test_a_protected_server_stays_and_its_last_snapshot_is_remembered(cloud: Cloud) -> None:
    where = groups(cloud)
    server = made(cloud, SERVER, **given(**where, deletionProtection=True))
    with pytest.raises(CloudError, match="Cannot delete protected DB Instance"):
        cloud.delete(SERVER, server.id, {})
    for token, name in ((SUBNETS, "two"), (PARAMETERS, "seventeen")):
        with pytest.raises(CloudError, match="InvalidDB"):
            cloud.delete(token, name, {})
    for _ in range(2):
        cloud.update(SERVER, server.id, server.outputs, given(**where), preview=False)
    cloud.delete(SERVER, server.id, {})
    again = made(cloud, SERVER, **given(**where))
    assert again.id != server.id
    assert again.outputs["address"] == server.outputs["address"]
    with pytest.raises(CloudError, match="DBSnapshotAlreadyExists"):
        cloud.delete(SERVER, again.id, {})


def test_a_server_is_found_by_its_identifier_and_by_its_id(cloud: Cloud) -> None:
    server = made(cloud, SERVER, **given(**groups(cloud)))
    for known_as in ("s", server.id):
        found = cloud.read(SERVER, known_as, {})
        assert found is not None
        assert found.outputs["identifier"] == "s"
    asked = {"filters": [{"name": "db-instance-id", "values": ["s", "gone"]}]}
    assert cloud.invoke("aws:rds/getInstances:getInstances", asked)["instanceIdentifiers"] == ["s"]


def test_the_zone_of_a_server_stays_in_its_subnet_group(cloud: Cloud) -> None:
    where = groups(cloud)
    made(cloud, SERVER, **given(**where, availabilityZone="eu-central-1a"))
    vpc = cloud.world.find(VPC)[0].id
    third = made(cloud, SUBNET, vpcId=vpc, cidrBlock="10.0.2.0/24", availabilityZone="eu-central-1c").id
    [group] = cloud.world.find(SUBNETS)
    others = [*group.inputs["subnetIds"][1:], third]
    with pytest.raises(CloudError, match="SubnetAlreadyInUse"):
        cloud.update(SUBNETS, "two", group.properties, {"name": "two", "subnetIds": others}, preview=False)


def test_what_its_provider_imports_by_another_id_is_read_by_both(cloud: Cloud) -> None:
    vpc, subnet = network(cloud)
    table = made(cloud, "aws:ec2/routeTable:RouteTable", vpcId=vpc).id
    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    tied = made(cloud, token, subnetId=subnet, routeTableId=table).id
    by_import, by_id = (cloud.read(token, id_, {}) for id_ in (f"{subnet}/{table}", tied))
    assert by_import == by_id
    assert by_id
    assert by_id.id == tied
