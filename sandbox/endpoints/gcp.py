"""Google Cloud: Secret Manager's REST API (Secret Manager reference, v1)."""

import base64
import json
import re
from typing import Any
from urllib.parse import urlsplit

from sandbox.simulation.tables.gcp import Cloud
from sandbox.simulation.tables.gcp.services import SECRET, VERSION, short
from sandbox.simulation.world import Object, World

from . import Answer, Request, Service

CALL = re.compile(
    r"/v1/(?P<secret>projects/(?P<project>[^/]+)/secrets/[^/:]+)(?P<what>:addVersion|/versions|/versions/latest:access)"
)


def secret_manager(world: World, request: Request) -> Answer:
    call = CALL.fullmatch(urlsplit(request.path).path)
    if call is None:
        return refused(404, "NOT_FOUND", f"the sandbox's Secret Manager has no {request.path}")
    secret = next((item for item in world.identified(call["secret"]) if item.type == SECRET), None)
    if secret is None:
        return refused(404, "NOT_FOUND", f"Secret [{call['secret']}] not found.")
    if call["what"] == ":addVersion":
        value = base64.b64decode(json.loads(request.body)["payload"]["data"]).decode()
        cloud = Cloud(world, {"project": call["project"]})
        made = cloud.create(VERSION, "operator", {"secret": secret.id, "secretData": value}, False)
        return Answer({"name": made.outputs["name"], "state": "ENABLED"})
    versions = sorted(world.find(VERSION, scope=secret.id), key=lambda item: int(short(item.id)))
    if call["what"] == "/versions":
        return Answer({"versions": [{"name": item.id, "state": state(item)} for item in versions]})
    return accessed(secret, versions[-1:])


def accessed(secret: Object, newest: list[Object]) -> Answer:
    if not newest:
        return refused(404, "NOT_FOUND", f"Secret [{secret.id}] not found or has no versions.")
    if state(newest[0]) != "ENABLED":
        return refused(400, "FAILED_PRECONDITION", f"Secret Version [{newest[0].id}] is in DISABLED state.")
    data = base64.b64encode(newest[0].properties["secretData"].encode()).decode()
    return Answer({"name": newest[0].id, "payload": {"data": data}})


def state(version: Object) -> str:
    return "ENABLED" if version.properties.get("enabled", True) else "DISABLED"


def refused(code: int, status: str, text: str) -> Answer:
    error: dict[str, Any] = {"code": code, "status": status, "message": text}
    return Answer({"error": error}, code)


SERVICES = {"secretmanager": Service(secret_manager)}
