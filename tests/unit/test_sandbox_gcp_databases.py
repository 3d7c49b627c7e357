"""The stand-in for Cloud SQL, its endpoints and its names refuses what Google refuses."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from sandbox.simulation import cloud_of
from sandbox.simulation.cloud import Answer, Cloud
from sandbox.simulation.resource import CloudError
from sandbox.simulation.tables.gcp.databases import AGENT, DATABASE, KEY_MEMBER, RECORD, USER, ZONE
from tests.unit.test_sandbox_gcp import ADDRESS, KEY, PROJECT, REGION, RING, SERVICE, made, network, refusal

RULE = "gcp:compute/forwardingRule:ForwardingRule"
LOOK_UP = "gcp:sql/getDatabaseInstances:getDatabaseInstances"
PSC = {"pscEnabled": True, "allowedConsumerProjects": [PROJECT]}


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    found = cloud_of("gcp", tmp_path, {"project": PROJECT, "region": REGION})
    for service in ("cloudkms", "compute", "dns", "sqladmin"):
        made(found, SERVICE, service=f"{service}.googleapis.com")
    return found


def settings(**changes: Any) -> dict[str, Any]:
    given = {
        "edition": "ENTERPRISE",
        "tier": "db-custom-2-7680",
        "availabilityType": "ZONAL",
        "diskSize": 20,
        "databaseFlags": [{"name": "max_connections", "value": "100"}],
        "ipConfiguration": {"serverCaMode": "GOOGLE_MANAGED_CAS_CA", "pscConfigs": [PSC]},
        "backupConfiguration": {
            "enabled": True,
            "pointInTimeRecoveryEnabled": True,
            "transactionLogRetentionDays": 7,
            "backupRetentionSettings": {"retainedBackups": 8},
        },
    }
    return {**given, **changes}


def inputs(name: str = "db", *, version: str = "17", changed: dict[str, Any] | None = None, **more: Any) -> Any:
    given = {"name": name, "region": REGION, "databaseVersion": f"POSTGRES_{version}"}
    return {**given, "settings": settings(**(changed or {})), **more}


def server(cloud: Cloud, name: str = "db", **more: Any) -> Answer:
    return made(cloud, DATABASE, **inputs(name, **more))


def key(cloud: Cloud, name: str = "k") -> str:
    return made(cloud, KEY, name="k", keyRing=made(cloud, RING, name=name, location=REGION).id).id


def granted(cloud: Cloud, name: str = "k") -> str:
    made(cloud, "gcp:projects/serviceIdentity:ServiceIdentity", service="sqladmin.googleapis.com")
    found = key(cloud, name)
    made(cloud, KEY_MEMBER, cryptoKeyId=found, role="roles/cloudkms.cryptoKeyEncrypterDecrypter", member=AGENT)
    return found


BACKUPS = settings()["backupConfiguration"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"edition": "ENTERPRISE_PLUS"}, "invalid"),
        ({"tier": "db-custom-3-7680"}, "invalid"),
        ({"tier": "db-f1-micro"}, "invalid"),
        ({"diskSize": 9}, "invalid"),
        ({"databaseFlags": [{"name": "max_connections", "value": "262144"}]}, "invalidFlagValue"),
        ({"availabilityType": "REGIONAL", "backupConfiguration": {}}, "invalid"),
        ({"backupConfiguration": {**BACKUPS, "transactionLogRetentionDays": 8}}, "invalid"),
        ({"backupConfiguration": {**BACKUPS, "backupRetentionSettings": {"retainedBackups": 366}}}, "invalid"),
        ({"backupConfiguration": {**BACKUPS, "backupRetentionSettings": {"retainedBackups": 6}}}, "invalid"),
    ],
)
def test_a_server_that_cloud_sql_does_not_have_is_refused(cloud: Cloud, changed: dict[str, Any], code: str) -> None:
    assert refusal(cloud, DATABASE, **inputs(changed=changed)) == code
    server(cloud)


def test_an_edition_that_is_left_out_is_the_dear_one(cloud: Cloud) -> None:
    without = settings()
    del without["edition"]
    assert refusal(cloud, DATABASE, **{**inputs(), "settings": without}) == "invalid"


def test_a_version_that_is_not_had_is_refused(cloud: Cloud) -> None:
    assert refusal(cloud, DATABASE, **inputs(version="9_6")) == "invalid"


def test_a_name_is_taken_once_in_a_project_and_is_free_once_its_server_is_gone(cloud: Cloud) -> None:
    """Cloud SQL's "Delete instances": the name can be used again at once."""
    first = server(cloud, deletionProtection=False)
    assert refusal(cloud, DATABASE, **{**inputs(), "region": "us-east4"}) == "instanceAlreadyExists"
    cloud.delete(DATABASE, first.id, {})
    assert server(cloud).id == first.id == "db"


def test_nothing_is_encrypted_with_a_key_that_cloud_sqls_own_account_may_not_use(cloud: Cloud) -> None:
    assert refusal(cloud, DATABASE, **inputs(encryptionKeyName=key(cloud))) == "kmsKeyPermissionDenied"
    server(cloud, encryptionKeyName=granted(cloud, "other"))


def test_a_server_grows_and_does_not_shrink_and_goes_to_a_newer_version_only(cloud: Cloud) -> None:
    id_ = server(cloud).id
    cloud.update(DATABASE, id_, {}, inputs(version="18", changed={"diskSize": 30}), preview=False)
    ca = {"ipConfiguration": {"serverCaMode": "GOOGLE_MANAGED_INTERNAL_CA", "pscConfigs": [PSC]}}
    for refused in (
        inputs(version="18"),
        inputs(version="17", changed={"diskSize": 30}),
        inputs(version="18", changed={"diskSize": 30, **ca}),
    ):
        with pytest.raises(CloudError, match="invalid"):
            cloud.update(DATABASE, id_, {}, refused, preview=False)
    assert cloud.world.find(DATABASE)[0].properties["settings"]["diskSize"] == 30


def test_a_server_keeps_its_names_and_authorities_in_every_update(cloud: Cloud) -> None:
    first = server(cloud)
    later = cloud.update(DATABASE, first.id, {}, inputs(changed={"diskSize": 30}), preview=False)
    lasting = ("dnsName", "pscServiceAttachmentLink", "serverCaCerts", "connectionName")
    assert {name: later.outputs[name] for name in lasting} == {name: first.outputs[name] for name in lasting}
    [authority] = first.outputs["serverCaCerts"]
    assert x509.load_pem_x509_certificate(authority["cert"].encode()).extensions[0].value.ca
    assert cloud.resources[DATABASE].secrets == ("rootPassword", "serverCaCerts")


def test_a_server_goes_once_both_guards_are_off_and_its_users_go_along(cloud: Cloud) -> None:
    guarded = {"deletionProtectionEnabled": True}
    id_ = server(cloud, changed=guarded).id
    made(cloud, USER, name="admin", instance="db", password="secret")
    for off in ({"changed": guarded, "deletionProtection": False}, {}):
        with pytest.raises(CloudError, match=r"deletionProtection|protected"):
            cloud.delete(DATABASE, id_, {})
        cloud.update(DATABASE, id_, {}, inputs(**off), preview=False)
    with pytest.raises(CloudError, match="deletionProtection"):
        cloud.delete(DATABASE, id_, {})
    cloud.update(DATABASE, id_, {}, inputs(deletionProtection=False), preview=False)
    cloud.delete(DATABASE, id_, {})
    assert cloud.world.find(USER) == []


# --- clones


def test_a_clone_has_the_key_of_what_it_was_made_from_and_a_name_of_its_own(cloud: Cloud) -> None:
    encrypted = granted(cloud)
    first = server(cloud, encryptionKeyName=encrypted)
    clone = server(cloud, "clone", clone={"sourceInstanceName": "db"})
    assert clone.outputs["encryptionKeyName"] == encrypted
    assert clone.outputs["dnsName"] != first.outputs["dnsName"]


def test_nothing_is_cloned_from_nothing(cloud: Cloud) -> None:
    assert refusal(cloud, DATABASE, **inputs(clone={"sourceInstanceName": "no"})) == "instanceDoesNotExist"


@pytest.mark.parametrize(("seconds", "taken"), [(-3600, False), (3600, False), (0, True)])
def test_a_clone_is_of_a_time_that_the_log_has(cloud: Cloud, seconds: int, taken: bool) -> None:
    server(cloud)
    moment = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    clone = inputs("clone", clone={"sourceInstanceName": "db", "pointInTime": moment})
    if taken:
        made(cloud, DATABASE, **clone)
    else:
        assert refusal(cloud, DATABASE, **clone) == "invalid"


# --- users


def test_a_user_is_of_a_server_and_one_that_is_there_gets_the_new_password(cloud: Cloud) -> None:
    assert refusal(cloud, USER, name="admin", instance="db", password="one") == "instanceDoesNotExist"
    server(cloud)
    first, second = (made(cloud, USER, name="admin", instance="db", password=word).id for word in ("one", "two"))
    assert first == second == "admin//db"


# --- the way there


def endpoint(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    vpc, subnet = network(cloud)
    address = made(cloud, ADDRESS, name="a", region=REGION, addressType="INTERNAL", subnetwork=subnet)
    rule = {"name": "r", "region": REGION, "network": vpc, "ipAddress": address.outputs["selfLink"]}
    target = server(cloud).outputs["pscServiceAttachmentLink"]
    return {**rule, "target": target, "loadBalancingScheme": "", **changes}


def test_an_endpoint_is_accepted_and_holds_its_address(cloud: Cloud) -> None:
    rule = made(cloud, RULE, **endpoint(cloud))
    assert rule.outputs["pscConnectionStatus"] == "ACCEPTED"
    with pytest.raises(CloudError, match="resourceInUseByAnotherResource"):
        cloud.delete(ADDRESS, f"projects/{PROJECT}/regions/{REGION}/addresses/a", {})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"loadBalancingScheme": "EXTERNAL"}, "invalid"),
        ({"target": "projects/p/regions/r/serviceAttachments/no"}, "notFound"),
        ({"ipAddress": f"projects/{PROJECT}/regions/{REGION}/addresses/public"}, "invalid"),
    ],
)
def test_an_endpoint_that_leads_nowhere_is_refused(cloud: Cloud, changes: dict[str, Any], code: str) -> None:
    made(cloud, ADDRESS, name="public", region=REGION)
    assert refusal(cloud, RULE, **endpoint(cloud, **changes)) == code


def test_a_private_address_is_of_its_subnet_and_of_one_alone(cloud: Cloud) -> None:
    _, subnet = network(cloud)

    def private(name: str, address: str) -> dict[str, Any]:
        return {"name": name, "region": REGION, "addressType": "INTERNAL", "subnetwork": subnet, "address": address}

    for address in ("10.0.0.1", "10.0.15.254", "10.1.0.5"):
        assert refusal(cloud, ADDRESS, **private("a", address)) == "invalid"
    made(cloud, ADDRESS, **private("a", "10.0.0.2"))
    assert refusal(cloud, ADDRESS, **private("b", "10.0.0.2")) == "IP_IN_USE_BY_ANOTHER_RESOURCE"
    any_ = {"name": "c", "region": REGION, "addressType": "INTERNAL", "subnetwork": subnet}
    assert made(cloud, ADDRESS, **any_).outputs["address"].startswith("10.0.")


def zone(cloud: Cloud, vpc: str, name: str = "z", domain: str = "db.sql.goog.") -> dict[str, Any]:
    seen_in = {"networks": [{"networkUrl": vpc}]}
    return {"name": name, "dnsName": domain, "visibility": "private", "privateVisibilityConfig": seen_in}


def test_a_network_has_one_zone_of_a_name(cloud: Cloud) -> None:
    vpc, _ = network(cloud)
    made(cloud, ZONE, **zone(cloud, vpc))
    assert refusal(cloud, ZONE, **zone(cloud, vpc, "y")) == "invalid"
    made(cloud, ZONE, **zone(cloud, vpc, "y", "other.sql.goog."))
    assert refusal(cloud, ZONE, **zone(cloud, vpc, "x", "third.sql.goog")) == "invalid"


def test_a_record_is_in_its_zone_and_keeps_it(cloud: Cloud) -> None:
    vpc, _ = network(cloud)
    made(cloud, ZONE, **zone(cloud, vpc))
    record = {"managedZone": "z", "name": "db.sql.goog.", "type": "A", "ttl": 300, "rrdatas": ["10.0.0.2"]}
    for changes, code in (
        ({"managedZone": "no"}, "notFound"),
        ({"name": "else.goog."}, "invalid"),
        ({"rrdatas": ["host"]}, "invalid"),
    ):
        assert refusal(cloud, RECORD, **{**record, **changes}) == code
    id_ = made(cloud, RECORD, **record).id
    assert refusal(cloud, RECORD, **record) == "alreadyExists"
    with pytest.raises(CloudError, match="containerNotEmpty"):
        cloud.delete(ZONE, f"projects/{PROJECT}/managedZones/z", {})
    cloud.delete(RECORD, id_, {})
    cloud.delete(ZONE, f"projects/{PROJECT}/managedZones/z", {})


# --- services and look-ups


@pytest.mark.parametrize("service", ["dns", "sqladmin"])
def test_nothing_is_made_or_told_before_its_service_is_on(tmp_path: Path, service: str) -> None:
    off = cloud_of("gcp", tmp_path, {"project": PROJECT, "region": REGION})
    if service == "sqladmin":
        assert refusal(off, DATABASE, **inputs()) == "accessNotConfigured"
        with pytest.raises(CloudError, match=r"sqladmin\.googleapis\.com has not been used in project"):
            off.invoke(LOOK_UP, {})
    else:
        assert refusal(off, ZONE, name="z", dnsName="x.") == "accessNotConfigured"


def test_a_look_up_tells_every_server_of_the_project(cloud: Cloud) -> None:
    server(cloud)
    made(cloud, DATABASE, **{**inputs("far"), "region": "europe-west1"})
    assert [found["name"] for found in cloud.invoke(LOOK_UP, {})["instances"]] == ["db", "far"]
