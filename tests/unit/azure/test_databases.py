"""PostgreSQL servers on Azure."""

import ssl
from hashlib import sha1
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.azure.roles import Role
from nodeyard.clouds.contract.database import ADMIN, DatabaseSpec
from nodeyard.clouds.contract.left_over import Wanted
from nodeyard.clouds.contract.platform import CloudName, PlatformContract
from nodeyard.errors import InputError
from sandbox.mocks import SandboxMocks
from sandbox.simulation import cloud_of
from sandbox.simulation.values import is_secret, plain
from tests.unit.azure.world import GROUP, SUBSCRIPTION, VALUE, ZONES, Make, asked, granted
from tests.unit.recording import Recording

CLOUD = clouds.named(CloudName.AZURE)
SERVER = "azure-native:dbforpostgresql:Server"
ENDPOINT, RECORD = "azure-native:network:PrivateEndpoint", "azure-native:privatedns:PrivateRecordSet"
ZONE, LINK = "azure-native:privatedns:PrivateZone", "azure-native:privatedns:VirtualNetworkLink"
LOCK = "azure-native:authorization:ManagementLockByScope"
SERVERS = f"{GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers"
NAME = "tsm0-12345678"
AT = "2026-11-20T10:00:00Z"


def spec(**changes: Any) -> DatabaseSpec:
    given = {"zones": ZONES[:2], "instance_type": "Standard_D2ds_v5", "disk_gib": 64, "version": "17"}
    return DatabaseSpec(**{**given, "connections": 200, "admin_password": VALUE, **changes})


def build(platform: PlatformContract, opts: ResourceOptions, name: str = "tsm0", **changes: Any) -> dict[str, Any]:
    database = CLOUD.Database(name, spec(**changes), platform, opts)
    assert database.ssl_mode == "verify-full"
    return {"id": database.database_id, "host": database.host, "ca": database.ca, "cidrs": database.cidrs}


def made(make: Make, **changes: Any) -> Recording:
    return make(lambda platform, opts: build(platform, opts, **changes), VALUE)


def there(home: Path, name: str, **changes: Any) -> str:
    """The id of a server that an earlier stack left in a world."""
    azure = cloud_of("azure-native", home, {"subscriptionId": SUBSCRIPTION, "location": "eastus2"})
    inputs = {
        "resourceGroupName": "platform",
        "serverName": name,
        "sku": {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"},
        "storage": {"storageSizeGB": 64},
        **changes,
    }
    id_: str = azure.create(SERVER, "old", inputs, preview=False).id
    return id_


def under(recording: Recording, type_: str, name: str) -> Any:
    return recording.one(type_, f"{name}-endpoint")


# --- what is made


def test_a_server_is_kept_private_and_has_a_standby_in_the_other_zone(make: Make) -> None:
    server = made(make).one(SERVER)
    assert (server.protect, server.retain_on_delete) == (True, True)
    told = server.inputs
    assert (told["serverName"], told["version"], told["administratorLogin"]) == (NAME, "17", ADMIN)
    assert told["sku"] == {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"}
    assert told["storage"] == {"storageSizeGB": 64, "autoGrow": "Disabled"}
    assert told["availabilityZone"] == "1"
    assert told["highAvailability"] == {"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"}
    assert told["backup"] == {"backupRetentionDays": 14, "geoRedundantBackup": "Disabled"}
    assert told["network"] == {"publicNetworkAccess": "Disabled"}
    assert told["createMode"] == "Default"


def test_the_password_of_the_first_user_is_a_secret(make: Make) -> None:
    given = made(make).one(SERVER).inputs["administratorLoginPassword"]
    assert is_secret(given)
    assert plain(given) == VALUE


def test_a_server_with_one_zone_has_no_standby(make: Make) -> None:
    told = made(make, zones=ZONES[2:], instance_type="Standard_E4ds_v5").one(SERVER).inputs
    assert (told["availabilityZone"], told["highAvailability"]) == ("3", {"mode": "Disabled"})
    assert told["sku"]["tier"] == "MemoryOptimized"


def test_a_server_is_encrypted_with_the_platforms_key_by_an_identity_that_outlives_the_stack_with_it(
    make: Make, platform: PlatformContract
) -> None:
    recording = made(make)
    identity = recording.one("azure-native:managedidentity:UserAssignedIdentity", "tsm0-key")
    server = recording.one(SERVER).inputs
    assert server["dataEncryption"] == {
        "type": "AzureKeyVault",
        "primaryKeyURI": f"https://{platform['azure']['key_vault']}.vault.azure.net/keys/disks",
        "primaryUserAssignedIdentityId": identity.id,
    }
    assert server["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {identity.id: {}}}
    key = f"{GROUP}/providers/Microsoft.KeyVault/vaults/{platform['azure']['key_vault']}/keys/disks"
    assert granted(recording, identity.outputs["principalId"]) == {(Role.KEY_VAULT_CRYPTO_USER, key)}
    right = recording.one("azure-native:authorization:RoleAssignment", "tsm0-key")
    for kept in (identity, right):
        assert (kept.protect, kept.retain_on_delete) == (True, True)


def test_without_a_key_of_the_platform_the_services_own_encrypts(make: Make) -> None:
    recording = make(lambda platform, opts: build({**platform, "kms_key": ""}, opts), VALUE)
    server = recording.one(SERVER).inputs
    assert {"dataEncryption", "identity"} & set(server) == set()
    assert not [r for r in recording.resources if r.type == "azure-native:managedidentity:UserAssignedIdentity"]


def test_a_server_takes_connections_by_tls_only(make: Make) -> None:
    parameter = made(make).one("azure-native:dbforpostgresql:Configuration").inputs
    assert (parameter["configurationName"], parameter["value"]) == ("require_secure_transport", "on")
    assert parameter["serverName"] == NAME


def test_a_lock_keeps_a_server_from_whoever_would_delete_it_and_outlives_the_stack(make: Make) -> None:
    recording = made(make)
    lock = recording.one(LOCK)
    assert (lock.protect, lock.retain_on_delete) == (True, True)
    assert (lock.inputs["scope"], lock.inputs["level"]) == (recording.one(SERVER).id, "CanNotDelete")


def test_pods_reach_a_server_under_its_own_name_at_an_address_of_the_first_zones_subnet(
    make: Make, platform: PlatformContract
) -> None:
    recording = made(make)
    endpoint = under(recording, ENDPOINT, "tsm0")
    assert endpoint.inputs["subnet"] == {"id": platform["private_subnets"][0]["id"]}
    [connection] = endpoint.inputs["privateLinkServiceConnections"]
    assert connection["groupIds"] == ["postgresqlServer"]
    assert connection["privateLinkServiceId"] == recording.exports["id"] == f"{SERVERS}/{NAME}"
    [address] = endpoint.outputs["customDnsConfigs"][0]["ipAddresses"]
    record = under(recording, RECORD, "tsm0").inputs
    assert record["aRecords"] == [{"ipv4Address": address}]
    assert (record["privateZoneName"], record["relativeRecordSetName"], record["recordType"]) == (
        f"{NAME}.privatelink.postgres.database.azure.com",
        "@",
        "A",
    )
    assert under(recording, LINK, "tsm0").inputs["virtualNetwork"] == {"id": platform["network_id"]}
    assert recording.exports["cidrs"] == [f"{address}/32"]
    assert recording.exports["host"] == f"{NAME}.postgres.database.azure.com"


def test_two_servers_in_one_network_have_zones_that_do_not_collide(make: Make) -> None:
    """The stand-in refuses a network's second zone of the same name, as Azure does."""
    recording = make(lambda p, opts: {name: build(p, opts, name)["host"] for name in ("tsm0", "tsm1")}, VALUE)
    zones = {zone.inputs["privateZoneName"] for zone in recording.of(ZONE)}
    assert zones == {f"tsm{n}-12345678.privatelink.postgres.database.azure.com" for n in (0, 1)}
    assert len({record.inputs["aRecords"][0]["ipv4Address"] for record in recording.of(RECORD)}) == 2
    assert recording.exports["tsm0"] != recording.exports["tsm1"]


def test_a_client_trusts_the_two_roots_that_azure_names(make: Make) -> None:
    """By the thumbprints of "Azure Certificate Authority details"."""
    bundle = made(make).exports["ca"]
    end = "-----END CERTIFICATE-----\n"
    certificates = [part + end for part in bundle.split(end) if part]
    prints = {sha1(ssl.PEM_cert_to_DER_cert(part), usedforsecurity=False).hexdigest() for part in certificates}
    assert prints == {"df3c24f9bfd666761b268073fe06d1cc8d4f82a4", "73a5e64a3bff8316ff0edccc618a906e4eae4d74"}
    assert len(ssl.create_default_context(cadata=bundle).get_ca_certs()) == 2


# --- what is restored, adopted and found


def restored(world: Path, platform: PlatformContract, source: str, state: dict[str, Any]) -> Recording:
    from tests.unit.recording import record

    mocks = SandboxMocks(world, region="eastus2")
    mocks.state = state

    def program() -> None:
        parent = pulumi.ComponentResource("nodeyard:index:Test", "test")
        providers = CLOUD.providers("test", platform, ResourceOptions(parent=parent))
        build(
            platform,
            ResourceOptions(parent=parent, providers=list(providers)),
            restored_from=source,
            restored_at=AT,
        )

    return record(program, mocks)


def test_a_server_is_restored_without_its_standby_which_the_next_up_makes(
    make: Make, platform: PlatformContract, tmp_path: Path
) -> None:
    source = there(tmp_path / "world", "before-12345678")
    first = made(make, restored_from=source, restored_at=AT).one(SERVER)
    assert first.inputs["createMode"] == "PointInTimeRestore"
    assert (first.inputs["sourceServerResourceId"], first.inputs["pointInTimeUTC"]) == (source, AT)
    assert first.inputs["highAvailability"] == {"mode": "Disabled"}
    assert {"sourceServerResourceId", "pointInTimeUTC"} <= set(first.ignore_changes)


def test_the_next_up_of_a_restored_server_gives_it_its_standby(
    make: Make, platform: PlatformContract, tmp_path: Path
) -> None:
    source = there(tmp_path / "world", "before-12345678")
    under_database = f"urn:pulumi:test::nodeyard::nodeyard:azure:Database${SERVER}::tsm0"
    up = {under_database: {"type": SERVER, "outputs": {}}}
    told = restored(tmp_path / "world", platform, source, up).one(SERVER).inputs
    assert told["createMode"] == "Default"
    assert told["highAvailability"] == {"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"}


def test_an_earlier_stacks_server_is_found_and_adopted_with_an_endpoint_of_this_stacks(
    make: Make, platform: PlatformContract, tmp_path: Path
) -> None:
    id_ = there(tmp_path / "world", NAME)

    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        wanted, other = (Wanted(kind="database", name=name) for name in ("tsm0", "tsm1"))
        found = CLOUD.left_over([wanted, other], platform, asked(opts))
        assert other not in found
        return {"found": list(found[wanted]), **build(platform, opts, existing=found[wanted][0], disk_gib=1)}

    recording = make(program, VALUE)
    assert recording.exports["found"] == [recording.exports["id"]] == [id_]
    assert recording.exports["host"] == f"{NAME}.postgres.database.azure.com"
    assert under(recording, ENDPOINT, "tsm0").inputs["privateLinkServiceConnections"][0]["privateLinkServiceId"] == id_
    assert not [r for r in recording.resources if r.type == LOCK or (r.type == SERVER and r.name == "tsm0")]


def test_a_failover_changes_nothing_of_what_a_program_asks_for(make: Make) -> None:
    swapped = {"availabilityZone", "highAvailability.standbyAvailabilityZone"}
    assert swapped <= set(made(make).one(SERVER).ignore_changes)


# --- what is refused

ELSE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/s"


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"disk_gib": 100}, "disk_gib", "one of 32, 64, 128"),
        ({"instance_type": "Standard_B2s"}, "instance_type", "cannot run a database"),
        ({"instance_type": "Standard_D2s_v5"}, "instance_type", "cannot run a database"),
        ({"connections": 845}, "instance_type", "844 connections at most"),
        ({"version": "12"}, "version", "one of 15, 16, 17, 18"),
        ({"backup_days": 36}, "backup_days", "7 to 35 days"),
        ({"zones": [ZONES[0], ZONES[0]]}, "zones", "two that differ"),
        ({"zones": ZONES}, "zones", "two that differ"),
        ({"zones": ["westus-1"]}, "zones", "is no zone of eastus2"),
        ({"restored_from": f"{SERVERS}/a"}, "restored_at", "must be given on Azure"),
        ({"restored_from": ELSE, "restored_at": AT}, "restored_from", "is no id of this kind"),
        ({"existing": ELSE}, "existing", "is no id of this kind"),
    ],
)
def test_what_azure_would_refuse_is_refused(make: Make, changes: Any, key: str, words: str) -> None:
    with pytest.raises(InputError) as raised:
        made(make, **changes)
    [(path, reason)] = raised.value.problems
    assert path == key
    assert words in reason


def test_each_size_takes_as_many_connections_as_azure_says(platform: PlatformContract) -> None:
    """Azure's "Limits in Azure Database for PostgreSQL", maximum user connections."""
    most = {"D2ds_v5": 844, "D4s_v3": 1703, "D8ads_v5": 3422, "D16ds_v4": 4985, "E2ds_v5": 1703, "E4ads_v6": 3422}
    for size, connections in most.items():
        given = {"instance_type": f"Standard_{size}"}
        assert not list(CLOUD.database_problems(spec(**given, connections=connections), platform)), size
        assert list(CLOUD.database_problems(spec(**given, connections=connections + 1), platform)), size
