"""An empty secret in each cloud of a sandbox's world, as a stack of ours makes it."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.simulation.world import World

NAME = "metis-rpc"
SUBSCRIPTION = "12345678-0000-0000-0000-000000000000"
TENANT = "11111111-1111-1111-1111-111111111111"


@dataclass(frozen=True)
class Made:
    cloud: Any
    account: str
    region: str
    id: str
    other: str
    """The id of one that is not there."""
    value: Callable[[], str | None]
    """What the world holds."""


def made_in(world: World, cloud: str) -> Made:
    return MADE[cloud](world)


def _cloud(name: str, world: World, **config: str) -> Any:
    return importlib.import_module(f"sandbox.simulation.tables.{name}").Cloud(world, config)


def _aws(world: World) -> Made:
    cloud = _cloud("aws", world, region="us-east-2")
    arn = cloud.create("aws:secretsmanager/secret:Secret", NAME, {"name": NAME}, False).id

    def value() -> str | None:
        found = world.find("aws:secretsmanager/secretVersion:SecretVersion", scope=arn)
        return found[-1].properties["secretString"] if found else None

    return Made("aws", cloud.account, "us-east-2", arn, arn.replace(NAME, "other"), value)


def _azure(world: World) -> Made:
    cloud = _cloud("azure_native", world, subscriptionId=SUBSCRIPTION, location="eastus2")
    cloud.create("azure-native:resources:ResourceGroup", "g", {"resourceGroupName": "g", "location": "eastus2"}, False)
    vault = {"sku": {"family": "A", "name": "standard"}, "tenantId": TENANT}
    place = {"resourceGroupName": "g", "vaultName": "acme"}
    cloud.create("azure-native:keyvault:Vault", "v", place | {"location": "eastus2", "properties": vault}, False)
    empty = {"secretName": NAME, "properties": {"value": "placeholder", "attributes": {"enabled": False}}}
    id_ = cloud.create("azure-native:keyvault:Secret", NAME, place | empty, False).id

    def value() -> str | None:
        (found,) = world.find("azure-native:keyvault:Secret", id_=id_)
        held: dict[str, Any] = found.properties["properties"]
        return str(held["value"]) if held["attributes"]["enabled"] else None

    return Made("azure", SUBSCRIPTION, "eastus2", id_, id_.replace(NAME, "other"), value)


def _gcp(world: World) -> Made:
    cloud = _cloud("gcp", world, project="acme", region="us-east1")
    service = {"service": "secretmanager.googleapis.com"}
    cloud.create("gcp:projects/service:Service", "s", service, False)
    replication = {"auto": {}}
    id_ = cloud.create(
        "gcp:secretmanager/secret:Secret", NAME, {"secretId": NAME, "replication": replication}, False
    ).id

    def value() -> str | None:
        found = world.find("gcp:secretmanager/secretVersion:SecretVersion", scope=id_)
        return found[-1].properties["secretData"] if found else None

    return Made("gcp", "acme", "us-east1", id_, id_.replace(NAME, "other"), value)


MADE: dict[str, Callable[[World], Made]] = {"aws": _aws, "azure": _azure, "gcp": _gcp}
