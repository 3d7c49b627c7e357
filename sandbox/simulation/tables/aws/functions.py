"""AWS functions that programs call: what an account answers when it is asked instead of told."""

import json
from typing import Any

from ...resource import CloudError, Instance
from .default_network import get_subnet, get_subnets, get_vpc, get_vpcs
from .snapshots import get_ebs_volumes, get_snapshot, get_snapshot_ids

ACCOUNT = "123456789012"
ADDON_VERSIONS = {
    "coredns": "v1.12.1-eksbuild.2",
    "kube-proxy": "v1.33.0-eksbuild.2",
    "vpc-cni": "v1.19.5-eksbuild.1",
    "aws-ebs-csi-driver": "v1.45.0-eksbuild.2",
    "eks-pod-identity-agent": "v1.3.7-eksbuild.2",
}


def zones(region: str) -> list[str]:
    return [region + letter for letter in "abc"]


def get_caller_identity(instance: Instance) -> dict[str, Any]:
    return {"id": ACCOUNT, "accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:user/sandbox", "userId": "AIDASANDBOX"}


def get_partition(instance: Instance) -> dict[str, Any]:
    return {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}


def get_region(instance: Instance) -> dict[str, Any]:
    region = instance.region
    return {
        "id": region,
        "region": region,
        "name": region,
        "description": region,
        "endpoint": f"ec2.{region}.amazonaws.com",
    }


def get_availability_zones(instance: Instance) -> dict[str, Any]:
    names = zones(instance.region)
    ids = [f"{instance.region}-az{number}" for number, _ in enumerate(names, 1)]
    return {
        "id": instance.region,
        "names": names,
        "zoneIds": ids,
        "groupNames": [instance.region],
        "region": instance.region,
    }


def get_ami(instance: Instance) -> dict[str, Any]:
    instance.id = json.dumps(dict(instance.inputs), sort_keys=True)
    image = f"ami-{instance.hex()}"
    arn = f"arn:aws:ec2:{instance.region}::image/{image}"
    return {
        **instance.inputs,
        "id": image,
        "imageId": image,
        "arn": arn,
        "architecture": "x86_64",
        "rootDeviceName": "/dev/xvda",
    }


def get_parameter(instance: Instance) -> dict[str, Any]:
    name = instance.inputs["name"]
    found = instance.world.find("aws:ssm/parameter:Parameter", scope=instance.region, name=name)
    if not found and not name.startswith("/aws/service/"):
        raise CloudError("ParameterNotFound", f"parameter {name}")
    instance.id = name
    kept = found[0].properties if found else {"insecureValue": f"ami-{instance.hex()}", "type": "String"}
    value = kept.get("value") or kept["insecureValue"]
    clear = {} if kept["type"] == "SecureString" else {"insecureValue": value}
    return {"id": name, "name": name, "value": value, **clear, "type": kept["type"], "version": 1}


def get_addon_version(instance: Instance) -> dict[str, Any]:
    name = instance.inputs["addonName"]
    if name not in ADDON_VERSIONS:
        raise CloudError(
            "ResourceNotFoundException", f"no add-on is called {name}; known here: {', '.join(ADDON_VERSIONS)}"
        )
    return {**instance.inputs, "id": name, "version": ADDON_VERSIONS[name], "mostRecent": True}


def get_secret_versions(instance: Instance) -> dict[str, Any]:
    secret = instance.inputs["secretId"]
    found = instance.world.find("aws:secretsmanager/secretVersion:SecretVersion", scope=secret)
    if not instance.world.identified(secret):
        raise CloudError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    when = {"createdTime": "2026-01-01T00:00:00Z", "lastAccessedDate": ""}
    versions = [{"versionId": item.id.split("|")[1], "versionStages": ["AWSCURRENT"], **when} for item in found]
    return {
        "id": secret,
        "arn": secret,
        "name": secret.split(":secret:")[-1][:-7],
        "secretId": secret,
        "versions": versions,
    }


def get_policy_document(instance: Instance) -> dict[str, Any]:
    document: dict[str, Any] = {"Version": instance.get("version", "2012-10-17")}
    if instance.get("policyId"):
        document["Id"] = instance.inputs["policyId"]
    document["Statement"] = [statement(given) for given in instance.get("statements", [])]
    return {**instance.inputs, "id": "0", "json": json.dumps(document, indent=2), "minifiedJson": json.dumps(document)}


def statement(given: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"Sid": given["sid"]} if given.get("sid") else {}
    made["Effect"] = given.get("effect") or "Allow"
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if listed := given.get(argument(name)):
            made[name] = single(listed)
    for name in ("Principal", "NotPrincipal"):
        if listed := given.get(argument(name)):
            made[name] = {principal["type"]: single(principal["identifiers"]) for principal in listed}
    for condition in given.get("conditions") or []:
        tests = made.setdefault("Condition", {}).setdefault(condition["test"], {})
        tests[condition["variable"]] = single(condition["values"])
    return made


def argument(name: str) -> str:
    """IAM's NotAction is the function's notActions."""
    return f"{name[0].lower()}{name[1:]}s"


def single(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


FUNCTIONS = {
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getPartition:getPartition": get_partition,
    "aws:index/getRegion:getRegion": get_region,
    "aws:index/getAvailabilityZones:getAvailabilityZones": get_availability_zones,
    "aws:iam/getPolicyDocument:getPolicyDocument": get_policy_document,
    "aws:ebs/getEbsVolumes:getEbsVolumes": get_ebs_volumes,
    "aws:ebs/getSnapshot:getSnapshot": get_snapshot,
    "aws:ebs/getSnapshotIds:getSnapshotIds": get_snapshot_ids,
    "aws:ec2/getAmi:getAmi": get_ami,
    "aws:ec2/getSubnet:getSubnet": get_subnet,
    "aws:ec2/getSubnets:getSubnets": get_subnets,
    "aws:ec2/getVpc:getVpc": get_vpc,
    "aws:ec2/getVpcs:getVpcs": get_vpcs,
    "aws:secretsmanager/getSecretVersions:getSecretVersions": get_secret_versions,
    "aws:ssm/getParameter:getParameter": get_parameter,
    "aws:eks/getAddonVersion:getAddonVersion": get_addon_version,
}
