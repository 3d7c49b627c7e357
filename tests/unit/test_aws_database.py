"""Databases on AWS: what is made, restored and adopted, what a client checks, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pulumi
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.aws import database
from nodeyard.clouds.contract.database import ADMIN, PORT, DatabaseSpec
from nodeyard.clouds.contract.platform import CloudName, PlatformContract
from nodeyard.errors import InputError
from nodeyard.live import database_problems
from tests.unit.examples import REGION, platform
from tests.unit.recording import Recording, record
from tests.unit.worlds import plant, with_platform

AWS = clouds.named(CloudName.AWS)
A, B, C = (f"{REGION}{zone}" for zone in "abc")
INSTANCE, SUBNETS, PARAMETERS = (
    f"aws:rds/{name}" for name in ("instance:Instance", "subnetGroup:SubnetGroup", "parameterGroup:ParameterGroup")
)
GROUP, RULE = "aws:ec2/securityGroup:SecurityGroup", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
PASSWORD = "a-password-of-nobody"


def spec(**changes: Any) -> DatabaseSpec:
    usual = {"zones": [A, B], "instance_type": "db.m7g.large", "disk_gib": 100, "version": "17", "connections": 200}
    return DatabaseSpec(**{**usual, "admin_password": PASSWORD, **changes})


def made(at: PlatformContract | None = None, **changes: Any) -> tuple[Recording, dict[str, Any]]:
    where, told = at or platform(), {}
    mocks = with_platform(where)
    for name in filter(None, (changes.get("existing"), changes.get("restored_from"))):
        host = {"identifier": name, "address": f"{name}.invalid"}
        plant(mocks, INSTANCE, f"db-{name}", REGION, name=name, **host)

    def program() -> None:
        it = AWS.Database("it", spec(**changes), where, ResourceOptions())
        outputs = {"id": it.database_id, "host": it.host, "ca": it.ca, "cidrs": it.cidrs}
        pulumi.Output.all(**outputs).apply(told.update)
        told["ssl_mode"] = it.ssl_mode

    recording = record(program, mocks)
    recording.check(PASSWORD)
    return recording, told


def server(**changes: Any) -> dict[str, Any]:
    recording, _ = made(**changes)
    return recording.one(INSTANCE).inputs


def test_a_server_is_encrypted_protected_and_kept_and_nobody_outside_reaches_it() -> None:
    recording, told = made()
    instance = recording.one(INSTANCE)
    assert instance.protect
    assert instance.retain_on_delete
    given = {key: instance.inputs[key] for key in ("engine", "engineVersion", "username", "port", "storageType")}
    assert given == {"engine": "postgres", "engineVersion": "17", "username": ADMIN, "port": PORT, "storageType": "gp3"}
    assert (instance.inputs["storageEncrypted"], instance.inputs["kmsKeyId"]) == (True, platform()["kms_key"])
    assert (instance.inputs["deletionProtection"], instance.inputs["publiclyAccessible"]) == (True, False)
    assert (instance.inputs["skipFinalSnapshot"], instance.inputs["deleteAutomatedBackups"]) == (False, False)
    assert instance.inputs["backupRetentionPeriod"] == 14
    assert told["id"] == instance.inputs["identifier"] == "it"
    assert told["host"] == instance.outputs["address"]


def test_what_a_server_cannot_be_without_is_kept_with_it() -> None:
    recording, _ = made()
    below = [one for one in recording.resources if one.type.startswith("aws:")]
    assert len(below) == 5
    assert all(one.retain_on_delete for one in below)


def test_clients_come_from_the_clusters_nodes_and_by_tls_only() -> None:
    recording, _ = made()
    rule = recording.one(RULE).inputs
    assert rule["referencedSecurityGroupId"] == platform()["cluster_security_group"]
    assert (rule["fromPort"], rule["toPort"], rule["ipProtocol"]) == (PORT, PORT, "tcp")
    assert rule["securityGroupId"] == recording.one(GROUP).id
    assert recording.one(INSTANCE).inputs["vpcSecurityGroupIds"] == [recording.one(GROUP).id]
    group = recording.one(PARAMETERS).inputs
    parameters = {parameter["name"]: parameter["value"] for parameter in group["parameters"]}
    assert parameters == {"rds.force_ssl": "1", "max_connections": "205"}
    assert group["family"] == "postgres17"
    assert recording.one(INSTANCE).inputs["parameterGroupName"] == recording.one(PARAMETERS).outputs["name"]


def test_a_standby_stands_in_the_other_zone_and_in_no_third_one() -> None:
    recording, told = made()
    assert recording.one(INSTANCE).inputs["multiAz"] is True
    assert "availabilityZone" not in recording.one(INSTANCE).inputs
    private = platform()["private_subnets"]
    assert recording.one(SUBNETS).inputs["subnetIds"] == [subnet["id"] for subnet in private[:2]]
    assert told["cidrs"] == [subnet["cidr"] for subnet in private[:2]]


def test_a_server_in_one_zone_stands_there_though_rds_wants_two() -> None:
    recording, told = made(zones=[B])
    instance = recording.one(INSTANCE)
    assert (instance.inputs["multiAz"], instance.inputs["availabilityZone"]) == (False, B)
    assert len(recording.one(SUBNETS).inputs["subnetIds"]) == 3
    assert len(told["cidrs"]) == 3


def test_a_server_whose_standby_took_over_and_one_that_was_restored_stay_as_they_are() -> None:
    recording, _ = made()
    assert recording.one(INSTANCE).ignore_changes == ("availabilityZone", "restoreToPointInTime")


@pytest.mark.parametrize(
    ("when", "asked"),
    [
        (None, {"useLatestRestorableTime": True}),
        ("2026-11-20T10:00:00Z", {"restoreTime": "2026-11-20T10:00:00Z"}),
    ],
)
def test_a_server_is_made_as_another_was_at_a_time(when: str | None, asked: dict[str, Any]) -> None:
    told = server(restored_from="before", restored_at=when)["restoreToPointInTime"]
    assert told == {"sourceDbInstanceIdentifier": "before", **asked}
    assert "restoreToPointInTime" not in server()


def test_a_server_that_is_there_is_read_and_nothing_is_made_for_it() -> None:
    recording, told = made(existing="theirs", instance_type="", disk_gib=0, version="", admin_password="")
    assert recording.read == [("it-adopted", "theirs")]
    assert not [one for one in recording.resources if one.type.startswith("aws:") and not one.name.endswith("adopted")]
    assert (told["id"], told["host"], told["cidrs"]) == ("theirs", "theirs.invalid", ["10.0.0.0/16"])


@pytest.mark.parametrize(("gib", "asked"), [(399, (None, None)), (400, (12_000, 500))])
def test_a_disk_of_four_volumes_asks_for_their_performance(gib: int, asked: tuple[int | None, int | None]) -> None:
    told = server(disk_gib=gib)
    assert (told.get("iops"), told.get("storageThroughput")) == asked


def test_a_long_name_is_cut_as_rds_takes_it() -> None:
    name = f"tsm--Mainnet_{'x' * 70}"

    def program() -> None:
        AWS.Database(name, spec(), platform(), ResourceOptions())

    identifier = record(program, with_platform(platform())).one(INSTANCE).inputs["identifier"]
    assert len(identifier) <= 63
    assert "--" not in identifier
    assert identifier == identifier.lower()


# --- what a client checks


def roots(region: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates((database._ROOTS / f"{region}.pem").read_bytes())


REGIONS = sorted(file.stem for file in database._ROOTS.glob("*.pem"))


@pytest.mark.parametrize("region", REGIONS)
def test_a_regions_roots_are_its_own_and_last(region: str) -> None:
    names = [root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value for root in roots(region)]
    assert names == [f"Amazon RDS {region} Root CA {kind} G1" for kind in ("RSA2048", "RSA4096", "ECC384")]
    for root in roots(region):
        root.verify_directly_issued_by(root)
        assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert root.not_valid_after_utc > datetime.now(UTC) + timedelta(days=20 * 365)


def test_a_client_is_told_the_roots_of_the_platforms_region() -> None:
    assert {"us-east-1", "us-east-2", "eu-central-1", "eu-west-1"} <= set(REGIONS)
    recording, told = made()
    assert x509.load_pem_x509_certificates(told["ca"].encode()) == roots(REGION)
    assert told["ssl_mode"] == "verify-full"
    assert recording.one(INSTANCE).inputs["caCertIdentifier"] == "rds-ca-rsa2048-g1"


# --- what is refused


@pytest.mark.parametrize(
    ("key", "changes", "words"),
    [
        ("instance_type", {"instance_type": "m7g.large"}, "no instance type of RDS"),
        ("disk_gib", {"disk_gib": 10}, "20 to 65536 GiB"),
        ("backup_days", {"backup_days": 36}, "1 to 35 days"),
        ("backup_days", {"backup_days": 0}, "1 to 35 days"),
        ("connections", {"connections": 262_139}, "6 to 262143 connections"),
        ("version", {"version": "17.4"}, "no major version"),
        ("zones", {"zones": []}, "give the server's zone"),
        ("zones", {"zones": [A, A]}, "give the server's zone"),
        ("zones", {"zones": [A, B, C]}, "give the server's zone"),
        ("zones", {"zones": ["us-east-2d"]}, "no subnet in us-east-2d"),
        ("restored_at", {"restored_at": "2026-11-20T10:00:00Z"}, "without `restored_from`"),
    ],
)
def test_what_rds_would_refuse_is_refused_by_its_key(key: str, changes: dict[str, Any], words: str) -> None:
    [(path, said)] = AWS.database_problems(spec(**changes), platform())
    assert (path, words in said) == (key, True), said
    with pytest.raises(InputError, match="cannot be made on AWS"):
        AWS.Database("it", spec(**changes), platform(), ResourceOptions())


def test_what_only_the_platform_tells_is_refused_by_the_zones() -> None:
    [(key, said)] = AWS.database_problems(spec(existing="theirs"), platform(region="xx-nowhere-1"))
    assert (key, "RDS' roots for xx-nowhere-1" in said) == ("zones", True)
    one = platform(private_subnets=platform()["private_subnets"][:1])
    [(key, said)] = AWS.database_problems(spec(zones=[A]), one)
    assert (key, "2 zones or more" in said) == ("zones", True)


def test_what_is_right_is_refused_nothing() -> None:
    for changes in ({}, {"zones": [C]}, {"instance_type": "db.t4g.micro"}, {"existing": "theirs", "zones": []}):
        assert list(AWS.database_problems(spec(**changes), platform())) == []
        assert list(AWS.database_problems(spec(**changes), None)) == []


# --- what is kept of one that is up


Facts = Callable[..., dict[str, Any]]


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> Facts:
    """What a server leaves in its stack's state."""
    left: dict[str, Any] = {}
    monkeypatch.setattr(database.Database, "register_outputs", lambda _, outputs: left.update(outputs))

    def up(**changes: Any) -> dict[str, Any]:
        made(**changes)
        return dict(left)

    return up


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("disk_gib", {"disk_gib": 99}),
        ("disk_gib", {"disk_gib": 109}),
        ("zones", {"zones": [B, A]}),
        ("zones", {"zones": [A, C]}),
        ("version", {"version": "16"}),
    ],
)
def test_what_no_server_that_is_up_goes_through_is_refused(facts: Facts, key: str, changes: dict[str, Any]) -> None:
    assert [path for path, _ in database_problems(facts(), spec(**changes), platform()["kms_key"])] == [key]


def test_a_server_that_is_up_gets_a_larger_disk_a_later_version_and_gains_or_loses_its_standby(
    facts: Facts,
) -> None:
    before, key = facts(), platform()["kms_key"]
    for changes in ({}, {"disk_gib": 110}, {"version": "18"}, {"zones": [A]}):
        assert list(database_problems(before, spec(**changes), key)) == []
    assert list(database_problems(facts(zones=[A]), spec(), key)) == []


def test_a_server_that_is_up_keeps_its_key(facts: Facts) -> None:
    [(path, said)] = database_problems(facts(), spec(), "another-key")
    assert (path, "no cloud encrypts a server anew" in said) == ("kms_key", True)
    assert list(database_problems(facts(), spec(existing="theirs"), "another-key")) == []
    assert list(database_problems({}, spec(), "another-key")) == []
