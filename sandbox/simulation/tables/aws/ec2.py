"""Networks, addresses, machines and disks."""

import ipaddress
from typing import Any

from nodeyard.clouds.aws import limits

from ...resource import CloudError, Instance, Resource
from .functions import zones

EC2 = "arn:aws:ec2:{region}:{account}:"
RULE: dict[str, Any] = {
    "id": "sgr-{hex}",
    "arn": EC2 + "security-group-rule/{id}",
    "unique": "{securityGroupId} {ipProtocol} {fromPort}-{toPort} "
    "{cidrIpv4}{cidrIpv6}{referencedSecurityGroupId}{prefixListId}",
    "taken": "InvalidPermission.Duplicate",
    "replaces": ("securityGroupId",),
    "outputs": lambda instance: {"securityGroupRuleId": instance.id},
}


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


def refuse_vpc(instance: Instance) -> None:
    if limits.NETWORK_PREFIX.problem(ipaddress.IPv4Network(instance.inputs["cidrBlock"]).prefixlen):
        raise CloudError("InvalidVpc.Range", f"The CIDR '{instance.inputs['cidrBlock']}' is invalid.")


def subnet(instance: Instance) -> dict[str, Any]:
    zone = instance.get("availabilityZone", zones(instance.region)[0])
    number = zones(instance.region).index(zone) + 1
    return {
        "availabilityZone": zone,
        "availabilityZoneId": f"{instance.region}-az{number}",
        "ownerId": instance.account,
    }


def refuse_subnet(instance: Instance) -> None:
    refuse_zone(instance)
    network = ipaddress.IPv4Network(instance.inputs["cidrBlock"])
    if not network.subnet_of(ipaddress.IPv4Network(instance.find(instance.inputs["vpcId"])["cidrBlock"])):
        raise CloudError("InvalidSubnet.Range", f"The CIDR '{network}' is invalid: it is not inside the VPC's")
    for other in instance.world.find("aws:ec2/subnet:Subnet", scope=instance.region):
        beside = other.id != instance.id and other.inputs["vpcId"] == instance.inputs["vpcId"]
        if beside and network.overlaps(ipaddress.IPv4Network(other.inputs["cidrBlock"])):
            raise CloudError("InvalidSubnet.Conflict", f"The CIDR '{network}' conflicts with another subnet")


def refuse_zone(instance: Instance) -> None:
    zone = instance.get("availabilityZone")
    if zone and zone not in zones(instance.region):
        raise CloudError(
            "InvalidParameterValue", f"Value ({zone}) for parameter availabilityZone is invalid in {instance.region}"
        )


def eip(instance: Instance) -> dict[str, Any]:
    ip = f"18.{int(instance.hex('net', 2), 16)}." + instance.address("ip").split(".", 2)[2]
    names = f"ec2-{ip.replace('.', '-')}.{instance.region}.compute.amazonaws.com"
    return {"allocationId": instance.id, "publicIp": ip, "publicDns": names}


def refuse_detaching(instance: Instance) -> None:
    """An internet gateway leaves its network only when nothing there has a public address any more."""
    network = instance.get("vpcId")
    for nat in instance.world.find("aws:ec2/natGateway:NatGateway", scope=instance.region):
        if nat.properties.get("publicIp") and instance.find(nat.inputs["subnetId"])["vpcId"] == network:
            text = f"Network {network} has some mapped public address(es). Please unmap those public address(es)"
            raise CloudError("DependencyViolation", f"{text} before detaching the gateway.")


def nat_gateway(instance: Instance) -> dict[str, Any]:
    public = (
        {"publicIp": instance.find(instance.inputs["allocationId"])["publicIp"]} if instance.get("allocationId") else {}
    )
    return {"networkInterfaceId": f"eni-{instance.hex('eni')}", "privateIp": instance.address(), **public}


def launch_template(instance: Instance) -> dict[str, Any]:
    latest = instance.before.get("latestVersion", 0) + 1
    default = latest if instance.get("updateDefaultVersion") else instance.before.get("defaultVersion", 1)
    return {"latestVersion": latest, "defaultVersion": instance.get("defaultVersion", default)}


def architecture(instance_type: str) -> str:
    """What runs on a type; a Mac runs no Linux of either."""
    if limits.MAC.problem(instance_type):
        return "x86_64_mac"
    return "arm64" if limits.ARM.problem(instance_type) else "x86_64"


def refuse_volume(instance: Instance) -> None:
    refuse_zone(instance)
    if not instance.get("size") and not instance.get("snapshotId"):
        raise CloudError("MissingParameter", "The request must contain the parameter size or snapshotId")
    if instance.get("size", 0) and instance.get("size", 0) < instance.before.get("size", 0):
        raise CloudError(
            "InvalidParameterValue", f"New size cannot be smaller than existing size of {instance.before['size']} GiB"
        )
    if problem := volume_problem(instance):
        raise CloudError("InvalidParameterValue", problem)


def refuse_lifecycle_policy(instance: Instance) -> None:
    for schedule in instance.inputs["policyDetails"].get("schedules", []):
        if problem := limits.SNAPSHOT_COUNT.problem(schedule["retainRule"]["count"]):
            raise CloudError("InvalidRequestException", problem)


def volume_problem(instance: Instance) -> str:
    """What a volume's type does not have at its size; empty when nothing is wrong."""
    size, iops, mibps = instance.get("size"), instance.get("iops"), instance.get("throughput")
    if instance.get("type") == "gp3":
        sized, fast = limits.GP3_GIB, limits.GP3_IOPS
        problem = limits.GP3_MIBPS.problem(mibps, iops or limits.GP3_IOPS.least) if mibps else ""
    elif instance.get("type") == "io2":
        sized, fast = limits.IO2_GIB, limits.IO2_IOPS
        problem = "The parameter Throughput is not supported for io2 volumes." if mibps else ""
    else:
        return ""
    if not size:  # that of the snapshot
        return problem
    return sized.problem(size) or (fast.problem(iops, size) if iops else "") or problem


def snapshot(instance: Instance) -> dict[str, Any]:
    volume = instance.find(instance.inputs["volumeId"])
    return {
        "ownerId": instance.account,
        "volumeSize": volume.get("size", 0),
        "encrypted": volume.get("encrypted", False),
    }


RESOURCES = {
    "aws:ec2/vpc:Vpc": Resource(
        "vpc-{hex}",
        EC2 + "vpc/{id}",
        in_use="DependencyViolation",
        replaces=("cidrBlock", "instanceTenancy"),
        defaults={"enableDnsSupport": True, "enableDnsHostnames": False, "instanceTenancy": "default"},
        outputs=vpc,
        refuses=refuse_vpc,
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
        "igw-{hex}",
        EC2 + "internet-gateway/{id}",
        unique="{vpcId}",
        taken="Resource.AlreadyAssociated",
        outputs=lambda instance: {"ownerId": instance.account},
        keeps=refuse_detaching,
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
        in_use="InvalidIPAddress.InUse",
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
        imported="{routeTableId}_{destinationCidrBlock}{destinationIpv6CidrBlock}{destinationPrefixListId}",
        unique="{routeTableId} {destinationCidrBlock}{destinationIpv6CidrBlock}{destinationPrefixListId}",
        taken="RouteAlreadyExists",
        replaces=("routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"),
        outputs=lambda instance: {"state": "active", "origin": "CreateRoute"},
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Resource(
        "rtbassoc-{hex}",
        imported="{subnetId}{gatewayId}/{routeTableId}",
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
        lambda instance: instance.find(instance.inputs["vpcId"])["defaultSecurityGroupId"],
        EC2 + "security-group/{id}",
        puts=True,
        replaces=("vpcId",),
        outputs=lambda instance: {
            "ownerId": instance.account,
            "name": "default",
            "description": "default VPC security group",
        },
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Resource(**RULE),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Resource(**RULE),
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
        unique="{vpcId}{subnetId}{eniId} {trafficType} {logDestination}",
        taken="FlowLogAlreadyExists",
        replaces=(
            "vpcId",
            "subnetId",
            "eniId",
            "trafficType",
            "logDestination",
            "iamRoleArn",
            "maxAggregationInterval",
        ),
        allowed={"trafficType": ("ACCEPT", "REJECT", "ALL")},
        defaults={"maxAggregationInterval": 600, "logDestinationType": "cloud-watch-logs"},
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Resource(
        "vpce-{hex}",
        EC2 + "vpc-endpoint/{id}",
        unique="{vpcId} {serviceName} {routeTableIds}",
        taken="RouteAlreadyExists",
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
    "aws:ebs/snapshot:Snapshot": Resource(
        "snap-{hex}", EC2 + "snapshot/{id}", replaces=("volumeId",), outputs=snapshot
    ),
    "aws:ebs/snapshotCopy:SnapshotCopy": Resource(
        "snap-{hex}",
        EC2 + "snapshot/{id}",
        replaces=("sourceSnapshotId", "sourceRegion"),
        outputs=lambda instance: {"ownerId": instance.account, "volumeId": "vol-ffffffff"},
    ),
    "aws:ec2/tag:Tag": Resource(
        "{resourceId},{key}", unique="{resourceId} {key}", puts=True, replaces=("resourceId", "key")
    ),
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": Resource(
        "policy-{hex}",
        "arn:aws:dlm:{region}:{account}:policy/{id}",
        defaults={"state": "ENABLED"},
        allowed={"state": ("ENABLED", "DISABLED"), "policyDetails.resourceTypes": ("VOLUME", "INSTANCE")},
        refuses=refuse_lifecycle_policy,
    ),
}
