"""Vaults with their keys and secrets, and logs."""

import os
import re
from typing import Any

from nodeyard.clouds.azure.limits import LOG_DAYS, PUBLIC_ACCESS

from ...resource import CloudError, Instance, Resource
from ...world import Object, World
from .arm import within_group
from .network import IN_GROUP

CANARY = "sandbox canary for "
VAULT, SECRET = "azure-native:keyvault:Vault", "azure-native:keyvault:Secret"
VAULTS = "Microsoft.KeyVault/vaults/"
BURIED = " (deleted, and recoverable)"
URL = "https://{vault}.vault.azure.net/"


def vault(instance: Instance) -> dict[str, Any]:
    return {"properties": {**instance.inputs["properties"], "vaultUri": URL.format(vault=instance.name)}}


def cidr_of(value: str) -> str:
    """An address is a range of one."""
    return value if "/" in value else f"{value}/32"


def refuse_vault(instance: Instance) -> None:
    if not re.fullmatch(r"(?=.{3,24}$)[a-zA-Z](-?[a-zA-Z0-9])*", instance.name):
        raise CloudError("VaultNameNotValid", f"The vault name '{instance.name}' is invalid.")
    if instance.world.find(VAULT + BURIED, name=instance.name):
        text = "A vault with the same name already exists in deleted state."
        raise CloudError("ConflictError", f"{text} You need to either recover or purge existing key vault.")
    rules = (instance.inputs["properties"].get("networkAcls") or {}).get("ipRules") or []
    if private := [rule["value"] for rule in rules if PUBLIC_ACCESS.problem(cidr_of(rule["value"]))]:
        raise CloudError("BadRequest", f"Private IP addresses are not allowed in IP rules: {', '.join(private)}")
    before = instance.before.get("properties", {})
    for kept in ("enablePurgeProtection", "enableSoftDelete"):
        if before.get(kept) and not instance.inputs["properties"].get(kept):
            raise CloudError("BadRequest", f'The property "{kept}" cannot be set to false.')


def key(instance: Instance) -> dict[str, Any]:
    uri = f"{URL.format(vault=instance.inputs['vaultName'])}keys/{instance.name}"
    return {"keyUri": uri, "keyUriWithVersion": f"{uri}/{instance.hex('version', 32)}"}


# --- secrets


def secret(instance: Instance) -> dict[str, Any]:
    """With its value, which Azure Resource Manager keeps to itself: see `without_value`."""
    uri = f"{URL.format(vault=instance.inputs['vaultName'])}secrets/{instance.name}"
    given = instance.inputs["properties"]
    attributes = {"enabled": True, **(given.get("attributes") or {})}
    versioned = f"{uri}/{version(instance, given.get('value'))}"
    return {"properties": {**given, "attributes": attributes, "secretUri": uri, "secretUriWithVersion": versioned}}


def version(instance: Instance, value: Any) -> str:
    """Of a secret: another value has another."""
    return instance.hex(f"version {value}", 32)


def without_value(token: str, outputs: dict[str, Any]) -> dict[str, Any]:
    """What Azure Resource Manager tells of a secret."""
    if token != SECRET:
        return outputs
    told = {name: value for name, value in outputs["properties"].items() if name != "value"}
    return {**outputs, "properties": told}


def put_canary(instance: Instance) -> None:
    """The sandbox plays the operator: a secret that is made disabled gets a labelled value, in the world and nowhere
    else, and is enabled with it."""
    item = instance.world.find(SECRET, id_=instance.id)[0]
    if item.properties["properties"]["attributes"]["enabled"] or os.environ.get("SANDBOX_EMPTY_SECRETS") == "1":
        return
    fill(instance.world, item, CANARY + instance.name)


def fill(world: World, item: Object, value: str) -> None:
    """Gives a secret another value, as whoever operates the vault does."""
    known = item.properties["properties"]
    filled = {
        **known,
        "value": value,
        "attributes": {**known["attributes"], "enabled": True},
        "secretUriWithVersion": f"{known['secretUri']}/{version(Instance(item.type, {}, world, id=item.id), value)}",
    }
    item.properties = {**item.properties, "properties": filled}
    vault_id = item.id.rpartition("/secrets/")[0]
    world.put(item, [item.id, f"{item.type}/{item.scope}/{item.name}"], [vault_id])


def bury(instance: Instance) -> None:
    """What is deleted keeps its name for the days in which it could be recovered."""
    scope = "everywhere" if instance.type == VAULT else instance.id.rpartition("/secrets/")[0]
    instance.world.put(Object(instance.type + BURIED, scope, instance.id, instance.name), [], [])


def refuse_secret(instance: Instance) -> None:
    if not re.fullmatch("[0-9a-zA-Z-]{1,127}", instance.name):
        raise CloudError("BadParameter", f"The secret name '{instance.name}' is invalid.")
    if instance.world.find(SECRET + BURIED, id_=instance.id):
        text = f"Secret {instance.name} is currently in a deleted but recoverable state"
        raise CloudError("ObjectIsDeletedButRecoverable", f"{text}, and its name cannot be reused; in this state")


def refuse_days(instance: Instance) -> None:
    if (days := instance.get("retentionInDays", 0)) and LOG_DAYS.problem(days):
        raise CloudError(
            "InvalidParameter", f"'RetentionInDays' property doesn't match the SKU limits: {LOG_DAYS.rule}."
        )


RESOURCES = {
    VAULT: Resource(
        within_group(VAULTS + "{name}"),
        name="vaultName",
        name_limit=24,
        scope="everywhere",
        taken="VaultAlreadyExists",
        replaces=("resourceGroupName", "vaultName", "location"),
        outputs=vault,
        later=("properties.vaultUri",),
        refuses=refuse_vault,
        deleted=bury,
    ),
    "azure-native:keyvault:Key": Resource(
        within_group(VAULTS + "{vaultName}/keys/{name}"),
        name="keyName",
        name_limit=127,
        scope=within_group(VAULTS + "{vaultName}"),
        taken="cannot create already existing resource",
        replaces=("resourceGroupName", "vaultName", "keyName"),
        outputs=key,
    ),
    SECRET: Resource(
        within_group(VAULTS + "{vaultName}/secrets/{name}"),
        name="secretName",
        name_limit=127,
        scope=within_group(VAULTS + "{vaultName}"),
        taken="cannot create already existing resource",
        replaces=("resourceGroupName", "vaultName", "secretName"),
        outputs=secret,
        later=("properties.attributes", "properties.secretUri", "properties.secretUriWithVersion"),
        refuses=refuse_secret,
        made=put_canary,
        deleted=bury,
    ),
    "azure-native:operationalinsights:Workspace": Resource(
        within_group("Microsoft.OperationalInsights/workspaces/{name}"),
        name="workspaceName",
        name_limit=63,
        replaces=("resourceGroupName", "workspaceName", "location"),
        refuses=refuse_days,
        outputs=lambda instance: {"customerId": instance.hex("customer", 32)},
        **IN_GROUP,
    ),
    "azure-native:monitor:DiagnosticSetting": Resource(
        "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
        name="name",
        scope="{resourceUri}",
        taken="cannot create already existing resource",
        replaces=("resourceUri", "name"),
    ),
}
