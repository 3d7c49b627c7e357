"""AWS: what each resource type computes, what cannot change in place, and what is refused, with AWS's own error codes."""

import base64
import ipaddress
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..cloud import Cloud as Cloud  # AWS needs nothing beyond the general cloud
from ..resource import CloudError, Instance, Reference, Resource
from ..world import Object
from .aws_functions import ACCOUNT, ADDON_VERSIONS, FUNCTIONS, zones  # noqa: F401
from .aws_references import identifiers, references  # noqa: F401

EC2 = "arn:aws:ec2:{region}:{account}:"
EKS = "arn:aws:eks:{region}:{account}:"
IAM = "arn:aws:iam::{account}:"
REGIONAL = True
CANARY = "sandbox canary for "


def common(instance: Instance, config: Mapping[str, Any]) -> dict[str, Any]:
    """What AWS and its provider add to every resource."""
    defaults = json.loads(config.get("defaultTags") or "{}").get("tags", {})
    tags = {"tagsAll": defaults | instance.get("tags", {})} if instance.get("tags") or defaults else {}
    return {"id": instance.id, "region": instance.region, **tags}


def find(instance: Instance, identifier: str) -> Mapping[str, Any]:
    """The properties of what an id or ARN names; the reference check has already found it."""
    return instance.world.identified(identifier)[0].properties


# --- EC2


def vpc(instance: Instance) -> dict[str, Any]:
    table = f"rtb-{instance.hex('main')}"
    return {
        "mainRouteTableId": table,
        "defaultRouteTableId": table,
        "defaultSecurityGroupId": f"sg-{instance.hex('default')}",
        "defaultNetworkAclId": f"acl-{instance.hex('default')}",
        "dhcpOptionsId": f"dopt-{instance.hex('default')}",
        "ownerId": instance.account,
    }


def subnet(instance: Instance) -> dict[str, Any]:
    zone = instance.get("availabilityZone", zones(instance.region)[0])
    number = zones(instance.region).index(zone) + 1
    return {"availabilityZone": zone, "availabilityZoneId": f"{instance.region}-az{number}", "ownerId": instance.account}


def refuse_subnet(instance: Instance) -> None:
    refuse_zone(instance)
    range = ipaddress.ip_network(instance.inputs["cidrBlock"])
    if not range.subnet_of(ipaddress.ip_network(find(instance, instance.inputs["vpcId"])["cidrBlock"])):
        raise CloudError("InvalidSubnet.Range", f"The CIDR '{range}' is invalid: it is not inside the VPC's")
    for other in instance.world.find("aws:ec2/subnet:Subnet", scope=instance.region):
        beside = other.id != instance.id and other.inputs["vpcId"] == instance.inputs["vpcId"]
        if beside and range.overlaps(ipaddress.ip_network(other.inputs["cidrBlock"])):
            raise CloudError("InvalidSubnet.Conflict", f"The CIDR '{range}' conflicts with another subnet")


def refuse_zone(instance: Instance) -> None:
    zone = instance.get("availabilityZone")
    if zone and zone not in zones(instance.region):
        raise CloudError("InvalidParameterValue", f"Value ({zone}) for parameter availabilityZone is invalid in {instance.region}")


def eip(instance: Instance) -> dict[str, Any]:
    ip = f"18.{int(instance.hex('net', 2), 16)}." + instance.address("ip").split(".", 2)[2]
    names = f"ec2-{ip.replace('.', '-')}.{instance.region}.compute.amazonaws.com"
    return {"allocationId": instance.id, "publicIp": ip, "publicDns": names}


def nat_gateway(instance: Instance) -> dict[str, Any]:
    public = {"publicIp": find(instance, instance.inputs["allocationId"])["publicIp"]} if instance.get("allocationId") else {}
    return {"networkInterfaceId": f"eni-{instance.hex('eni')}", "privateIp": instance.address(), **public}


def launch_template(instance: Instance) -> dict[str, Any]:
    latest = instance.before.get("latestVersion", 0) + 1
    default = latest if instance.get("updateDefaultVersion") else instance.before.get("defaultVersion", 1)
    return {"latestVersion": latest, "defaultVersion": instance.get("defaultVersion", default)}


def refuse_volume(instance: Instance) -> None:
    refuse_zone(instance)
    if not instance.get("size") and not instance.get("snapshotId"):
        raise CloudError("MissingParameter", "The request must contain the parameter size or snapshotId")
    if instance.get("size", 0) and instance.get("size", 0) < instance.before.get("size", 0):
        raise CloudError("InvalidParameterValue", f"New size cannot be smaller than existing size of {instance.before['size']} GiB")


def snapshot(instance: Instance) -> dict[str, Any]:
    volume = find(instance, instance.inputs["volumeId"])
    return {"ownerId": instance.account, "volumeSize": volume.get("size", 0), "encrypted": volume.get("encrypted", False)}


# --- EKS


def cluster(instance: Instance) -> dict[str, Any]:
    number = instance.hex("endpoint", 32).upper()
    vpc = instance.inputs["vpcConfig"]
    network = find(instance, vpc["subnetIds"][0])["vpcId"]
    access = {"endpointPublicAccess": True, "endpointPrivateAccess": False, "publicAccessCidrs": ["0.0.0.0/0"]}
    authority = base64.b64encode(f"sandbox certificate authority of {instance.name}\n".encode()).decode()
    return {
        "endpoint": f"https://{number}.gr7.{instance.region}.eks.amazonaws.com",
        "certificateAuthority": {"data": authority},
        "identities": [{"oidcs": [{"issuer": f"https://oidc.eks.{instance.region}.amazonaws.com/id/{number}"}]}],
        "vpcConfig": {**access, **vpc, "vpcId": network, "clusterSecurityGroupId": f"sg-{instance.hex('cluster')}"},
        "platformVersion": "eks.1",
        "status": "ACTIVE",
        "createdAt": "2026-01-01T00:00:00Z",
    }


def node_group(instance: Instance) -> dict[str, Any]:
    group = {"name": f"eks-{instance.name}-{instance.hex('asg', 8)}"}
    version = find(instance, f"aws:eks/cluster:Cluster/{instance.region}/{instance.inputs['clusterName']}")["version"]
    return {"status": "ACTIVE", "resources": [{"autoscalingGroups": [group]}], "version": instance.get("version", version)}


def entry_of(instance: Instance) -> Iterable[Reference]:
    cluster, principal = instance.inputs["clusterName"], instance.inputs["principalArn"]
    identifier = f"aws:eks/accessEntry:AccessEntry/{instance.region}/{cluster}:{principal}"
    yield Reference(identifier, "ResourceNotFoundException", f"The cluster {cluster} has no access entry for {principal}")


# --- IAM


def refuse_policy(property: str):
    def refuses(instance: Instance) -> None:
        policy = instance.inputs[property]
        try:
            document = json.loads(policy) if isinstance(policy, str) else policy
        except ValueError as broken:
            raise CloudError("MalformedPolicyDocument", f"{property} is not JSON: {broken}") from None
        if not isinstance(document, dict) or not document.get("Statement"):
            raise CloudError("MalformedPolicyDocument", f"{property} has no Statement")

    return refuses


def host_of(instance: Instance) -> str:
    return f"arn:aws:iam::{instance.account}:oidc-provider/{instance.inputs['url'].removeprefix('https://')}"


# --- secrets


def put_canary(instance: Instance) -> None:
    """The sandbox plays the operator: the secret gets a labelled value, in the world and nowhere else."""
    import os

    if os.environ.get("SANDBOX_EMPTY_SECRETS") != "1":
        value = {"secretId": instance.id, "secretString": CANARY + instance.name}
        version = Object(VERSION, instance.id, f"{instance.id}|operator", inputs=value, properties=value)
        instance.world.put(version, [], [instance.id])


def drop_canary(instance: Instance) -> None:
    for version in instance.world.find(VERSION, id=f"{find(instance, instance.inputs['secretId'])['arn']}|operator"):
        instance.world.delete(version)


def bury(instance: Instance) -> None:
    """A deleted secret keeps its name for the days in which it could be restored."""
    for version in instance.world.find(VERSION, scope=instance.id):
        instance.world.delete(version)
    if instance.get("recoveryWindowInDays", 30):
        instance.world.put(Object(BURIED, instance.region, instance.id, instance.name), [], [])


def refuse_buried(instance: Instance) -> None:
    if instance.world.find(BURIED, scope=instance.region, name=instance.name):
        raise CloudError("InvalidRequestException", f"a secret named {instance.name} is already scheduled for deletion")


VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
BURIED = "aws:secretsmanager/secret:Secret (scheduled for deletion)"

RULE = {
    "id": "sgr-{hex}",
    "arn": EC2 + "security-group-rule/{id}",
    "unique": "{securityGroupId} {ipProtocol} {fromPort}-{toPort} {cidrIpv4}{cidrIpv6}{referencedSecurityGroupId}{prefixListId}",
    "taken": "InvalidPermission.Duplicate",
    "replaces": ("securityGroupId",),
    "outputs": lambda instance: {"securityGroupRuleId": instance.id},
}
TAINT_EFFECTS = ("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")

RESOURCES = {
    "aws:ec2/vpc:Vpc": Resource(
        "vpc-{hex}",
        EC2 + "vpc/{id}",
        in_use="DependencyViolation",
        replaces=("cidrBlock", "instanceTenancy"),
        defaults={"enableDnsSupport": True, "enableDnsHostnames": False, "instanceTenancy": "default"},
        outputs=vpc,
    ),
    "aws:ec2/subnet:Subnet": Resource(
        "subnet-{hex}",
        EC2 + "subnet/{id}",
        in_use="DependencyViolation",
        replaces=("vpcId", "cidrBlock", "availabilityZone"),
        defaults={"mapPublicIpOnLaunch": False},
        outputs=subnet,
        refuses=refuse_subnet,
    ),
    "aws:ec2/internetGateway:InternetGateway": Resource(
        "igw-{hex}", EC2 + "internet-gateway/{id}", outputs=lambda instance: {"ownerId": instance.account}
    ),
    "aws:ec2/natGateway:NatGateway": Resource(
        "nat-{hex}",
        unique="{allocationId}",
        taken="Resource.AlreadyAssociated",
        replaces=("subnetId", "allocationId", "connectivityType"),
        defaults={"connectivityType": "public"},
        outputs=nat_gateway,
    ),
    "aws:ec2/eip:Eip": Resource(
        "eipalloc-{hex}",
        EC2 + "elastic-ip/{id}",
        replaces=("domain", "networkBorderGroup", "publicIpv4Pool", "address"),
        defaults={"domain": "vpc", "publicIpv4Pool": "amazon"},
        outputs=eip,
    ),
    "aws:ec2/routeTable:RouteTable": Resource(
        "rtb-{hex}",
        EC2 + "route-table/{id}",
        in_use="DependencyViolation",
        replaces=("vpcId",),
        outputs=lambda instance: {"ownerId": instance.account},
    ),
    "aws:ec2/route:Route": Resource(
        "r-{routeTableId}{suffix}",
        unique="{routeTableId} {destinationCidrBlock}{destinationIpv6CidrBlock}{destinationPrefixListId}",
        taken="RouteAlreadyExists",
        replaces=("routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"),
        outputs=lambda instance: {"state": "active", "origin": "CreateRoute"},
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Resource(
        "rtbassoc-{hex}",
        unique="{subnetId}{gatewayId}",
        taken="Resource.AlreadyAssociated",
        replaces=("subnetId", "gatewayId"),
    ),
    "aws:ec2/securityGroup:SecurityGroup": Resource(
        "sg-{hex}",
        EC2 + "security-group/{id}",
        name="name",
        name_limit=255,
        scope="{vpcId}",
        taken="InvalidGroup.Duplicate",
        in_use="DependencyViolation",
        replaces=("name", "namePrefix", "description", "vpcId"),
        defaults={"description": "Managed by Pulumi"},
        outputs=lambda instance: {"ownerId": instance.account},
    ),
    # The VPC's own group, adopted: it is there before and stays after.
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Resource(
        lambda instance: find(instance, instance.inputs["vpcId"])["defaultSecurityGroupId"],
        EC2 + "security-group/{id}",
        replaces=("vpcId",),
        outputs=lambda instance: {"ownerId": instance.account, "name": "default", "description": "default VPC security group"},
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Resource(**RULE),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Resource(**RULE),
    "aws:ec2/securityGroupRule:SecurityGroupRule": Resource(
        "sgrule-{hex}",
        unique="{securityGroupId} {type} {protocol} {fromPort}-{toPort} {cidrBlocks}{ipv6CidrBlocks}{sourceSecurityGroupId}{self}",
        taken="InvalidPermission.Duplicate",
        replaces=(
            *("securityGroupId", "type", "protocol", "fromPort", "toPort", "cidrBlocks", "ipv6CidrBlocks"),
            *("sourceSecurityGroupId", "self", "prefixListIds"),
        ),
        allowed={"type": ("ingress", "egress")},
        outputs=lambda instance: {"securityGroupRuleId": f"sgr-{instance.hex()}"},
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": Resource(
        "lt-{hex}",
        EC2 + "launch-template/{id}",
        name="name",
        name_limit=125,
        taken="InvalidLaunchTemplateName.AlreadyExistsException",
        in_use="DependencyViolation",
        replaces=("name", "namePrefix"),
        outputs=launch_template,
    ),
    "aws:ec2/flowLog:FlowLog": Resource(
        "fl-{hex}",
        EC2 + "vpc-flow-log/{id}",
        replaces=("vpcId", "subnetId", "eniId", "trafficType", "logDestination", "iamRoleArn", "maxAggregationInterval"),
        allowed={"trafficType": ("ACCEPT", "REJECT", "ALL")},
        defaults={"maxAggregationInterval": 600, "logDestinationType": "cloud-watch-logs"},
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Resource(
        "vpce-{hex}",
        EC2 + "vpc-endpoint/{id}",
        replaces=("vpcId", "serviceName", "vpcEndpointType"),
        allowed={"vpcEndpointType": ("Gateway", "Interface", "GatewayLoadBalancer")},
        defaults={"vpcEndpointType": "Gateway"},
        outputs=lambda instance: {"ownerId": instance.account, "state": "available"},
    ),
    "aws:ebs/volume:Volume": Resource(
        "vol-{hex}",
        EC2 + "volume/{id}",
        replaces=("availabilityZone", "encrypted", "kmsKeyId", "snapshotId"),
        external=("snapshotId",),  # a public or shared snapshot belongs to another account
        allowed={"type": ("gp2", "gp3", "io1", "io2", "st1", "sc1", "standard")},
        defaults={"type": "gp2", "encrypted": False},
        refuses=refuse_volume,
        outputs=lambda instance: {"createTime": "2026-01-01T00:00:00Z"},
    ),
    "aws:ebs/snapshot:Snapshot": Resource("snap-{hex}", EC2 + "snapshot/{id}", replaces=("volumeId",), outputs=snapshot),
    "aws:eks/cluster:Cluster": Resource(
        arn=EKS + "cluster/{name}",
        name="name",
        name_limit=100,
        taken="ResourceInUseException",
        in_use="ResourceInUseException",
        guard=("deletionProtection", "InvalidRequestException"),
        replaces=("name", "roleArn", "encryptionConfig", "bootstrapSelfManagedAddons", "kubernetesNetworkConfig.serviceIpv4Cidr"),
        defaults={"version": "1.33", "bootstrapSelfManagedAddons": True},
        outputs=cluster,
        later=("vpcConfig.clusterSecurityGroupId", "vpcConfig.vpcId"),
    ),
    "aws:eks/nodeGroup:NodeGroup": Resource(
        "{clusterName}:{name}",
        EKS + "nodegroup/{clusterName}/{name}/{uuid}",
        name="nodeGroupName",
        scope="{region}/{clusterName}",
        taken="ResourceInUseException",
        replaces=(
            *("clusterName", "nodeGroupName", "nodeGroupNamePrefix", "nodeRoleArn", "subnetIds", "amiType", "capacityType"),
            *("diskSize", "instanceTypes", "remoteAccess", "launchTemplate.id", "launchTemplate.name"),
        ),
        allowed={"taints.effect": TAINT_EFFECTS, "capacityType": ("ON_DEMAND", "SPOT", "CAPACITY_BLOCK")},
        defaults={"capacityType": "ON_DEMAND"},
        outputs=node_group,
    ),
    "aws:eks/addon:Addon": Resource(
        "{clusterName}:{addonName}",
        EKS + "addon/{clusterName}/{addonName}/{uuid}",
        taken="ResourceInUseException",
        replaces=("clusterName", "addonName"),
        outputs=lambda instance: {"addonVersion": instance.get("addonVersion", ADDON_VERSIONS.get(instance.inputs["addonName"]))},
    ),
    "aws:eks/accessEntry:AccessEntry": Resource(
        "{clusterName}:{principalArn}",
        unique="{clusterName}:{principalArn}",
        taken="ResourceInUseException",
        in_use="ResourceInUseException",
        replaces=("clusterName", "principalArn", "type"),
        external=("principalArn",),  # people and pipelines are principals of the company's own accounts
        defaults={"type": "STANDARD"},
        outputs=lambda instance: {"accessEntryArn": f"arn:aws:eks:{instance.region}:{instance.account}:access-entry/{instance.hex()}"},
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Resource(
        "{clusterName}#{principalArn}#{policyArn}",
        taken="ResourceInUseException",
        replaces=("clusterName", "principalArn", "policyArn", "accessScope"),
        external=("principalArn",),  # as of its access entry
        allowed={"accessScope.type": ("cluster", "namespace")},
        uses=entry_of,
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Resource(
        "a-{hex}",
        unique="{clusterName} {namespace}/{serviceAccount}",
        taken="ResourceInUseException",
        replaces=("clusterName", "namespace", "serviceAccount"),
        outputs=lambda instance: {
            "associationId": instance.id,
            "associationArn": f"arn:aws:eks:{instance.region}:{instance.account}:podidentityassociation/{instance.inputs['clusterName']}/{instance.id}",
        },
    ),
    "aws:iam/role:Role": Resource(
        arn=IAM + "role{path}{name}",
        name="name",
        name_limit=64,
        scope="iam",
        taken="EntityAlreadyExists",
        in_use="DeleteConflict",
        replaces=("name", "namePrefix", "path"),
        defaults={"path": "/", "maxSessionDuration": 3600},
        outputs=lambda instance: {"uniqueId": "AROA" + instance.hex().upper(), "createDate": "2026-01-01T00:00:00Z"},
        refuses=refuse_policy("assumeRolePolicy"),
    ),
    "aws:iam/rolePolicy:RolePolicy": Resource(
        "{role}:{name}", name="name", name_limit=128, scope="iam/{role}", replaces=("name", "role"), refuses=refuse_policy("policy")
    ),
    "aws:iam/policy:Policy": Resource(
        IAM + "policy{path}{name}",
        IAM + "policy{path}{name}",
        name="name",
        name_limit=128,
        scope="iam",
        taken="EntityAlreadyExists",
        in_use="DeleteConflict",
        replaces=("name", "namePrefix", "path", "description"),
        defaults={"path": "/"},
        outputs=lambda instance: {"policyId": "ANPA" + instance.hex().upper(), "attachmentCount": 0},
        refuses=refuse_policy("policy"),
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Resource("{role}-{hex}", scope="iam", replaces=("role", "policyArn")),
    "aws:iam/instanceProfile:InstanceProfile": Resource(
        arn=IAM + "instance-profile{path}{name}",
        name="name",
        name_limit=128,
        scope="iam",
        taken="EntityAlreadyExists",
        replaces=("name", "namePrefix", "path"),
        defaults={"path": "/"},
        outputs=lambda instance: {"uniqueId": "AIPA" + instance.hex().upper(), "createDate": "2026-01-01T00:00:00Z"},
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Resource(
        host_of, host_of, scope="iam", taken="EntityAlreadyExists", replaces=("url",)
    ),
    "aws:kms/key:Key": Resource(
        "{uuid}",
        "arn:aws:kms:{region}:{account}:key/{id}",
        replaces=("customerMasterKeySpec", "keyUsage", "multiRegion"),
        defaults={"keyUsage": "ENCRYPT_DECRYPT", "customerMasterKeySpec": "SYMMETRIC_DEFAULT", "isEnabled": True},
        outputs=lambda instance: {"keyId": instance.id},
    ),
    "aws:kms/alias:Alias": Resource(
        arn="arn:aws:kms:{region}:{account}:{name}",
        name="name",
        name_limit=200,
        name_prefix="alias/",
        taken="AlreadyExistsException",
        replaces=("name", "namePrefix"),
        outputs=lambda instance: {"targetKeyArn": find(instance, instance.inputs["targetKeyId"])["arn"]},
    ),
    "aws:kms/keyPolicy:KeyPolicy": Resource("{keyId}", replaces=("keyId",), refuses=refuse_policy("policy")),
    "aws:secretsmanager/secret:Secret": Resource(
        "arn:aws:secretsmanager:{region}:{account}:secret:{name}-{suffix}",
        "{id}",
        name="name",
        name_limit=512,
        taken="ResourceExistsException",
        replaces=("name", "namePrefix"),
        defaults={"recoveryWindowInDays": 30, "forceOverwriteReplicaSecret": False},
        refuses=refuse_buried,
        made=put_canary,
        deleted=bury,
    ),
    VERSION: Resource(
        "{secretId}|{uuid}",
        scope="{secretId}",
        replaces=("secretId", "secretString", "secretBinary"),
        secrets=("secretString", "secretBinary", "secretStringWo"),
        outputs=lambda instance: {
            "arn": find(instance, instance.inputs["secretId"])["arn"],
            "secretArn": find(instance, instance.inputs["secretId"])["arn"],
            "versionId": instance.id.split("|")[-1],
        },
        made=drop_canary,
    ),
    "aws:cloudwatch/logGroup:LogGroup": Resource(
        arn="arn:aws:logs:{region}:{account}:log-group:{name}",
        name="name",
        name_limit=512,
        taken="ResourceAlreadyExistsException",
        replaces=("name", "namePrefix"),
        defaults={"retentionInDays": 0},
    ),
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": Resource(
        "policy-{hex}",
        "arn:aws:dlm:{region}:{account}:policy/{id}",
        defaults={"state": "ENABLED"},
        allowed={"state": ("ENABLED", "DISABLED"), "policyDetails.resourceTypes": ("VOLUME", "INSTANCE")},
    ),
    "aws:ssm/parameter:Parameter": Resource(
        arn=lambda instance: f"arn:aws:ssm:{instance.region}:{instance.account}:parameter/{instance.name.removeprefix('/')}",
        name="name",
        name_limit=2048,
        taken="ParameterAlreadyExists",
        replaces=("name", "type"),
        secrets=("value",),
        allowed={"type": ("String", "StringList", "SecureString")},
        outputs=lambda instance: {"version": instance.before.get("version", 0) + 1},
    ),
}
