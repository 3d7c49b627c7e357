"""Stacks that use every key of a stack file once, on each cloud: what a team may write besides what is shipped.

A file in `variants/` describes one for each cloud. It begins as the shipped stack that `like` names; `every` says what
is otherwise on each cloud, and the cloud's own section what is otherwise on that one. `null` takes a key away. The text
`there` is the id of something that the account has already, of the kind that the key wants.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.cloud_operator import DISKS, Operator
from tests.engine.harness import CHECKOUT, Sandbox

FILES = Path(__file__).parent / "variants"
CLOUDS = ("aws", "azure", "gcp")
THERE = "there"
KINDS = {
    "existingAddresses": "existingAddress",
    "addresses.miner-0": "existingAddress",
    "existingDisks.1": "existingDisk",
    "database.existing": "existingDatabase",
    "bucket.existing": "existingBucket",
}
"""Keys that want the same kind as another one, or another kind than their name elsewhere."""
SERVERS: dict[str, dict[str, Any]] = {
    "aws": {
        "engine": "postgres",
        "engineVersion": "17",
        "instanceClass": "db.m6g.large",
        "allocatedStorage": 64,
        "username": "nodeyard_admin",
        "password": "old-and-of-nobody",
        "skipFinalSnapshot": True,
    },
    "azure": {
        "version": "17",
        "sku": {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"},
        "storage": {"storageSizeGB": 64},
        "administratorLogin": "nodeyard_admin",
        "administratorLoginPassword": "old-and-of-nobody",
        "network": {"publicNetworkAccess": "Disabled"},
    },
    "gcp": {
        "databaseVersion": "POSTGRES_17",
        "settings": {
            "tier": "db-custom-2-8192",
            "edition": "ENTERPRISE",
            "ipConfiguration": {
                "ipv4Enabled": False,
                "serverCaMode": "GOOGLE_MANAGED_CAS_CA",
                "pscConfigs": [{"pscEnabled": True, "allowedConsumerProjects": ["nodeyard-platform"]}],
            },
        },
    },
}
"""A PostgreSQL server that somebody made before."""
Settings = dict[str, Any]


@dataclass(frozen=True)
class Variant:
    cloud: str
    kind: str
    """What its file is called."""

    @property
    def stack(self) -> str:
        return f"{self.cloud}-{self.kind}"

    @property
    def settings(self) -> Settings:
        """What stands under `nodeyard:stack`."""
        told = yaml.safe_load((FILES / f"{self.kind}.yaml").read_text())
        shipped = shipped_settings(told["like"][self.cloud])
        found: Settings = merged(merged(shipped, told["every"]), told.get(self.cloud, {}))
        return found

    def write(self, sandbox: Sandbox) -> None:
        """Its stack file, where the sandbox has those of the checkout; what it adopts is there then."""
        settings = self.settings
        account = Account(self.cloud, sandbox, settings)
        for number, (holder, place, key) in enumerate(wanted(settings)):
            zone = holder.get("zone") if isinstance(holder, dict) else None
            holder[place] = account.make(key, f"{self.stack}-{number}", zone or account.zone)
        file = sandbox.home / f"projects/{sandbox.project}/configs/Pulumi.{self.stack}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump({"config": {"nodeyard:stack": settings}}))


def all_of(cloud: str) -> list[Variant]:
    """The platform first, on which others stand."""
    kinds = sorted((file.stem for file in FILES.glob("*.yaml")), key=lambda kind: (kind != "platform", kind))
    return [Variant(cloud, kind) for kind in kinds]


def shipped_settings(stack: str) -> Settings:
    config = yaml.safe_load((CHECKOUT / f"configs/Pulumi.{stack}.yaml").read_text())["config"]
    found: Settings = config["nodeyard:stack"]
    return found


def merged(old: Any, new: Any) -> Any:
    if not isinstance(new, dict):
        return new
    before = old if isinstance(old, dict) else {}
    both = {**before, **{key: merged(before.get(key), value) for key, value in new.items()}}
    return {key: value for key, value in both.items() if value is not None}


def wanted(settings: Any, within: str = "") -> Iterator[tuple[Any, str | int, str]]:
    """Each place that wants something that is there: what holds it, where it is in there, and the key that says what it
    is."""
    for key, value in settings.items() if isinstance(settings, dict) else ():
        for place, item in enumerate(value) if isinstance(value, list) else ():
            if item == THERE:
                yield value, place, KINDS.get(key, key)
        if value == THERE:
            yield settings, key, KINDS.get(f"{within}.{key}", key)
        yield from wanted(value, key)


class Account:
    """What somebody made before, with a cloud's own commands."""

    def __init__(self, cloud: str, sandbox: Sandbox, settings: Settings) -> None:
        site = settings.get("site") or Variant(cloud, "platform").settings
        self.cloud, self.region, self.account = cloud, site["region"], site.get("account", "")
        self.group = settings.get("platform", "old")
        self.zone = settings.get("zones", Variant(cloud, "platform").settings["zones"])[0]
        self.operator = Operator(cloud, sandbox.home, self.region, self.account)
        if "site" in settings:
            self.open()

    def open(self) -> None:
        """What an account has before something can be made in it. A platform's has it from the platform."""
        if self.cloud == "gcp":
            for service in ("compute", "secretmanager"):
                self.operator.make("gcp:projects/service:Service", {"service": f"{service}.googleapis.com"})
        if self.cloud == "azure":
            group = {"resourceGroupName": self.group}
            self.operator.make("azure-native:resources:ResourceGroup", group)
            properties = {"tenantId": self.account, "sku": {"family": "A", "name": "standard"}}
            vault = {**group, "vaultName": f"{self.group}-00000000", "properties": properties}
            self.operator.make("azure-native:keyvault:Vault", vault)

    def make(self, key: str, name: str, zone: str) -> str:
        """The id of something that this key may name."""
        if key == "seedFrom":
            disk = self.make("existingDisk", f"{name}-source", zone)
            snapshot = self.operator.snapshot(disk, name)
            self.operator.delete_disk(disk)
            return snapshot
        if (self.cloud, key) == ("azure", "existingBucket"):
            account = {"accountName": _account_of(name), "kind": "StorageV2", "sku": {"name": "Standard_ZRS"}}
            self.operator.make("azure-native:storage:StorageAccount", {"resourceGroupName": self.group, **account})
        type_, inputs = self.forms(name, zone)[key]
        return self.operator.make(type_, inputs)

    def forms(self, name: str, zone: str) -> dict[str, tuple[str, Settings]]:
        group, disk = {"resourceGroupName": self.group}, DISKS[self.cloud]
        if self.cloud == "aws":
            return {
                "existingDisk": (disk, {"availabilityZone": zone, "size": 800, "type": "gp3"}),
                "existingAddress": ("aws:ec2/eip:Eip", {"domain": "vpc"}),
                "existingBucket": ("aws:s3/bucket:Bucket", {"bucket": name}),
                "existing": ("aws:secretsmanager/secret:Secret", {"name": name}),
                "existingDatabase": ("aws:rds/instance:Instance", {"identifier": name, **SERVERS["aws"]}),
            }
        if self.cloud == "gcp":
            secret = {"secretId": name, "replication": {"auto": {}}}
            return {
                "existingDisk": (disk, {"name": name, "zone": zone, "size": 800, "type": "pd-ssd"}),
                "existingAddress": ("gcp:compute/address:Address", {"name": name, "region": self.region}),
                "existingBucket": ("gcp:storage/bucket:Bucket", {"name": name, "location": self.region}),
                "existing": ("gcp:secretmanager/secret:Secret", secret),
                "existingDatabase": (
                    "gcp:sql/databaseInstance:DatabaseInstance",
                    {"name": name, "region": self.region, **SERVERS["gcp"]},
                ),
            }
        empty = {"creationData": {"createOption": "Empty"}, "sku": {"name": "PremiumV2_LRS"}, "diskSizeGB": 800}
        address = {"sku": {"name": "Standard"}, "publicIPAllocationMethod": "Static", "publicIpAddressName": name}
        vault = f"{self.group}-00000000"
        secret = {"vaultName": vault, "secretName": name, "properties": {"value": "old"}}
        container = {**group, "accountName": _account_of(name), "containerName": name}
        return {
            "existingBucket": ("azure-native:storage:BlobContainer", container),
            "existingDisk": (disk, {**group, **empty, "diskName": name, "zones": [zone[-1]]}),
            "existingAddress": ("azure-native:network:PublicIPAddress", {**group, **address}),
            "existing": ("azure-native:keyvault:Secret", {**group, **secret}),
            "existingDatabase": (
                "azure-native:dbforpostgresql:Server",
                {**group, "serverName": f"{name}-00000000", **SERVERS["azure"]},
            ),
        }


def _account_of(container: str) -> str:
    """The storage account of a container: small letters and digits, 24 at most."""
    return container.replace("-", "")[:24]
