"""AWS' own service models, by which its clients are made: what each operation takes.

A resource's inputs become the parameters of the operations by which its provider makes it. botocore's validator asks
types and required members. Enumerations, patterns and bounds stand in the models too, and are asked here: the
validator leaves them to the service.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import regex
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.validate import ParamValidator

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
from tests.vendors.finished import Adapt, Made, Unmapped, without


@dataclass(frozen=True)
class Call:
    """An operation, as `service.Operation`, and which inputs become which of its parameters.

    A name is found by itself where it differs in its first letter or in capitals. `renames` has the others, at whatever
    depth. `takes` names the inputs that this call takes and the others do not; a call without has all the rest.
    """

    operation: str
    renames: Mapping[str, str] = field(default_factory=dict)
    takes: tuple[str, ...] = ()
    adapt: Adapt = dict


# --- where more than names differ ---


def _rule(inputs: dict[str, Any]) -> dict[str, Any]:
    call = {key: inputs.pop(key) for key in ("securityGroupId", "tags") if key in inputs}
    about = {key: inputs.pop(key) for key in ("description",) if key in inputs}
    cidr, group = inputs.pop("cidrIpv4", None), inputs.pop("referencedSecurityGroupId", None)
    peer = {"ipRanges": [about | {"cidrIp": cidr}]} if cidr else {"userIdGroupPairs": [about | {"groupId": group}]}
    return call | {"ipPermissions": [inputs | peer]}


def _logging(inputs: dict[str, Any]) -> dict[str, Any]:
    types = inputs.pop("enabledClusterLogTypes", [])
    return inputs | {"logging": {"clusterLogging": [{"types": types, "enabled": True}]}}


def _zones(inputs: dict[str, Any]) -> dict[str, Any]:
    return inputs | {"vpcZoneIdentifiers": ",".join(inputs["vpcZoneIdentifiers"])}


def _parameters(inputs: dict[str, Any]) -> dict[str, Any]:
    told = [
        {"parameterName": one["name"], "parameterValue": one["value"], "applyMethod": one["applyMethod"]}
        for one in inputs["parameters"]
    ]
    return inputs | {"parameters": told}


def _permissions(way: str) -> Adapt:
    return lambda inputs: {"groupId": "sg", "ipPermissions": [_permission(rule) for rule in inputs.get(way, [])]}


def _permission(rule: dict[str, Any]) -> dict[str, Any]:
    about = {"description": rule["description"]}
    ranges = [{"cidrIp": cidr, **about} for cidr in rule.get("cidrBlocks", [])]
    groups = [{"groupId": group, **about} for group in rule.get("securityGroups", [])]
    ports = {key: rule[key] for key in ("fromPort", "toPort")}
    return {"ipProtocol": rule["protocol"], "ipRanges": ranges, "userIdGroupPairs": groups, **ports}


def _setting(name: str) -> Adapt:
    """What is said of a bucket stands beside its name, in a structure."""
    return lambda inputs: {"bucket": inputs.pop("bucket"), name: blocked_types(inputs)}


LOG_GROUP = {"name": "logGroupName"}
PARAMETERS = {"name": "DBParameterGroupName"}
SERVER = {
    "identifier": "DBInstanceIdentifier",
    "instanceClass": "DBInstanceClass",
    "parameterGroupName": "DBParameterGroupName",
    "caCertIdentifier": "CACertificateIdentifier",
    "username": "MasterUsername",
    "password": "MasterUserPassword",
}
ROLE = {"role": "RoleName"}
RULE = {"securityGroupId": "GroupId"}
GROUP = {"name": "AutoScalingGroupName"}
CALLS: dict[str, tuple[Call, ...]] = {
    "aws:autoscaling/group:Group": (
        Call(
            "autoscaling.CreateAutoScalingGroup",
            {**GROUP, "vpcZoneIdentifiers": "VPCZoneIdentifier", "id": "LaunchTemplateId"},
            adapt=_zones,
        ),
        Call(
            "autoscaling.SuspendProcesses",
            {**GROUP, "suspendedProcesses": "ScalingProcesses"},
            ("suspendedProcesses", "name"),
        ),
        Call(
            "autoscaling.StartInstanceRefresh",
            GROUP,
            ("instanceRefresh", "name"),
            lambda inputs: {"name": inputs["name"], **inputs.get("instanceRefresh", {})},
        ),
    ),
    "aws:cloudwatch/dashboard:Dashboard": (Call("cloudwatch.PutDashboard"),),
    "aws:cloudwatch/logGroup:LogGroup": (
        Call("logs.CreateLogGroup", LOG_GROUP),
        Call("logs.PutRetentionPolicy", LOG_GROUP, ("name", "retentionInDays")),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        Call("cloudwatch.PutMetricAlarm", {"name": "AlarmName", "metricQueries": "Metrics"}, adapt=metrics),
    ),
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": (Call("dlm.CreateLifecyclePolicy"),),
    "aws:ebs/volume:Volume": (Call("ec2.CreateVolume", {"type": "VolumeType"}),),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": (Call("ec2.CreateTags", {"vpcId": "Resources"}),),
    "aws:ec2/eip:Eip": (Call("ec2.AllocateAddress"),),
    "aws:ec2/flowLog:FlowLog": (
        Call(
            "ec2.CreateFlowLogs", {"iamRoleArn": "DeliverLogsPermissionArn", "resourceId": "ResourceIds"}, adapt=of_vpc
        ),
    ),
    "aws:ec2/internetGateway:InternetGateway": (Call("ec2.CreateInternetGateway"),),
    "aws:ec2/launchTemplate:LaunchTemplate": (
        Call("ec2.CreateLaunchTemplate", {"securityGroups": "Groups"}, adapt=in_data),
    ),
    "aws:ec2/natGateway:NatGateway": (Call("ec2.CreateNatGateway"),),
    "aws:ec2/route:Route": (Call("ec2.CreateRoute"),),
    "aws:ec2/routeTable:RouteTable": (Call("ec2.CreateRouteTable"),),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": (Call("ec2.AssociateRouteTable"),),
    "aws:ec2/securityGroup:SecurityGroup": (
        Call("ec2.CreateSecurityGroup", {"name": "GroupName"}),
        Call("ec2.AuthorizeSecurityGroupIngress", takes=("ingress",), adapt=_permissions("ingress")),
        Call("ec2.AuthorizeSecurityGroupEgress", takes=("egress",), adapt=_permissions("egress")),
    ),
    "aws:ec2/subnet:Subnet": (Call("ec2.CreateSubnet"),),
    "aws:ec2/tag:Tag": (
        Call(
            "ec2.CreateTags",
            adapt=lambda tag: {"resources": [tag["resourceId"]], "tags": [{"key": tag["key"], "value": tag["value"]}]},
        ),
    ),
    "aws:ec2/vpc:Vpc": (Call("ec2.CreateVpc"),),
    "aws:ec2/vpcEndpoint:VpcEndpoint": (Call("ec2.CreateVpcEndpoint"),),
    "aws:eks/accessEntry:AccessEntry": (Call("eks.CreateAccessEntry"),),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": (Call("eks.AssociateAccessPolicy"),),
    "aws:eks/addon:Addon": (
        Call("eks.CreateAddon", {"resolveConflictsOnCreate": "resolveConflicts"}),
        Call(
            "eks.UpdateAddon",
            {"resolveConflictsOnUpdate": "resolveConflicts"},
            ("clusterName", "addonName", "resolveConflictsOnUpdate"),
        ),
    ),
    "aws:eks/cluster:Cluster": (Call("eks.CreateCluster", {"vpcConfig": "resourcesVpcConfig"}, adapt=_logging),),
    "aws:eks/nodeGroup:NodeGroup": (Call("eks.CreateNodegroup", {"nodeRoleArn": "nodeRole", "subnetIds": "subnets"}),),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": (Call("eks.CreatePodIdentityAssociation"),),
    "aws:iam/instanceProfile:InstanceProfile": (
        Call("iam.CreateInstanceProfile", {"name": "InstanceProfileName"}),
        Call("iam.AddRoleToInstanceProfile", {"name": "InstanceProfileName", **ROLE}, ("name", "role")),
    ),
    "aws:iam/role:Role": (
        Call("iam.CreateRole", {"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"}),
    ),
    "aws:iam/rolePolicy:RolePolicy": (
        Call("iam.PutRolePolicy", {"name": "PolicyName", "policy": "PolicyDocument", **ROLE}),
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (Call("iam.AttachRolePolicy", ROLE),),
    "aws:kms/alias:Alias": (Call("kms.CreateAlias", {"name": "AliasName"}),),
    "aws:kms/key:Key": (
        Call("kms.CreateKey"),
        Call(
            "kms.ScheduleKeyDeletion",
            {"deletionWindowInDays": "PendingWindowInDays"},
            ("deletionWindowInDays",),
            lambda inputs: {"keyId": "key", **inputs},
        ),
    ),
    "aws:lb/listener:Listener": (Call("elbv2.CreateListener"),),
    "aws:lb/loadBalancer:LoadBalancer": (
        Call("elbv2.CreateLoadBalancer", {"loadBalancerType": "Type"}, adapt=scheme),
        Call(
            "elbv2.ModifyLoadBalancerAttributes",
            takes=("enableCrossZoneLoadBalancing",),
            adapt=lambda inputs: {"loadBalancerArn": "arn", "attributes": attributes(inputs)},
        ),
    ),
    "aws:lb/targetGroup:TargetGroup": (
        Call("elbv2.CreateTargetGroup", adapt=health_check),
        Call(
            "elbv2.ModifyTargetGroupAttributes",
            takes=("preserveClientIp", "stickiness"),
            adapt=lambda inputs: {"targetGroupArn": "arn", "attributes": attributes(inputs)},
        ),
    ),
    "aws:rds/instance:Instance": (
        Call("rds.CreateDBInstance", SERVER),
        Call("rds.ModifyDBInstance", SERVER, ("identifier", "allowMajorVersionUpgrade", "applyImmediately")),
        Call(
            "rds.RestoreDBInstanceToPointInTime",
            {"identifier": "TargetDBInstanceIdentifier"},
            ("identifier", "restoreToPointInTime"),
            restore,
        ),
        Call(
            "rds.DeleteDBInstance",
            {**SERVER, "finalSnapshotIdentifier": "FinalDBSnapshotIdentifier"},
            ("identifier", "skipFinalSnapshot", "finalSnapshotIdentifier", "deleteAutomatedBackups"),
        ),
    ),
    "aws:rds/parameterGroup:ParameterGroup": (
        Call("rds.CreateDBParameterGroup", {**PARAMETERS, "family": "DBParameterGroupFamily"}),
        Call("rds.ModifyDBParameterGroup", PARAMETERS, ("name", "parameters"), _parameters),
    ),
    "aws:rds/subnetGroup:SubnetGroup": (
        Call("rds.CreateDBSubnetGroup", {"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"}),
    ),
    "aws:s3/bucket:Bucket": (
        Call("s3.CreateBucket"),
        Call("s3.PutBucketTagging", {"tags": "TagSet"}, takes=("bucket", "tags"), adapt=_setting("tagging")),
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        Call("s3.PutBucketLifecycleConfiguration", adapt=_setting("lifecycleConfiguration")),
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": (
        Call("s3.PutBucketOwnershipControls", {"rule": "Rules"}, adapt=_setting("ownershipControls")),
    ),
    "aws:s3/bucketPolicy:BucketPolicy": (Call("s3.PutBucketPolicy"),),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (
        Call("s3.PutPublicAccessBlock", adapt=_setting("publicAccessBlockConfiguration")),
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        Call("s3.PutBucketEncryption", adapt=_setting("serverSideEncryptionConfiguration")),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": (Call("s3.PutBucketVersioning"),),
    "aws:secretsmanager/secret:Secret": (
        Call("secretsmanager.CreateSecret"),
        Call("secretsmanager.DeleteSecret", {"name": "SecretId"}, ("name", "recoveryWindowInDays")),
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": (Call("secretsmanager.PutSecretValue"),),
    "aws:ssm/parameter:Parameter": (Call("ssm.PutParameter", {"insecureValue": "Value"}),),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (
        Call("ec2.AuthorizeSecurityGroupEgress", RULE, adapt=_rule),
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        Call("ec2.AuthorizeSecurityGroupIngress", RULE, adapt=_rule),
    ),
}
SHARED = ("name", "clusterName", "addonName", "identifier", "bucket")
"""What several calls of one resource take alike."""
OWN: dict[str, tuple[str, ...]] = {
    "aws:autoscaling/group:Group": ("waitForCapacityTimeout",),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ("egress", "ingress"),
    "aws:ec2/internetGateway:InternetGateway": ("vpcId",),
    "aws:ec2/launchTemplate:LaunchTemplate": ("updateDefaultVersion",),
    "aws:ec2/subnet:Subnet": ("mapPublicIpOnLaunch",),
    "aws:ec2/vpc:Vpc": ("enableDnsHostnames", "enableDnsSupport"),
    "aws:kms/key:Key": ("enableKeyRotation",),
}
"""What the provider keeps to itself, or asks for in a call that takes nothing else of the inputs: a switch, an id."""


def problems(made: Made) -> Iterator[str]:
    """What AWS' models say against a resource."""
    if made.type not in CALLS:
        raise Unmapped(made, "botocore_models.CALLS")
    for call in CALLS[made.type]:
        model = operation(call.operation)
        given = parameters(made, call)
        names = Names(call.renames)
        sent = names.respelled(model.input_shape, given)
        yield from (f"{call.operation}: {problem}" for problem in names.unknown)
        report = ParamValidator().validate(sent, model.input_shape)
        yield from (f"{call.operation}: {line}" for line in report.generate_report().splitlines())
        yield from (f"{call.operation}: {problem}" for problem in out_of_bounds(model.input_shape, sent))


def parameters(made: Made, call: Call) -> dict[str, Any]:
    """The inputs that this call takes."""
    others = {key for other in CALLS[made.type] if other is not call for key in other.takes} - set(SHARED)
    inputs = without(made.inputs, (*OWN.get(made.type, ()), *others))
    return call.adapt({key: value for key, value in inputs.items() if not call.takes or key in call.takes})


def operation(name: str) -> OperationModel:
    service, _, called = name.partition(".")
    return model_of(service).operation_model(called)


@cache
def model_of(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


class Names:
    """The model's names for the inputs', and the forms that a provider writes otherwise."""

    def __init__(self, renames: Mapping[str, str]) -> None:
        self.renames = renames
        self.unknown: list[str] = []

    def respelled(self, shape: Shape, value: Any, path: str = "") -> Any:
        if shape.type_name == "list":
            return [
                self.respelled(shape.member, item, path) for item in pairs(value, getattr(shape.member, "members", ()))
            ]
        if shape.type_name == "map" and isinstance(value, dict):
            return {key: self.respelled(shape.value, item, f"{path}.{key}") for key, item in value.items()}
        if shape.type_name == "structure" and isinstance(value, dict):
            return self.members(shape, value, path)
        return scalar(shape, value)

    def members(self, shape: Shape, value: Mapping[str, Any], path: str) -> dict[str, Any]:
        known = {name.lower(): name for name in shape.members}
        if "tagspecifications" in known and "tags" in value and "tags" not in known:
            value = {**without(value, ["tags"]), "tagSpecifications": [{"tags": value["tags"]}]}
        sent = {}
        for key, item in value.items():
            name = known.get(self.renames.get(key, key).lower()) or known.get(key.lower())
            if name is None:
                self.unknown.append(f"{path}.{key} is no parameter")
            elif item is not None:
                sent[name] = self.respelled(shape.members[name], item, f"{path}.{name}")
        return sent


def scalar(shape: Shape, value: Any) -> Any:
    """A provider takes numbers and booleans as text too."""
    if shape.type_name == "boolean" and value in ("true", "false"):
        return value == "true"
    if shape.type_name in ("integer", "long") and isinstance(value, str) and regex.fullmatch(r"-?\d+", value):
        return int(value)
    if shape.type_name == "string" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def out_of_bounds(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """Enumerations, patterns and bounds, which botocore's validator does not ask."""
    told = shape.metadata
    if isinstance(value, str):
        if shape.type_name == "string" and shape.enum and value not in shape.enum:
            yield f"{path}: {value!r} is none of {', '.join(shape.enum)}"
        if "pattern" in told and not pattern(told["pattern"]).fullmatch(value):
            yield f"{path}: {value!r} does not match {told['pattern']}"
    size = (
        value
        if isinstance(value, int | float) and not isinstance(value, bool)
        else len(value)
        if hasattr(value, "__len__")
        else None
    )
    if size is not None and not told.get("min", size) <= size <= told.get("max", size):
        yield f"{path}: {size} is not within {told.get('min', '')} to {told.get('max', '')}"
    if isinstance(value, dict):
        for key, item in value.items():
            inner = shape.members[key] if shape.type_name == "structure" else shape.value
            yield from out_of_bounds(inner, item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from out_of_bounds(shape.member, item, path)


@cache
def pattern(java: str) -> Any:
    """The models are written for Java, which spells two of their classes otherwise."""
    surrogates = r"\uD800\uDC00-\uDBFF\uDFFF"
    return regex.compile(java.replace(r"\p{all}", r"\s\S").replace(surrogates, r"\U00010000-\U0010FFFF"))
