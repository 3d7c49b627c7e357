"""Keys, secrets, logs and parameters."""

import os

from nodeyard.clouds.aws.limits import LOG_DAYS

from ...resource import CloudError, Instance, Resource
from ...world import Object

CANARY = "sandbox canary for "
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
BURIED = "aws:secretsmanager/secret:Secret (scheduled for deletion)"


def put_canary(instance: Instance) -> None:
    """The sandbox plays the operator: the secret gets a labelled value, in the world and nowhere else."""
    if os.environ.get("SANDBOX_EMPTY_SECRETS") != "1":
        value = {"secretId": instance.id, "secretString": CANARY + instance.name}
        version = Object(VERSION, instance.id, f"{instance.id}|operator", inputs=value, properties=value)
        instance.world.put(version, [], [instance.id])


def drop_canary(instance: Instance) -> None:
    for version in instance.world.find(VERSION, id_=f"{instance.find(instance.inputs['secretId'])['arn']}|operator"):
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


def refuse_retention(instance: Instance) -> None:
    if (days := instance.get("retentionInDays", 0)) and LOG_DAYS.problem(days):
        text = f"Value '{days}' at 'retentionInDays' failed to satisfy constraint: {LOG_DAYS.rule}"
        raise CloudError("InvalidParameterException", text)


RESOURCES = {
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
        outputs=lambda instance: {"targetKeyArn": instance.find(instance.inputs["targetKeyId"])["arn"]},
    ),
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
            "arn": instance.find(instance.inputs["secretId"])["arn"],
            "secretArn": instance.find(instance.inputs["secretId"])["arn"],
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
        defaults={"retentionInDays": 0},  # for ever
        refuses=refuse_retention,
    ),
    "aws:ssm/parameter:Parameter": Resource(
        arn=lambda instance: (
            f"arn:aws:ssm:{instance.region}:{instance.account}:parameter/{instance.name.removeprefix('/')}"
        ),
        name="name",
        name_limit=2048,
        taken="ParameterAlreadyExists",
        replaces=("name", "type"),
        secrets=("value",),
        allowed={"type": ("String", "StringList", "SecureString")},
        outputs=lambda instance: {"version": instance.before.get("version", 0) + 1},
    ),
}
