"""AWS: Secrets Manager's JSON protocol (AWS Secrets Manager API Reference)."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.simulation.tables.aws import Cloud
from sandbox.simulation.tables.aws.services import BURIED, VERSION
from sandbox.simulation.world import Object, World

from . import Answer, Request, Service, aws_look_ups

SECRET = "aws:secretsmanager/secret:Secret"
CURRENT = ["AWSCURRENT"]
Asked = Mapping[str, Any]


def secrets_manager(world: World, request: Request) -> Answer:
    action = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    asked = json.loads(request.body)
    if action not in ACTIONS:
        return refused("UnknownOperationException", f"the sandbox's Secrets Manager has no {action}")
    buried = world.find(BURIED, id_=asked["SecretId"])
    if buried and action == "DescribeSecret":
        return Answer({"ARN": buried[0].id, "Name": buried[0].name, "DeletedDate": time.time()})
    if buried:
        text = "You can't perform this operation on the secret because it was marked for deletion."
        return refused("InvalidRequestException", text)
    secret = find(world, asked["SecretId"])
    if secret is None:
        return refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    return ACTIONS[action](world, secret, asked)


def describe(world: World, secret: Object, asked: Asked) -> Answer:
    newest = versions(world, secret)[-1:]
    return Answer(named(secret) | {"VersionIdsToStages": {version_id(version): CURRENT for version in newest}})


def put(world: World, secret: Object, asked: Asked) -> Answer:
    cloud = Cloud(world, {"region": secret.id.split(":")[3]})
    made = cloud.create(VERSION, "operator", {"secretId": secret.id, "secretString": asked["SecretString"]}, False)
    return Answer(named(secret) | {"VersionId": made.outputs["versionId"], "VersionStages": CURRENT})


def get(world: World, secret: Object, asked: Asked) -> Answer:
    found = versions(world, secret)
    if not found:
        text = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
        return refused("ResourceNotFoundException", text)
    value = {"VersionId": version_id(found[-1]), "SecretString": found[-1].properties["secretString"]}
    return Answer(named(secret) | value | {"VersionStages": CURRENT})


def find(world: World, secret: str) -> Object | None:
    """By its ARN or its name."""
    found = [*world.identified(secret), *world.find(SECRET, name=secret)]
    return next((item for item in found if item.type == SECRET), None)


def versions(world: World, secret: Object) -> list[Object]:
    return world.find(VERSION, scope=secret.id)


def version_id(version: Object) -> str:
    return version.id.rpartition("|")[2]


def named(secret: Object) -> dict[str, Any]:
    return {"ARN": secret.id, "Name": secret.name}


def refused(code: str, text: str) -> Answer:
    return Answer({"__type": code, "message": text}, 400)


ACTIONS: dict[str, Callable[[World, Object, Asked], Answer]] = {
    "DescribeSecret": describe,
    "PutSecretValue": put,
    "GetSecretValue": get,
}
SERVICES = {"secretsmanager": Service(secrets_manager), **aws_look_ups.SERVICES}
