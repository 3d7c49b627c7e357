"""The models of Azure's management clients (azure-mgmt-*), which are generated from the services' own descriptions.

A resource's inputs become the body of the request by which it is made. Held against the model: unknown fields, types,
enumerations, what is required, what only Azure sets, and, where the package still has them, patterns and bounds.
"""

import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import EnumMeta
from functools import cache
from importlib import import_module
from types import ModuleType, UnionType
from typing import Any

from tests.vendors.false_alarms import false_alarm
from tests.vendors.finished import Made, Unmapped, without


@dataclass(frozen=True)
class Body:
    """A model, as `package.Class`, and the inputs that are part of the request's path, not of its body."""

    model: str
    path: tuple[str, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    """What the provider calls otherwise than the model, at whatever depth."""


BODIES = {
    "applicationinsights:Workbook": Body("applicationinsights.Workbook", ("resourceName",)),
    "authorization:RoleAssignment": Body(
        "authorization.RoleAssignmentCreateParameters", ("roleAssignmentName", "scope")
    ),
    "authorization:ManagementLockByScope": Body("resource.locks.ManagementLockObject", ("lockName", "scope")),
    "compute:Disk": Body("compute.Disk", ("diskName",)),
    "compute:DiskEncryptionSet": Body("compute.DiskEncryptionSet", ("diskEncryptionSetName",)),
    "compute:VirtualMachine": Body("compute.VirtualMachine", ("vmName",)),
    "compute:VirtualMachineExtension": Body("compute.VirtualMachineExtension", ("vmExtensionName", "vmName")),
    "containerservice:AgentPool": Body("containerservice.AgentPool", ("agentPoolName", "resourceName")),
    "containerservice:ManagedCluster": Body("containerservice.ManagedCluster", ("resourceName",)),
    "dataprotection:BackupInstance": Body("dataprotection.BackupInstanceResource", ("backupInstanceName", "vaultName")),
    "dataprotection:BackupPolicy": Body("dataprotection.BaseBackupPolicyResource", ("backupPolicyName", "vaultName")),
    "dataprotection:BackupVault": Body("dataprotection.BackupVaultResource", ("vaultName",)),
    "dbforpostgresql:Configuration": Body(
        "postgresqlflexibleservers.Configuration", ("configurationName", "serverName")
    ),
    "dbforpostgresql:Server": Body("postgresqlflexibleservers.Server", ("serverName",)),
    "keyvault:Key": Body("keyvault.KeyCreateParameters", ("keyName", "vaultName")),
    "keyvault:Secret": Body("keyvault.SecretCreateOrUpdateParameters", ("secretName", "vaultName")),
    "keyvault:Vault": Body("keyvault.VaultCreateOrUpdateParameters", ("vaultName",)),
    "managedidentity:FederatedIdentityCredential": Body(
        "msi.FederatedIdentityCredential", ("federatedIdentityCredentialResourceName", "resourceName")
    ),
    "managedidentity:UserAssignedIdentity": Body("msi.Identity", ("resourceName",)),
    "monitor:DataCollectionEndpoint": Body("monitor.DataCollectionEndpointResource", ("dataCollectionEndpointName",)),
    "monitor:DataCollectionRule": Body("monitor.DataCollectionRuleResource", ("dataCollectionRuleName",)),
    "monitor:DataCollectionRuleAssociation": Body(
        "monitor.DataCollectionRuleAssociationProxyOnlyResource", ("associationName", "resourceUri")
    ),
    "monitor:ScheduledQueryRule": Body("monitor.ScheduledQueryRuleResource", ("ruleName",)),
    "network:FlowLog": Body("network.FlowLog", ("flowLogName", "networkWatcherName")),
    "network:NatGateway": Body("network.NatGateway", ("natGatewayName",)),
    "network:NetworkInterface": Body("network.NetworkInterface", ("networkInterfaceName",)),
    "network:NetworkSecurityGroup": Body("network.NetworkSecurityGroup", ("networkSecurityGroupName",)),
    "network:PrivateEndpoint": Body("network.PrivateEndpoint", ("privateEndpointName",)),
    "network:PublicIPAddress": Body("network.PublicIPAddress", ("publicIpAddressName",)),
    "network:Subnet": Body("network.Subnet", ("subnetName", "virtualNetworkName")),
    "network:VirtualNetwork": Body("network.VirtualNetwork", ("virtualNetworkName",)),
    "operationalinsights:Table": Body("loganalytics.Table", ("tableName", "workspaceName")),
    "operationalinsights:Workspace": Body("loganalytics.Workspace", ("workspaceName",)),
    "privatedns:PrivateRecordSet": Body(
        "privatedns.RecordSet", ("relativeRecordSetName", "recordType", "privateZoneName")
    ),
    "privatedns:PrivateZone": Body("privatedns.PrivateZone", ("privateZoneName",)),
    "privatedns:VirtualNetworkLink": Body(
        "privatedns.VirtualNetworkLink", ("virtualNetworkLinkName", "privateZoneName")
    ),
    "resources:ResourceGroup": Body("resource.resources.ResourceGroup"),
    "storage:BlobContainer": Body("storage.BlobContainer", ("accountName", "containerName")),
    "storage:BlobServiceProperties": Body("storage.BlobServiceProperties", ("accountName", "blobServicesName")),
    "storage:StorageAccount": Body(
        "storage.StorageAccountCreateParameters",
        ("accountName",),
        {
            "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
            "encryptionIdentity": "identity",
            "encryptionUserAssignedIdentity": "userAssignedIdentity",
            "keyName": "keyname",
            "keyVaultProperties": "keyvaultproperties",
            "keyVaultUri": "keyvaulturi",
            "networkRuleSet": "networkAcls",
            "virtualNetworkResourceId": "id",
        },
    ),
}
NONE = {"monitor:DiagnosticSetting": "azure-mgmt-monitor has not had its model since its version 7"}
"""Types that no package has."""


def problems(made: Made) -> Iterator[str]:
    """What Azure's models say against a resource."""
    type_ = made.type.removeprefix("azure-native:")
    if type_ in NONE:
        return
    if type_ not in BODIES:
        raise Unmapped(made, "azure.BODIES")
    body = BODIES[type_]
    package, _, name = body.model.rpartition(".")
    inputs = without(made.inputs, ("resourceGroupName", *body.path))
    given = renamed(inputs, body.renames)
    model = getattr(models(package), name)
    if "location" in fields(model):
        given.setdefault("location", "of the provider")
    for problem in members(model, given, ""):
        if not false_alarm("azure", problem):
            yield f"{body.model}: {problem}"


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): renamed(item, names) for key, item in value.items()}
    return [renamed(item, names) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Field:
    """What a model says of a field. `type` is a class, or a `[]` or `{}` of one."""

    type: Any
    required: bool = False
    read_only: bool = False
    bounds: Mapping[str, Any] = field(default_factory=dict)


def members(model: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
        return
    model = chosen(model, value)
    known = fields(model)
    for key, item in value.items():
        if key not in known:
            yield f"{path}.{key} is no field"
        elif known[key].read_only:
            yield f"{path}.{key} is only told, never taken"
        elif item is not None:
            yield from one(known[key], item, f"{path}.{key}")
    for key, told in known.items():
        if told.required and not told.read_only and key not in value:
            yield f"{path}.{key} is required"


def one(told: Field, value: Any, path: str) -> Iterator[str]:
    origin, inner = typing.get_origin(told.type), typing.get_args(told.type)
    if origin is list:
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for item in value:
            yield from one(Field(inner[0]), item, path)
        yield from out_of_bounds(told, value, path)
    elif origin is dict:
        for key, item in value.items() if isinstance(value, dict) else ():
            yield from one(Field(inner[1]), item, f"{path}.{key}")
    elif isinstance(told.type, type) and hasattr(told.type, "__annotations__") and is_model(told.type):
        yield from members(told.type, value, path)
    else:
        yield from scalar(told, value, path)


def scalar(told: Field, value: Any, path: str) -> Iterator[str]:
    if isinstance(told.type, EnumMeta):
        allowed = [member.value for member in told.type]
        if value not in allowed:
            yield f"{path}: {value!r} is none of {', '.join(map(str, allowed))}"
    elif told.type in (int, float, bool, str):
        wrong_number = told.type is float and isinstance(value, int) and not isinstance(value, bool)
        if type(value) is not told.type and not wrong_number:
            yield f"{path}: {value!r} is no {told.type.__name__}"
    elif told.type is timedelta and not re.fullmatch(r"P(?=.)(\d+[YMWD])*(T(\d+[HMS])+)?", str(value)):
        yield f"{path}: {value!r} is no duration"
    elif told.type is datetime and not re.match(r"\d{4}-\d\d-\d\dT", str(value)):
        yield f"{path}: {value!r} is no time"
    yield from out_of_bounds(told, value, path)


def out_of_bounds(told: Field, value: Any, path: str) -> Iterator[str]:
    """By what msrest calls its validations."""
    for rule, bound in told.bounds.items():
        size = len(value) if rule.endswith(("length", "items")) else value
        if rule == "pattern" and not re.search(bound, value):
            yield f"{path}: {value!r} does not match {bound}"
        elif (rule.startswith("min") and size < bound) or (rule.startswith("max") and size > bound):
            yield f"{path}: {value!r} is not within its bounds ({rule} {bound})"


# --- what the packages say: the older ones in `_attribute_map`, the newer in annotations ---


def chosen(model: Any, value: Mapping[str, Any]) -> Any:
    """The model that a discriminator names, where there are several."""
    for key, kinds in getattr(model, "_subtype_map", {}).items():
        name = kinds.get(value.get(model._attribute_map[key]["key"]))
        return chosen(getattr(models_of(model), name), value) if name else model
    for key in annotations(model):
        mapping = getattr(model, "__mapping__", {})
        if rest_field(model, key)._is_discriminator and value.get(rest_name(model, key)) in mapping:
            inner = mapping[value[rest_name(model, key)]]
            return chosen(inner, value) if inner is not model else model
    return model


@cache
def fields(model: Any) -> dict[str, Field]:
    """By their names in the request. What stands in `properties` there stands beside it in a provider's inputs."""
    own = older(model) if hasattr(model, "_attribute_map") else newer(model)
    inner = own.get("properties")
    if inner is None or not is_model(inner.type):
        return own
    nested = fields(inner.type)
    outer = {key: told for key, told in own.items() if key not in nested or not told.read_only}
    required = {key: Field(told.type, False, told.read_only, told.bounds) for key, told in nested.items()}
    return {**required, **outer}


def newer(model: Any) -> dict[str, Field]:
    found = {}
    for key, told in annotations(model).items():
        rest = rest_field(model, key)
        optional = type(None) in typing.get_args(told)
        found[rest_name(model, key)] = Field(plain_type(told), not optional, rest._visibility == ["read"])
    return found


def older(model: Any) -> dict[str, Field]:
    found = {}
    for key, told in model._attribute_map.items():
        rules = dict(model._validation.get(key, {}))
        path = told["key"].replace("\\.", "\0").split(".")
        name = path[-1].replace("\0", ".")
        if len(path) > 1 and name in found and not found[name].read_only:
            continue  # of two with a name, the provider's input is the outer one
        described = re.search(rf":(?:vartype|type) {key}: (?:str|int|float) or\s+~[\w.]+\.(\w+)", model.__doc__ or "")
        type_ = getattr(models_of(model), described[1]) if described else msrest(model, told["type"])
        found[name] = Field(type_, rules.pop("required", False), rules.pop("readonly", False), rules)
    return found


def msrest(model: Any, name: str) -> Any:
    if name[0] == "[":
        return list[msrest(model, name[1:-1])]  # type: ignore[misc]
    if name[0] == "{":
        return dict[str, msrest(model, name[1:-1])]  # type: ignore[misc]
    known = {
        "str": str,
        "int": int,
        "long": int,
        "float": float,
        "bool": bool,
        "duration": timedelta,
        "iso-8601": datetime,
    }
    return known.get(name) or getattr(models_of(model), name, object)


def plain_type(told: Any) -> Any:
    """Without what makes it optional; an enumeration where a text of one is meant."""
    if typing.get_origin(told) in (typing.Union, UnionType):
        kinds = [each for each in typing.get_args(told) if each is not type(None)]
        return next((each for each in kinds if isinstance(each, EnumMeta)), plain_type(kinds[0]))
    if typing.get_origin(told) in (list, dict):
        *head, last = typing.get_args(told)
        return typing.get_origin(told)[(*head, plain_type(last))]
    return told


@cache
def annotations(model: Any) -> dict[str, Any]:
    if not hasattr(model, "__annotations__"):
        return {}
    package = models_of(model)
    names = {"_models": package, "_types": object}
    hints: dict[str, Any] = {}
    for part in reversed(model.__mro__):
        if is_model(part):
            module = vars(import_module(part.__module__))
            hints |= typing.get_type_hints(part, module, names) if "__annotations__" in vars(part) else {}
    return {key: told for key, told in hints.items() if key in rest_fields(model)}


@cache
def rest_fields(model: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in reversed(model.__mro__):
        found |= {key: told for key, told in vars(part).items() if hasattr(told, "_rest_name_input")}
    return found


def rest_field(model: Any, key: str) -> Any:
    return rest_fields(model)[key]


def rest_name(model: Any, key: str) -> str:
    return rest_field(model, key)._rest_name_input or key


def is_model(kind: Any) -> bool:
    return hasattr(kind, "_attribute_map") or any(part.__name__ == "Model" for part in getattr(kind, "__mro__", ())[1:])


def models(package: str) -> ModuleType:
    return import_module(f"azure.mgmt.{package}.models")


def models_of(model: Any) -> ModuleType:
    return import_module(model.__module__.rpartition(".")[0])
