"""Azure: the secrets of Key Vault (REST API reference, "Set Secret", "Get Secret", "Get Secret Versions")."""

import json
from typing import Any
from urllib.parse import urlsplit

from sandbox.simulation.tables.azure_native.services import SECRET, fill
from sandbox.simulation.world import Object, World

from . import Answer, Request, Service


def key_vault(world: World, request: Request) -> Answer:
    _, vault, kind, name, *version = urlsplit(request.path).path.rstrip("/").split("/")
    secret = find(world, vault, name)
    if kind != "secrets" or secret is None:
        return refused(404, "SecretNotFound", f"A secret with (name/id) {name} was not found in this key vault.")
    if request.method == "PUT":
        fill(world, secret, json.loads(request.body)["value"])
        return Answer(told(secret, with_value=True))
    if version == ["versions"]:
        return Answer({"value": [told(secret)]})
    if not secret.properties["properties"]["attributes"]["enabled"]:
        return refused(403, "Forbidden", "Operation get is not allowed on a disabled secret.")
    return Answer(told(secret, with_value=True))


def find(world: World, vault: str, name: str) -> Object | None:
    """Neither name tells upper case from lower."""
    place = f"/vaults/{vault}/secrets/{name}".lower()
    return next((item for item in world.find(SECRET) if item.id.lower().endswith(place)), None)


def told(secret: Object, with_value: bool = False) -> dict[str, Any]:
    known = secret.properties["properties"]
    found = {"id": known["secretUriWithVersion"], "attributes": {"enabled": known["attributes"]["enabled"]}}
    return found | {"value": known["value"]} if with_value else found


def refused(status: int, code: str, text: str) -> Answer:
    return Answer({"error": {"code": code, "message": text}}, status)


SERVICES = {"keyvault": Service(key_vault, "/{vault}")}
