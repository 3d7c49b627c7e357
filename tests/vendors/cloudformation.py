"""CloudFormation's own schemas of AWS' resources, and the rules of cfn-lint, which AWS writes too.

A stack becomes a template: a resource's inputs become the properties that CloudFormation calls them. The template is
linted for the stack's region.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cfnlint.config import ConfigMixIn
from cfnlint.decode.decode import decode_str
from cfnlint.runner import Runner
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.vendors.aws_forms import (
    attributes,
    blocked_types,
    health_check,
    in_data,
    metrics,
    of_vpc,
    pairs,
    restore,
    scheme,
)
from tests.vendors.false_alarms import false_alarm
from tests.vendors.finished import Adapt, Made, Unmapped, without


@dataclass(frozen=True)
class Resource:
    """CloudFormation's type, and what it calls what a provider calls otherwise, at whatever depth.

    A name is found by itself where it differs in capitals. `own` is what the provider keeps to itself.
    """

    type: str
    renames: Mapping[str, str] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    adapt: Adapt = dict


# --- where more than names differ ---


def _logging(inputs: dict[str, Any]) -> dict[str, Any]:
    types = [{"type": name} for name in inputs.pop("enabledClusterLogTypes", [])]
    return inputs | {"logging": {"clusterLogging": {"enabledTypes": types}}}


def _of_role(inputs: dict[str, Any]) -> dict[str, Any]:
    """A role's own policy and an attached one stand in the role itself there."""
    return inputs | {"policyDocument": json.loads(inputs.pop("policy"))}


def _each_range(inputs: dict[str, Any]) -> dict[str, Any]:
    """A rule for each range and group, with a description that is called otherwise than the whole group's."""
    for way in ("ingress", "egress"):
        inputs |= {way: [one for rule in inputs[way] for one in _alone(rule)]} if way in inputs else {}
    return inputs


def _alone(rule: dict[str, Any]) -> Iterator[dict[str, Any]]:
    rest = {"about": rule["description"], **without(rule, ("description", "cidrBlocks", "securityGroups"))}
    yield from ({**rest, "cidrIp": cidr} for cidr in rule.get("cidrBlocks", []))
    yield from ({**rest, "sourceSecurityGroupId": group} for group in rule.get("securityGroups", []))


def _server(inputs: dict[str, Any]) -> dict[str, Any]:
    """Two of the numbers are texts there, and a secret is referred to. A server that is made from another takes its
    user and its key; the provider changes its password afterwards."""
    told = inputs | {key: str(inputs[key]) for key in ("allocatedStorage", "port")} | {"password": REFERENCE}
    taken = ("username", "password", "storageEncrypted", "kmsKeyId") if "restoreToPointInTime" in told else ()
    return restore(without(told, taken))


def _by_name(inputs: dict[str, Any]) -> dict[str, Any]:
    return inputs | {"parameters": {one["name"]: one["value"] for one in inputs["parameters"]}}


def _document(key: str) -> Adapt:
    return lambda inputs: inputs | {key: json.loads(inputs[key])}


def _setting(name: str, adapt: Adapt = dict) -> Adapt:
    """A setting of a bucket is a property of the bucket there."""
    return lambda inputs: {name: adapt(without(inputs, ["bucket"]))}


def _life(inputs: dict[str, Any]) -> dict[str, Any]:
    """What a rule is for, and what it expires, stands in the rule itself there."""
    rules = [
        {**without(rule, ("filter", "expiration")), **rule.get("filter", {}), **rule.get("expiration", {})}
        for rule in inputs["rules"]
    ]
    return inputs | {"rules": rules}


REFERENCE = "{{resolve:secretsmanager:of-the-server}}"
NO_TAGS = ("tags",)
"""CloudFormation puts none on it, though the service does."""
ROLE_NAME = {"role": "RoleName"}
TYPES = {
    "aws:autoscaling/group:Group": Resource(
        "AWS::AutoScaling::AutoScalingGroup",
        {"name": "AutoScalingGroupName", "vpcZoneIdentifiers": "VPCZoneIdentifier", "id": "LaunchTemplateId"},
        ("instanceRefresh", "suspendedProcesses", "waitForCapacityTimeout"),
    ),
    "aws:cloudwatch/dashboard:Dashboard": Resource("AWS::CloudWatch::Dashboard"),
    "aws:cloudwatch/logGroup:LogGroup": Resource("AWS::Logs::LogGroup", {"name": "LogGroupName"}),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Resource(
        "AWS::CloudWatch::Alarm", {"name": "AlarmName", "metricQueries": "Metrics"}, adapt=metrics
    ),
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": Resource("AWS::DLM::LifecyclePolicy"),
    "aws:ebs/volume:Volume": Resource("AWS::EC2::Volume", {"type": "VolumeType"}),
    "aws:ec2/eip:Eip": Resource("AWS::EC2::EIP"),
    "aws:ec2/flowLog:FlowLog": Resource("AWS::EC2::FlowLog", {"iamRoleArn": "DeliverLogsPermissionArn"}, adapt=of_vpc),
    "aws:ec2/internetGateway:InternetGateway": Resource("AWS::EC2::InternetGateway", own=("vpcId",)),
    "aws:ec2/launchTemplate:LaunchTemplate": Resource(
        "AWS::EC2::LaunchTemplate", {"securityGroups": "Groups"}, ("updateDefaultVersion",), in_data
    ),
    "aws:ec2/natGateway:NatGateway": Resource("AWS::EC2::NatGateway"),
    "aws:ec2/route:Route": Resource("AWS::EC2::Route"),
    "aws:ec2/routeTable:RouteTable": Resource("AWS::EC2::RouteTable"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Resource("AWS::EC2::SubnetRouteTableAssociation"),
    "aws:ec2/securityGroup:SecurityGroup": Resource(
        "AWS::EC2::SecurityGroup",
        {
            "name": "GroupName",
            "description": "GroupDescription",
            "protocol": "IpProtocol",
            "ingress": "SecurityGroupIngress",
            "egress": "SecurityGroupEgress",
            "about": "Description",
        },
        adapt=_each_range,
    ),
    "aws:ec2/subnet:Subnet": Resource("AWS::EC2::Subnet"),
    "aws:ec2/vpc:Vpc": Resource("AWS::EC2::VPC"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Resource("AWS::EC2::VPCEndpoint"),
    "aws:eks/accessEntry:AccessEntry": Resource("AWS::EKS::AccessEntry"),
    "aws:eks/addon:Addon": Resource(
        "AWS::EKS::Addon", {"resolveConflictsOnCreate": "ResolveConflicts"}, ("resolveConflictsOnUpdate",)
    ),
    "aws:eks/cluster:Cluster": Resource("AWS::EKS::Cluster", {"vpcConfig": "ResourcesVpcConfig"}, adapt=_logging),
    "aws:eks/nodeGroup:NodeGroup": Resource("AWS::EKS::Nodegroup", {"nodeRoleArn": "NodeRole", "subnetIds": "Subnets"}),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Resource("AWS::EKS::PodIdentityAssociation"),
    "aws:iam/instanceProfile:InstanceProfile": Resource(
        "AWS::IAM::InstanceProfile", {"name": "InstanceProfileName", "role": "Roles"}, NO_TAGS
    ),
    "aws:iam/role:Role": Resource(
        "AWS::IAM::Role",
        {"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
        adapt=_document("assumeRolePolicy"),
    ),
    "aws:iam/rolePolicy:RolePolicy": Resource(
        "AWS::IAM::RolePolicy", {"name": "PolicyName", **ROLE_NAME}, adapt=_of_role
    ),
    "aws:kms/alias:Alias": Resource("AWS::KMS::Alias", {"name": "AliasName"}),
    "aws:kms/key:Key": Resource(
        "AWS::KMS::Key",
        {"policy": "KeyPolicy", "deletionWindowInDays": "PendingWindowInDays"},
        adapt=_document("policy"),
    ),
    "aws:lb/listener:Listener": Resource("AWS::ElasticLoadBalancingV2::Listener", own=NO_TAGS),
    "aws:lb/loadBalancer:LoadBalancer": Resource(
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        {"loadBalancerType": "Type"},
        adapt=lambda inputs: {"loadBalancerAttributes": attributes(inputs), **scheme(inputs)},
    ),
    "aws:lb/targetGroup:TargetGroup": Resource(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        adapt=lambda inputs: {"targetGroupAttributes": attributes(inputs), **health_check(inputs)},
    ),
    "aws:rds/instance:Instance": Resource(
        "AWS::RDS::DBInstance",
        {
            "identifier": "DBInstanceIdentifier",
            "instanceClass": "DBInstanceClass",
            "username": "MasterUsername",
            "parameterGroupName": "DBParameterGroupName",
            "caCertIdentifier": "CACertificateIdentifier",
            "password": "MasterUserPassword",
            "vpcSecurityGroupIds": "VPCSecurityGroups",
        },
        ("skipFinalSnapshot", "finalSnapshotIdentifier"),
        _server,
    ),
    "aws:rds/parameterGroup:ParameterGroup": Resource(
        "AWS::RDS::DBParameterGroup", {"name": "DBParameterGroupName"}, adapt=_by_name
    ),
    "aws:rds/subnetGroup:SubnetGroup": Resource(
        "AWS::RDS::DBSubnetGroup", {"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"}
    ),
    "aws:s3/bucket:Bucket": Resource("AWS::S3::Bucket", {"bucket": "BucketName"}),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Resource(
        "AWS::S3::Bucket", adapt=_setting("lifecycleConfiguration", _life)
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Resource(
        "AWS::S3::Bucket", {"rule": "Rules"}, adapt=_setting("ownershipControls")
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Resource(
        "AWS::S3::BucketPolicy", {"policy": "PolicyDocument"}, adapt=_document("policy")
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Resource(
        "AWS::S3::Bucket", adapt=_setting("publicAccessBlockConfiguration")
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Resource(
        "AWS::S3::Bucket",
        {
            "rules": "ServerSideEncryptionConfiguration",
            "applyServerSideEncryptionByDefault": "ServerSideEncryptionByDefault",
        },
        adapt=_setting("bucketEncryption", blocked_types),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Resource("AWS::S3::Bucket", own=("bucket",)),
    "aws:secretsmanager/secret:Secret": Resource("AWS::SecretsManager::Secret", own=("recoveryWindowInDays",)),
    "aws:ssm/parameter:Parameter": Resource("AWS::SSM::Parameter", {"insecureValue": "Value"}),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Resource(
        "AWS::EC2::SecurityGroupEgress",
        {"securityGroupId": "GroupId", "cidrIpv4": "CidrIp", "referencedSecurityGroupId": "DestinationSecurityGroupId"},
        NO_TAGS,
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Resource(
        "AWS::EC2::SecurityGroupIngress",
        {"securityGroupId": "GroupId", "cidrIpv4": "CidrIp", "referencedSecurityGroupId": "SourceSecurityGroupId"},
        NO_TAGS,
    ),
}
NONE = {
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "CloudFormation has none: it is there with its network",
    "aws:ec2/tag:Tag": "CloudFormation tags only what it makes",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": "a property of the access entry there",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "a property of the role there: iam.py judges it",
    "aws:secretsmanager/secretVersion:SecretVersion": "a property of the secret there",
}
"""Types that CloudFormation does not have, with what becomes of them: botocore's models judge them alone."""


def problems(stack: Sequence[Made], region: str) -> Iterator[str]:
    """What CloudFormation's schemas and cfn-lint's rules say against a stack."""
    properties = {}
    for place, made in enumerate(stack):
        if made.type in NONE:
            continue
        if made.type not in TYPES:
            raise Unmapped(made, "cloudformation.TYPES")
        names = Names(made.type, region)
        properties[f"R{place}"] = {"Type": TYPES[made.type].type, "Properties": names.properties(made.inputs)}
        yield from (f"{made.name}: {problem}" for problem in names.unknown)
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": properties}
    text, _ = decode_str(json.dumps(template))
    for match in linter(region).validate_template(text):
        _, place, *path = match.path
        problem = f"{'.'.join(map(str, path))}: {match.rule.id} {match.message}"
        if not false_alarm("cloudformation", problem):
            yield f"{stack[int(place[1:])].name}: {problem}"


class Names:
    """The schema's names for the inputs', and the forms that a provider writes otherwise."""

    def __init__(self, type_: str, region: str) -> None:
        self.resource = TYPES[type_]
        self.schema = schema(self.resource.type, region)
        self.unknown: list[str] = []

    def properties(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        given = self.resource.adapt(without(inputs, self.resource.own))
        found: dict[str, Any] = self.respelled(self.schema, given)
        return found

    def respelled(self, told: Mapping[str, Any], value: Any, path: str = "") -> Any:
        told = self.resolved(told)
        if told.get("type") == "array" or "items" in told:
            names = self.resolved(told.get("items", {})).get("properties", {})
            return [self.respelled(told.get("items", {}), item, path) for item in pairs(value, names)]
        known = {name.lower(): name for name in told.get("properties", {})}
        if not isinstance(value, dict) or not known:
            return scalar(told, value)
        sent = {}
        for key, item in value.items():
            name = known.get(self.resource.renames.get(key, key).lower()) or known.get(key.lower())
            if name is None:
                self.unknown.append(f"{path}.{key} is no property")
            elif item is not None:
                sent[name] = self.respelled(told["properties"][name], item, f"{path}.{name}")
        return sent

    def resolved(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in told:
            told = self.schema["definitions"][told["$ref"].rpartition("/")[2]]
        return told


def scalar(told: Mapping[str, Any], value: Any) -> Any:
    """A provider takes booleans as text too."""
    return value == "true" if told.get("type") == "boolean" and value in ("true", "false") else value


@cache
def linter(region: str) -> Runner:
    """To read its rules takes longer than to lint a stack."""
    return Runner(ConfigMixIn(regions=[region]))


@cache
def schema(type_: str, region: str) -> dict[str, Any]:
    found: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, type_).schema
    return found
