"""PostgreSQL servers, how a network reaches them, and what keeps them from being deleted."""

import ipaddress
import re
from typing import Any

from nodeyard.clouds.azure.limits import DATABASE_BACKUP_DAYS, DATABASE_GIB, DATABASE_VERSIONS

from ...resource import CloudError, Instance, Resource
from .arm import above, within_group
from .network import IN_GROUP, ranges

SERVER = "azure-native:dbforpostgresql:Server"
LINK = "azure-native:privatedns:VirtualNetworkLink"
LOCK = "azure-native:authorization:ManagementLockByScope"
SERVERS = "Microsoft.DBforPostgreSQL/flexibleServers/"
ZONES = "Microsoft.Network/privateDnsZones/"
PASSWORD = "administratorLoginPassword"
RESTORE = "PointInTimeRestore"


def refuse_server(instance: Instance) -> None:
    if not re.fullmatch(r"(?=.{3,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?", instance.name):
        raise invalid("serverName")
    size, before = (known["storageSizeGB"] for known in (instance.inputs["storage"], storage_before(instance)))
    if DATABASE_GIB.problem(size) or size < before:
        raise invalid("storageSizeGB")
    if (version := instance.get("version")) and DATABASE_VERSIONS.problem(version):
        raise invalid("version")
    if DATABASE_BACKUP_DAYS.problem((instance.get("backup") or {}).get("backupRetentionDays", 7)):
        raise invalid("backupRetentionDays")
    refuse_standby(instance)
    if instance.get("createMode") == RESTORE and not instance.before:
        refuse_restore(instance)


def storage_before(instance: Instance) -> dict[str, Any]:
    return {"storageSizeGB": 0, **instance.before.get("storage", {})}


def invalid(parameter: str) -> CloudError:
    text = f"Invalid value given for parameter {parameter}. Specify a valid parameter value."
    return CloudError("InvalidParameterValue", text)


def refuse_standby(instance: Instance) -> None:
    given = instance.get("highAvailability") or {}
    if given.get("mode") != "ZoneRedundant":
        return
    zone = instance.get("availabilityZone")
    if given.get("standbyAvailabilityZone") == zone:
        text = f"Your server is in availability zone {zone}. The zone of the server cannot be same as the standby zone."
        raise CloudError("InvalidParameterValue", text)
    if instance.inputs["sku"]["tier"] == "Burstable":
        raise invalid("HighAvailability")
    if instance.get("createMode") == RESTORE and not instance.before:
        # Azure leaves the standby away and says nothing (Azure/azure-rest-api-specs, issue 20600).
        raise CloudError("", "a server is restored without its standby, which is asked for here: Azure would make none")


def refuse_restore(instance: Instance) -> None:
    if not instance.get("pointInTimeUTC"):
        raise invalid("pointInTimeUTC")
    source = instance.get("sourceServerResourceId", "")
    if not instance.world.identified(source):
        raise CloudError("ResourceNotFound", f"The Resource '{source}' was not found.")
    if instance.find(source)["storage"]["storageSizeGB"] > instance.inputs["storage"]["storageSizeGB"]:
        raise invalid("storageSizeGB")


def server(instance: Instance) -> dict[str, Any]:
    return {"fullyQualifiedDomainName": f"{instance.name}.postgres.database.azure.com", "state": "Ready"}


def keep_locked(instance: Instance) -> None:
    """A lock on something, or on what that lies in, keeps it."""
    for scope in (instance.id, *above(instance.id)):
        if instance.world.find(LOCK, scope=scope):
            text = f"The scope '{instance.id}' cannot perform delete operation because following scope(s) are locked"
            raise CloudError("ScopeLocked", f"{text}: '{scope}'. Please remove the lock and try again.")


def endpoint(instance: Instance) -> dict[str, Any]:
    """With an address of its subnet, behind those that Azure keeps."""
    subnet = ranges(instance.find(instance.inputs["subnet"]["id"]))[0]
    [connection] = instance.inputs["privateLinkServiceConnections"]
    known = instance.find(connection["privateLinkServiceId"])
    address = ipaddress.ip_address(int(subnet[4]) + int(instance.hex("ip", 8), 16) % (subnet.num_addresses - 5))
    config = {"fqdn": known["fullyQualifiedDomainName"], "ipAddresses": [str(address)]}
    return {"customDnsConfigs": [config], "networkInterfaces": []}


def refuse_link(instance: Instance) -> None:
    """A network can be linked to one zone of a name, in whatever group."""
    mine, network = instance.inputs["privateZoneName"], instance.inputs["virtualNetwork"]["id"]
    for other in instance.world.find(LINK):
        same = other.inputs["privateZoneName"] == mine and other.inputs["virtualNetwork"]["id"] == network
        if other.id != instance.id and same:
            text = "A virtual network cannot be linked to multiple zones with overlapping namespaces."
            tried = f"You tried to link virtual network with '{mine}' and '{mine}' zones."
            raise CloudError("BadRequest", f"{text} {tried}")


RESOURCES = {
    SERVER: Resource(
        within_group(SERVERS + "{name}"),
        name="serverName",
        name_limit=63,
        scope="everywhere",
        taken="ServerNameAlreadyExists",
        replaces=(
            *("resourceGroupName", "serverName", "location", "availabilityZone", "administratorLogin"),
            *("sourceServerResourceId", "pointInTimeUTC"),
        ),
        secrets=(PASSWORD,),
        allowed={
            "createMode": ("Default", RESTORE),
            "sku.tier": ("Burstable", "GeneralPurpose", "MemoryOptimized"),
            "highAvailability.mode": ("Disabled", "SameZone", "ZoneRedundant"),
            "network.publicNetworkAccess": ("Enabled", "Disabled"),
        },
        external=("sourceServerResourceId",),  # the server outlives what it was restored from
        outputs=server,
        refuses=refuse_server,
        keeps=keep_locked,
    ),
    "azure-native:dbforpostgresql:Configuration": Resource(
        within_group(SERVERS + "{serverName}/configurations/{name}"),
        name="configurationName",
        scope=within_group(SERVERS + "{serverName}"),
        # Each is there from the beginning, and the provider sets it (pulumi-azure-native, custom_postgres_config.go).
        puts=True,
        replaces=("resourceGroupName", "serverName", "configurationName"),
    ),
    LOCK: Resource(
        "{scope}/providers/Microsoft.Authorization/locks/{name}",
        name="lockName",
        scope="{scope}",
        taken="cannot create already existing resource",
        replaces=("scope", "lockName"),
        allowed={"level": ("CanNotDelete", "ReadOnly")},
    ),
    "azure-native:network:PrivateEndpoint": Resource(
        within_group("Microsoft.Network/privateEndpoints/{name}"),
        name="privateEndpointName",
        name_limit=64,
        replaces=("resourceGroupName", "privateEndpointName", "location", "subnet"),
        outputs=endpoint,
        **IN_GROUP,
    ),
    "azure-native:privatedns:PrivateZone": Resource(
        within_group(ZONES + "{name}"),
        name="privateZoneName",
        name_limit=63,
        in_use="CannotDeleteResource",
        held_by=(LINK,),
        replaces=("resourceGroupName", "privateZoneName"),
        **IN_GROUP,
    ),
    LINK: Resource(
        within_group(ZONES + "{privateZoneName}/virtualNetworkLinks/{name}"),
        name="virtualNetworkLinkName",
        name_limit=80,
        scope=within_group(ZONES + "{privateZoneName}"),
        taken="cannot create already existing resource",
        replaces=("resourceGroupName", "privateZoneName", "virtualNetworkLinkName", "virtualNetwork"),
        refuses=refuse_link,
    ),
    "azure-native:privatedns:PrivateRecordSet": Resource(
        within_group(ZONES + "{privateZoneName}/{recordType}/{name}"),
        name="relativeRecordSetName",
        scope=within_group(ZONES + "{privateZoneName}/{recordType}"),
        taken="cannot create already existing resource",
        replaces=("resourceGroupName", "privateZoneName", "recordType", "relativeRecordSetName"),
    ),
}
