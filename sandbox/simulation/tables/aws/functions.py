"""AWS functions that programs call: what an account answers when it is asked instead of told."""

import contextlib
import re
import sqlite3
from typing import Any

from ...resource import CloudError, Instance
from ...world import Object
from .buckets import get_buckets
from .databases import get_instances
from .default_network import get_subnet, get_subnets, get_vpc, get_vpcs
from .look_ups import get_ebs_volumes, get_eips, get_secrets, get_snapshot, get_snapshot_ids
from .versions import get_addon_version

ACCOUNT = "123456789012"
IMAGE = "aws: an image that the account may use"


def zones(region: str) -> list[str]:
    return [region + letter for letter in "abc"]


def get_caller_identity(instance: Instance) -> dict[str, Any]:
    return {"id": ACCOUNT, "accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:user/sandbox", "userId": "AIDASANDBOX"}


def public_image(instance: Instance) -> str:
    """The image that a public parameter names: its name tells of which architecture it is."""
    instance.id = name = instance.inputs["name"]
    image = Object(IMAGE, instance.region, f"ami-{instance.hex()}")
    image.properties = {"architecture": "arm64" if re.search("arm64|aarch64", name) else "x86_64"}
    with contextlib.suppress(sqlite3.IntegrityError):  # it has been asked for before
        instance.world.put(image, [], [])
    return image.id


def get_parameter(instance: Instance) -> dict[str, Any]:
    name = instance.inputs["name"]
    found = instance.world.find("aws:ssm/parameter:Parameter", scope=instance.region, name=name)
    if not found and not name.startswith("/aws/service/"):
        raise CloudError("ParameterNotFound", f"parameter {name}")
    kept = found[0].properties if found else {"insecureValue": public_image(instance), "type": "String"}
    value = kept.get("value") or kept["insecureValue"]
    clear = {} if kept["type"] == "SecureString" else {"insecureValue": value}
    return {"id": name, "name": name, "value": value, **clear, "type": kept["type"], "version": 1}


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


FUNCTIONS = {
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:ebs/getEbsVolumes:getEbsVolumes": get_ebs_volumes,
    "aws:ebs/getSnapshot:getSnapshot": get_snapshot,
    "aws:ebs/getSnapshotIds:getSnapshotIds": get_snapshot_ids,
    "aws:ec2/getEips:getEips": get_eips,
    "aws:ec2/getSubnet:getSubnet": get_subnet,
    "aws:ec2/getSubnets:getSubnets": get_subnets,
    "aws:ec2/getVpc:getVpc": get_vpc,
    "aws:ec2/getVpcs:getVpcs": get_vpcs,
    "aws:eks/getAddonVersion:getAddonVersion": get_addon_version,
    "aws:rds/getInstances:getInstances": get_instances,
    "aws:s3/getBuckets:getBuckets": get_buckets,
    "aws:secretsmanager/getSecrets:getSecrets": get_secrets,
    "aws:secretsmanager/getSecretVersions:getSecretVersions": get_secret_versions,
    "aws:ssm/getParameter:getParameter": get_parameter,
}
