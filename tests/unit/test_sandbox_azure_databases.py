"""The stand-in for Azure's database servers, their endpoints, names and locks."""

import ipaddress
from typing import Any

import pytest

from sandbox.simulation.cloud import Answer, Cloud
from tests.unit.test_sandbox_azure import GROUP_ID, NETWORK, SUBNET, changed, made, refused
from tests.unit.test_sandbox_azure import cloud as cloud

SERVER, PARAMETER = "azure-native:dbforpostgresql:Server", "azure-native:dbforpostgresql:Configuration"
LOCK, ENDPOINT = "azure-native:authorization:ManagementLockByScope", "azure-native:network:PrivateEndpoint"
ZONE, LINK = "azure-native:privatedns:PrivateZone", "azure-native:privatedns:VirtualNetworkLink"
RECORD = "azure-native:privatedns:PrivateRecordSet"
AT = "2026-11-20T10:00:00Z"
GENERAL = {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"}


def server(cloud: Cloud, **changes: Any) -> Answer:
    given = {"serverName": "one", "sku": GENERAL, "storage": {"storageSizeGB": 64}, "availabilityZone": "1"}
    return made(cloud, SERVER, **{**given, **changes})


def network(cloud: Cloud) -> tuple[str, str]:
    """The ids of a network and of its one subnet."""
    whole = made(cloud, NETWORK, virtualNetworkName="v", addressSpace={"addressPrefixes": ["10.0.0.0/16"]})
    subnet = made(cloud, SUBNET, virtualNetworkName="v", subnetName="s", addressPrefix="10.0.7.0/28")
    return whole.id, subnet.id


def endpoint(cloud: Cloud, subnet: str, to: str) -> Answer:
    connection = {"name": "c", "groupIds": ["postgresqlServer"], "privateLinkServiceId": to}
    return made(
        cloud,
        ENDPOINT,
        privateEndpointName="e",
        subnet={"id": subnet},
        privateLinkServiceConnections=[connection],
    )


def test_a_servers_name_is_taken_once_in_the_world_and_is_that_of_its_host(cloud: Cloud) -> None:
    assert server(cloud).outputs["fullyQualifiedDomainName"] == "one.postgres.database.azure.com"
    made(cloud, "azure-native:resources:ResourceGroup", resourceGroupName="other")
    with refused("ServerNameAlreadyExists"):
        server(cloud, resourceGroupName="other")


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"serverName": "One"}, "serverName"),
        ({"serverName": "o" * 64}, "serverName"),
        ({"storage": {"storageSizeGB": 100}}, "storageSizeGB"),
        ({"backup": {"backupRetentionDays": 5}}, "backupRetentionDays"),
        (
            {
                "sku": {"name": "Standard_B2s", "tier": "Burstable"},
                "highAvailability": {"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"},
            },
            "HighAvailability",
        ),
        ({"createMode": "PointInTimeRestore", "sourceServerResourceId": "x"}, "pointInTimeUTC"),
    ],
)
def test_a_server_that_azure_would_not_make_is_refused(cloud: Cloud, changes: Any, parameter: str) -> None:
    with refused("InvalidParameterValue", f"{{}}: Invalid value given for parameter {parameter}"):
        server(cloud, **changes)


def test_a_disk_grows_and_never_shrinks(cloud: Cloud) -> None:
    grown = changed(cloud, SERVER, server(cloud), storage={"storageSizeGB": 128})
    assert grown.outputs["storage"] == {"storageSizeGB": 128}
    with refused("InvalidParameterValue"):
        changed(cloud, SERVER, grown, storage={"storageSizeGB": 64})


def test_a_standby_stands_in_another_zone(cloud: Cloud) -> None:
    with refused("InvalidParameterValue", "{}: Your server is in availability zone 1"):
        server(cloud, highAvailability={"mode": "ZoneRedundant", "standbyAvailabilityZone": "1"})


def test_a_restore_needs_a_source_that_is_there_and_a_disk_as_large(cloud: Cloud) -> None:
    restore = {"createMode": "PointInTimeRestore", "pointInTimeUTC": AT, "serverName": "two"}
    gone = f"{GROUP_ID}/providers/Microsoft.DBforPostgreSQL/flexibleServers/one"
    with refused("ResourceNotFound"):
        server(cloud, **restore, sourceServerResourceId=gone)
    source = server(cloud).id
    with refused("InvalidParameterValue"):
        server(cloud, **restore, sourceServerResourceId=source, storage={"storageSizeGB": 32})
    two = server(cloud, **restore, sourceServerResourceId=source)
    cloud.delete(SERVER, source, {})
    assert changed(cloud, SERVER, two, createMode="Default").id == two.id, "it outlives what it was made from"


def test_a_standby_that_a_restore_would_not_make_is_told(cloud: Cloud) -> None:
    """Azure makes none, and says nothing."""
    with refused("a server is restored without its standby", "{}"):
        server(
            cloud,
            serverName="two",
            createMode="PointInTimeRestore",
            pointInTimeUTC=AT,
            sourceServerResourceId=server(cloud).id,
            highAvailability={"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"},
        )


def test_a_lock_keeps_a_server_until_it_is_gone(cloud: Cloud) -> None:
    locked = server(cloud).id
    lock = cloud.create(LOCK, "l", {"scope": locked, "lockName": "l", "level": "CanNotDelete"}, preview=False)
    made(cloud, PARAMETER, serverName="one", configurationName="require_secure_transport", value="on")
    with refused("ScopeLocked"):
        cloud.delete(SERVER, locked, {})
    cloud.delete(LOCK, lock.id, {})
    cloud.delete(SERVER, locked, {})


def test_an_endpoint_has_an_address_of_its_subnet_that_is_not_azures_own(cloud: Cloud) -> None:
    _, subnet = network(cloud)
    [config] = endpoint(cloud, subnet, server(cloud).id).outputs["customDnsConfigs"]
    assert config["fqdn"] == "one.postgres.database.azure.com"
    [address] = map(ipaddress.ip_address, config["ipAddresses"])
    assert address in list(ipaddress.ip_network("10.0.7.0/28"))[4:-1]


def test_an_endpoint_needs_its_server(cloud: Cloud) -> None:
    _, subnet = network(cloud)
    with refused("ResourceNotFound"):
        endpoint(cloud, subnet, f"{GROUP_ID}/providers/Microsoft.DBforPostgreSQL/flexibleServers/none")


def linked(cloud: Cloud, group: str, zone: str, to: str) -> Answer:
    made(cloud, ZONE, resourceGroupName=group, privateZoneName=zone, location="Global")
    given = {"resourceGroupName": group, "privateZoneName": zone, "virtualNetworkLinkName": "l", "location": "Global"}
    return made(cloud, LINK, **given, virtualNetwork={"id": to})


def test_a_network_is_linked_to_one_zone_of_a_name(cloud: Cloud) -> None:
    whole, _ = network(cloud)
    made(cloud, "azure-native:resources:ResourceGroup", resourceGroupName="other")
    linked(cloud, "g", "a.example", whole)
    linked(cloud, "g", "b.a.example", whole)
    with refused("BadRequest", "{}: A virtual network cannot be linked to multiple zones"):
        linked(cloud, "other", "a.example", whole)


def test_a_zone_with_a_link_is_not_deleted(cloud: Cloud) -> None:
    whole, _ = network(cloud)
    link = linked(cloud, "g", "a.example", whole)
    record = made(cloud, RECORD, privateZoneName="a.example", recordType="A", relativeRecordSetName="@", ttl=10)
    zone = link.id.rpartition("/virtualNetworkLinks/")[0]
    assert record.id == f"{zone}/A/@"
    with refused("CannotDeleteResource"):
        cloud.delete(ZONE, zone, {})
    cloud.delete(LINK, link.id, {})
    cloud.delete(ZONE, zone, {})
