"""PostgreSQL on Google Cloud, as the engine would be told."""

from typing import Any

import pulumi
import pytest
from pulumi import Output, ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.contract.database import ADMIN, DatabaseSpec
from nodeyard.clouds.contract.left_over import Wanted
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.contract.quota import Demand
from nodeyard.clouds.gcp import database
from nodeyard.clouds.gcp.database_endpoint import private_name
from nodeyard.clouds.gcp.database_type import database_type_problem
from sandbox.mocks import SandboxMocks
from tests.unit.gcp_world import ADDRESS, KEY, PROJECT, REGION, SUBNET, ZONES, platform, recorded, refused
from tests.unit.recording import Recording, record
from tests.unit.worlds import empty, plant, with_platform

CLOUD = clouds.named(CloudName.GCP)
SERVER, USER = "gcp:sql/databaseInstance:DatabaseInstance", "gcp:sql/user:User"
RULE, ZONE = "gcp:compute/forwardingRule:ForwardingRule", "gcp:dns/managedZone:ManagedZone"
RECORD = "gcp:dns/recordSet:RecordSet"
NETWORK = f"projects/{PROJECT}/global/networks/platform"
HOST = "0a1b.2c3d.us-central1.sql.goog"
ATTACHMENT = "projects/t-tp/regions/us-central1/serviceAttachments/a"
AUTHORITY = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"


def spec(**changes: Any) -> DatabaseSpec:
    given = {
        "zones": ZONES[:2],
        "instance_type": "db-custom-2-7680",
        "disk_gib": 20,
        "version": "17",
        "connections": 90,
        "admin_password": "open sesame",
    }
    return DatabaseSpec(**{**given, **changes})


def made(mocks: SandboxMocks | None = None, **changes: Any) -> Recording:
    told: dict[str, Any] = {}

    def program() -> None:
        built = CLOUD.Database("tsm", spec(**changes), platform(), ResourceOptions())
        known = {"id": built.database_id, "host": built.host, "ca": built.ca, "cidrs": built.cidrs}
        Output.all(**known).apply(told.update)
        Output.all(built.ca.is_secret(), built.host.is_secret()).apply(lambda secret: told.update(secret=secret))
        told["ssl_mode"] = built.ssl_mode

    recording = recorded(program, "open sesame", mocks=mocks)
    recording.exports.update(told)
    return recording


def other(mocks: SandboxMocks, name: str = "theirs", **changes: Any) -> None:
    """A server that somebody made before."""
    given = {
        "dnsName": f"{HOST}.",
        "dnsNames": [],
        "pscServiceAttachmentLink": ATTACHMENT,
        "serverCaCerts": [{"cert": AUTHORITY, "createTime": "2026-01-01T00:00:00+00:00"}],
        "settings": {"backupConfiguration": {"transactionLogRetentionDays": 7}},
        "encryptionKeyName": KEY,
    }
    plant(mocks, SERVER, name, PROJECT, ATTACHMENT, f"{SERVER}/{PROJECT}/{name}", name=name, **{**given, **changes})


@pytest.fixture(scope="module")
def recording() -> Recording:
    return made()


# --- the server


def test_a_server_is_encrypted_with_the_platforms_key_and_guarded_three_times(recording: Recording) -> None:
    server = recording.one(SERVER)
    assert (server.inputs["databaseVersion"], server.inputs["region"]) == ("POSTGRES_17", REGION)
    assert server.inputs["encryptionKeyName"] == KEY
    assert (server.protect, server.retain_on_delete) == (True, True)
    assert server.inputs["deletionProtection"] is True
    assert server.inputs["settings"]["deletionProtectionEnabled"] is True


def test_a_server_has_the_edition_type_and_disk_that_are_asked_for(recording: Recording) -> None:
    settings = recording.one(SERVER).inputs["settings"]
    wanted = {"edition": "ENTERPRISE", "tier": "db-custom-2-7680", "diskSize": 20, "diskType": "PD_SSD"}
    assert wanted.items() <= settings.items()
    assert settings["diskAutoresize"] is False
    assert settings["databaseFlags"] == [{"name": "max_connections", "value": str(90 + database.KEPT)}]


def test_with_two_zones_there_is_a_standby_in_the_second(recording: Recording) -> None:
    settings = recording.one(SERVER).inputs["settings"]
    assert settings["availabilityType"] == "REGIONAL"
    assert settings["locationPreference"] == {"zone": ZONES[0], "secondaryZone": ZONES[1]}
    alone = made(zones=ZONES[:1]).one(SERVER).inputs["settings"]
    assert alone["availabilityType"] == "ZONAL"
    assert alone["locationPreference"] == {"zone": ZONES[0]}


def test_nobody_outside_the_project_reaches_a_server_and_nobody_without_tls(recording: Recording) -> None:
    way = recording.one(SERVER).inputs["settings"]["ipConfiguration"]
    assert way["ipv4Enabled"] is False
    assert way.get("authorizedNetworks") is way.get("privateNetwork") is None
    assert way["pscConfigs"] == [{"pscEnabled": True, "allowedConsumerProjects": [PROJECT]}]
    assert (way["sslMode"], way["serverCaMode"]) == ("ENCRYPTED_ONLY", "GOOGLE_MANAGED_CAS_CA")
    assert way["serverCertificateRotationMode"] == "AUTOMATIC_ROTATION_DURING_MAINTENANCE"


@pytest.mark.parametrize(("days", "log", "backups"), [(14, 7, 15), (3, 3, 4)])
def test_the_log_is_kept_as_long_as_the_edition_allows_and_a_backup_longer(days: int, log: int, backups: int) -> None:
    settings = made(backup_days=days).one(SERVER).inputs["settings"]
    kept = settings["backupConfiguration"]
    assert kept["enabled"] is kept["pointInTimeRecoveryEnabled"] is True
    assert kept["transactionLogRetentionDays"] == log
    assert kept["backupRetentionSettings"] == {"retainedBackups": backups, "retentionUnit": "COUNT"}
    assert settings["finalBackupConfig"] == {"enabled": True, "retentionDays": days}


def test_the_first_user_has_the_password_as_a_secret_and_stays(recording: Recording) -> None:
    user = recording.one(USER)
    assert (user.inputs["name"], user.inputs["instance"]) == (ADMIN, recording.one(SERVER).outputs["name"])
    assert user.outputs["password"] == "open sesame"  # in the clear nowhere: `recorded` looks for it
    assert user.retain_on_delete


def test_the_state_keeps_what_no_later_up_may_change(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, Any] = {}
    monkeypatch.setattr(database.Database, "register_outputs", lambda _, outputs: kept.update(outputs))
    made()
    wanted = {"disk_gib": 20, "zones": ZONES[:2], "version": "17", "kms_key": KEY}
    assert {key: kept.get(key) for key in wanted} == wanted


# --- the way there


def test_a_client_finds_the_server_by_the_name_in_its_certificate(recording: Recording) -> None:
    server, address = recording.one(SERVER).outputs, recording.one(ADDRESS)
    zone, record_set = recording.one(ZONE), recording.one(RECORD)
    assert recording.exports["host"] == server["dnsName"].rstrip(".")
    assert zone.inputs["dnsName"] == record_set.inputs["name"] == server["dnsName"]
    assert zone.inputs["visibility"] == "private"
    assert zone.inputs["privateVisibilityConfig"] == {"networks": [{"networkUrl": NETWORK}]}
    assert (record_set.inputs["type"], record_set.inputs["rrdatas"]) == ("A", [address.outputs["address"]])
    assert recording.exports["cidrs"] == [f"{address.outputs['address']}/32"]
    assert recording.exports["ssl_mode"] == "verify-full"


def test_the_endpoint_leads_from_the_platforms_subnet_to_the_servers_attachment(recording: Recording) -> None:
    address, rule = recording.one(ADDRESS), recording.one(RULE).inputs
    wanted = {"addressType": "INTERNAL", "purpose": "GCE_ENDPOINT", "subnetwork": SUBNET}
    assert wanted.items() <= address.inputs.items()
    assert rule["target"] == recording.one(SERVER).outputs["pscServiceAttachmentLink"]
    assert (rule["ipAddress"], rule["network"]) == (address.outputs["selfLink"], NETWORK)
    assert rule["loadBalancingScheme"] == ""


def test_the_authorities_are_told_in_the_clear(recording: Recording) -> None:
    [authority] = recording.one(SERVER).outputs["serverCaCerts"]
    assert recording.exports["ca"] == authority["cert"]
    assert recording.exports["secret"] == [False, False]


def test_the_name_is_the_one_for_the_endpoint_where_a_server_has_several() -> None:
    class Name:
        def __init__(self, name: str, connection_type: str, dns_scope: str = "INSTANCE") -> None:
            self.name, self.connection_type, self.dns_scope = name, connection_type, dns_scope

    psc = "PRIVATE_SERVICE_CONNECT"
    names: Any = [Name("public.", "PUBLIC"), Name("all.", psc, "CLUSTER"), Name("private.", psc)]
    assert private_name("old.", names) == "private."
    assert private_name("old", names[:2]) == "old."
    assert private_name("old.", None) == "old."


# --- restored and adopted


def test_a_restored_server_is_a_clone_with_the_key_of_the_other() -> None:
    mocks = with_platform(platform())
    other(mocks)
    clone = made(mocks, restored_from="theirs")
    server = clone.one(SERVER)
    assert server.inputs["clone"] == {"sourceInstanceName": "theirs"}
    assert server.inputs.get("encryptionKeyName") is None
    assert server.outputs["encryptionKeyName"] == KEY
    assert set(server.ignore_changes) == {"clone", "encryptionKeyName"}
    assert clone.one(USER).inputs["name"] == ADMIN, "and Cloud SQL gives the copied user our password"


def test_a_server_is_restored_as_the_other_was_at_a_time_in_the_zone_that_is_asked_for() -> None:
    mocks = with_platform(platform())
    other(mocks, serverCaCerts=[{"cert": AUTHORITY, "createTime": "2020-01-01T00:00:00+00:00"}])
    moment = (pulumi_now()).isoformat()
    clone = made(mocks, restored_from="theirs", restored_at=moment).one(SERVER).inputs["clone"]
    assert clone == {"sourceInstanceName": "theirs", "pointInTime": moment, "preferredZone": ZONES[0]}


def pulumi_now() -> Any:
    from datetime import UTC, datetime, timedelta

    return datetime.now(UTC) - timedelta(minutes=5)


def test_what_a_server_was_made_from_is_looked_at_once(recording: Recording) -> None:
    assert recording.one(SERVER).ignore_changes == ("clone", "encryptionKeyName")


def test_an_adopted_server_is_read_keeps_its_users_and_gets_an_endpoint() -> None:
    mocks = with_platform(platform())
    other(mocks)
    adopted = made(mocks, existing="theirs", instance_type="db-n1-standard-1", disk_gib=1)
    assert adopted.read == [("tsm-adopted", "theirs")]
    assert not [resource for resource in adopted.resources if resource.type in (SERVER, USER)]
    assert adopted.one(RULE).inputs["target"] == ATTACHMENT
    told = adopted.exports
    assert (told["id"], told["host"], told["ca"]) == ("theirs", HOST, f"{AUTHORITY}\n")


def test_a_server_that_an_earlier_stack_left_is_found_in_whatever_region() -> None:
    mocks = with_platform(platform())
    other(mocks, "tsm", region="europe-west1")
    tsm, absent = Wanted(kind="database", name="tsm"), Wanted(kind="database", name="tsm-2")
    found: dict[Wanted, Any] = {}

    def program() -> None:
        found.update(CLOUD.left_over([tsm, absent], platform(), pulumi.InvokeOptions()))

    recorded(program, mocks=mocks)
    assert found == {tsm: ["tsm"]}


def test_a_project_that_never_had_a_database_has_none_left() -> None:
    """Cloud SQL's API is off there: nobody can have made one."""
    found: dict[Wanted, Any] = {}
    wanted = Wanted(kind="database", name="tsm")

    def program() -> None:
        found.update(CLOUD.left_over([wanted], platform(), pulumi.InvokeOptions()))

    record(program, empty(project=PROJECT, region=REGION))
    assert found == {}


# --- refused before


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"zones": []}, "zones", "give the server's zone"),
        ({"zones": ZONES}, "zones", "give the server's zone"),
        ({"zones": ZONES[:1] * 2}, "zones", "another one for its standby"),
        ({"zones": ["europe-west1-b"]}, "zones[0]", "no zone of us-central1"),
        ({"version": "9.6"}, "version", "one of 13"),
        ({"instance_type": "db-f1-micro"}, "instance_type", "processors of its own"),
        ({"instance_type": "db-custom-3-7680"}, "instance_type", "an even number"),
        ({"disk_gib": 9}, "disk_gib", "10 to 65536 GiB"),
        ({"connections": 262_143}, "connections", "kept for Cloud SQL itself"),
        ({"backup_days": 0}, "backup_days", "1 or more"),
        ({"backup_days": 365}, "backup_days", "1 to 365 daily backups"),
        ({"restored_at": "2026-01-01T00:00:00Z"}, "restored_at", "`restored_from`"),
    ],
)
def test_what_cloud_sql_would_refuse_is_refused_before(changes: dict[str, Any], path: str, words: str) -> None:
    found = refused(lambda: CLOUD.Database("tsm", spec(**changes), platform(), ResourceOptions()))
    assert [*found] == [path]
    assert words in found[path]


@pytest.mark.parametrize(
    ("type_", "taken"),
    [
        ("db-custom-1-3840", True),
        ("db-custom-1-6656", True),
        ("db-custom-1-6912", False),  # more than 6.5 GiB
        ("db-custom-1-3584", False),  # less than 3840 MiB
        ("db-custom-2-7681", False),  # no multiple of 256 MiB
        ("db-custom-96-88576", True),
        ("db-custom-96-88320", False),  # less than 0.9 GiB for each
        ("db-custom-98-98304", False),
        ("db-custom-0-3840", False),
        ("db-perf-optimized-N-2", False),
    ],
)
def test_a_machine_type_has_cloud_sqls_proportions(type_: str, taken: bool) -> None:
    assert (database_type_problem(type_) == "") is taken


# --- quotas


def test_a_database_and_a_balancer_count_where_google_counts_them() -> None:
    demand = Demand(databases=[spec(), spec(existing="theirs")], load_balancers=3, balancer_addresses=2, addresses=1)
    needs = {need.called: need.needed for need in CLOUD.quota_needs(demand)}
    assert needs == {
        "Static external IP addresses": 3,
        "Cloud SQL instances per project": 1,
        "Forwarding rules": 3 + 2,
    }


def test_tags_reach_a_databases_settings() -> None:
    inputs = {"settings": {"tier": "t", "user_labels": {"a": "b"}}, "name": "n"}
    tagged = CLOUD.tagged_inputs(SERVER, inputs, {"owner": "us"})
    assert tagged == {"settings": {"tier": "t", "user_labels": {"a": "b", "owner": "us"}}}
