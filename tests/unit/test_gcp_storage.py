"""Disks, secrets and identities on Google Cloud, as the engine would be told."""

import json
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.contract.address import AddressSpec
from nodeyard.clouds.contract.disk import DiskSpec
from nodeyard.clouds.contract.identity import IdentitySpec
from nodeyard.clouds.contract.node_pool import NodePoolSpec
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.contract.secret import SecretSpec
from nodeyard.clouds.contract.secret_mount import SecretFile, SecretMountSpec
from nodeyard.clouds.contract.snapshot_schedule import Rhythm, SnapshotScheduleSpec
from nodeyard.clouds.gcp.identity import only_instances
from nodeyard.metis_sequencer import MetisSequencer
from sandbox.mocks import SandboxMocks
from tests.unit import examples
from tests.unit.gcp_world import (
    ADDRESS,
    CLAIM_ROLES,
    CUSTOM_ROLE,
    DISK,
    KEY,
    NODE_POOL,
    PRINCIPAL,
    PROJECT,
    PROJECT_MEMBER,
    PROVIDER_CLASS,
    REGION,
    RELEASE,
    SECRET,
    SECRET_MEMBER,
    SUBNET,
    SUBNET_MEMBER,
    VERSION,
    ZONES,
    platform,
    recorded,
    refused,
)
from tests.unit.recording import Recording, record
from tests.unit.worlds import empty, plant, with_platform

NAMESPACE = "metis-mainnet"
SECRET_VERSION = "gcp:secretmanager/getSecretVersion:getSecretVersion"

CLOUD = clouds.named(CloudName.GCP)

# --- what is there already


def test_what_is_there_already_is_read_and_not_made() -> None:
    mocks = with_platform(platform())
    plant(mocks, ADDRESS, "an-address")
    plant(mocks, DISK, "a-disk", size=100)
    plant(mocks, SECRET, "a-secret")

    def program() -> None:
        opts, zone = ResourceOptions(), ZONES[0]
        CLOUD.Address("a", AddressSpec(zone=zone, existing="an-address"), platform(), opts)
        CLOUD.Disk("d", DiskSpec(zone=zone, size_gib=100, namespace=NAMESPACE, existing="a-disk"), platform(), opts)
        CLOUD.Secret("s", SecretSpec(name="m/s", existing="a-secret"), platform(), opts)

    made = recorded(program, mocks=mocks)
    assert sorted(made.read) == [("a-adopted", "an-address"), ("d-adopted", "a-disk"), ("s-adopted", "a-secret")]
    assert not [resource for resource in made.resources if resource.type.startswith("gcp:")]


# --- disks


def disk(**changes: Any) -> Recording:
    spec = DiskSpec(**{"zone": ZONES[0], "size_gib": 100, "namespace": NAMESPACE, "throughput_mibps": 200, **changes})
    return recorded(lambda: CLOUD.Disk("d", spec, platform(), ResourceOptions()))


def test_a_disk_is_a_protected_ssd_with_the_platforms_key_under_a_volume_of_its_own() -> None:
    made = disk(seed_from="projects/other/global/snapshots/s", access_mode="ReadWriteOncePod")
    ours = made.one(DISK)
    assert (ours.inputs["type"], ours.inputs["size"], ours.inputs["zone"]) == ("pd-ssd", 100, ZONES[0])
    assert ours.inputs["diskEncryptionKey"] == {"kmsKeySelfLink": KEY}
    assert (ours.protect, ours.retain_on_delete, ours.ignore_changes) == (True, True, ("snapshot",))
    volume = made.one("kubernetes:core/v1:PersistentVolume").inputs["spec"]
    assert (volume["csi"]["driver"], volume["csi"]["volumeHandle"]) == ("pd.csi.storage.gke.io", ours.id)
    assert volume["accessModes"] == ["ReadWriteOncePod"]


def scheduled() -> Recording:
    """Two disks on one schedule."""

    def program() -> None:
        opts = ResourceOptions()
        schedule = CLOUD.SnapshotSchedule("s", SnapshotScheduleSpec(description="of two"), platform(), opts).schedule
        for name in ("d", "e"):
            CLOUD.Disk(name, DiskSpec(zone=ZONES[0], size_gib=100, snapshots=schedule), platform(), opts)

    return recorded(program)


def test_a_disk_without_snapshots_has_no_policy() -> None:
    assert not [r for r in disk().resources if "Policy" in r.type]


def test_snapshots_are_daily_and_kept_for_a_week() -> None:
    made = scheduled()
    schedule = made.one("gcp:compute/resourcePolicy:ResourcePolicy")
    policy = schedule.inputs["snapshotSchedulePolicy"]
    assert policy["schedule"]["dailySchedule"]["daysInCycle"] == 1
    assert policy["retentionPolicy"]["maxRetentionDays"] == 7
    assert policy["retentionPolicy"]["onSourceDiskDelete"] == "KEEP_AUTO_SNAPSHOTS", "they outlive a lost disk"
    for name in ("d", "e"):
        attached = made.one("gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment", name).inputs
        names = {"disk": made.one(DISK, name).outputs["name"], "name": schedule.outputs["name"]}
        assert attached == {**names, "zone": ZONES[0]}


def test_more_than_one_snapshot_a_day_is_an_hourly_schedule() -> None:
    def program() -> None:
        spec = SnapshotScheduleSpec(description="d", rhythm=Rhythm(at="05:00", every_hours=12, keep_days=14))
        CLOUD.SnapshotSchedule("s", spec, platform(), ResourceOptions())

    policy = recorded(program).one("gcp:compute/resourcePolicy:ResourcePolicy").inputs["snapshotSchedulePolicy"]
    assert policy["schedule"] == {"hourlySchedule": {"hoursInCycle": 12, "startTime": "05:00"}}
    assert policy["retentionPolicy"]["maxRetentionDays"] == 14


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"size_gib": 100, "throughput_mibps": 289}, "throughput_mibps"),
        ({"size_gib": 100, "iops": 9001}, "iops"),
        ({"size_gib": 8000, "throughput_mibps": 1201}, "throughput_mibps"),
        ({"size_gib": 5, "throughput_mibps": 200}, "size_gib"),
    ],
)
def test_a_size_that_does_not_give_the_performance_is_refused(changes: dict[str, Any], path: str) -> None:
    given = {"zone": ZONES[0], "size_gib": 100, "namespace": NAMESPACE, **changes}
    assert [*refused(lambda: CLOUD.Disk("d", DiskSpec(**given), platform(), ResourceOptions()))] == [path]
    disk(size_gib=100, iops=9000, throughput_mibps=288)


# --- secrets and identities


def secret(mocks: SandboxMocks | None = None, **changes: Any) -> Recording:
    made: dict[str, Any] = {}

    def program() -> None:
        built = CLOUD.Secret("s", SecretSpec(**{"name": "metis/seq-priv", **changes}), platform(), ResourceOptions())
        pulumi.Output.all(built.secret_id, built.has_value, built.version).apply(lambda known: made.update(known=known))

    recording = recorded(program, "open sesame", mocks=mocks)
    recording.exports.update(made)
    return recording


def test_a_secret_is_in_the_platforms_region_with_its_key_and_kept() -> None:
    made = secret().one(SECRET)
    (replica,) = made.inputs["replication"]["userManaged"]["replicas"]
    assert replica == {"location": REGION, "customerManagedEncryption": {"kmsKeyName": KEY}}
    assert made.inputs["secretId"].startswith("metis-seq-priv-")
    assert (made.protect, made.retain_on_delete) == (True, True)


@pytest.mark.parametrize(
    ("version", "has_value"), [(None, False), ({"enabled": False}, False), ({"enabled": True}, True)]
)
def test_whether_the_operator_gave_a_value_is_asked_without_reading_it(version: Any, has_value: bool) -> None:
    theirs = f"projects/{PROJECT}/secrets/theirs"
    mocks = with_platform(platform())
    plant(mocks, SECRET, theirs, PROJECT)
    if version:
        plant(mocks, VERSION, f"{theirs}/versions/7", theirs, name=f"{theirs}/versions/7", version="7", **version)
    made = secret(mocks, existing=theirs)
    assert made.exports["known"] == [theirs, has_value, "7" if has_value else ""]
    assert made.asked == [(SECRET_VERSION, {"secret": theirs, "fetchSecretData": False})]


@pytest.mark.parametrize("none", [True, False])
def test_an_empty_secret_is_no_error_in_the_sandbox_either(none: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_EMPTY_SECRETS", "1" if none else "")
    seen: list[bool] = []
    without_key = platform(kms_key="")

    def program() -> None:
        provider = gcp.Provider("gcp", project=PROJECT, region=REGION)
        on = gcp.projects.Service("on", service="secretmanager.googleapis.com", opts=ResourceOptions(provider=provider))
        opts = ResourceOptions(providers=[provider], depends_on=[on])
        CLOUD.Secret("s", SecretSpec(name="metis/key"), without_key, opts).has_value.apply(seen.append)

    record(program, empty())
    assert seen == [not none]


def test_a_value_of_ours_is_a_secret_version() -> None:
    made = secret(value="open sesame")
    assert made.one(VERSION).inputs["secret"] == made.one(SECRET).id
    assert made.one(VERSION).retain_on_delete, "Google destroys a version that is deleted"
    assert made.exports["known"] == [made.one(SECRET).id, True, made.one(VERSION).outputs["version"]]
    assert made.asked == []


def test_a_mount_names_each_secret_its_file_and_its_mode() -> None:
    def program() -> None:
        opts = ResourceOptions()
        key = CLOUD.Secret("key", SecretSpec(name="m/key"), platform(), opts)
        url = CLOUD.Secret("url", SecretSpec(name="m/url"), platform(), opts)
        identity = CLOUD.Identity("i", IdentitySpec(namespace=NAMESPACE, service_account="a"), platform(), opts)
        registry = CLOUD.Secret("registry", SecretSpec(name="m/registry"), platform(), opts)
        files = [
            SecretFile(key, "node_key.json", mode=0o600),
            SecretFile(url, "URL", env=True),
            SecretFile(registry, "registry.json", pull=True),
        ]
        mount = CLOUD.SecretMount(
            "mount", SecretMountSpec(namespace=NAMESPACE, files=files, identity=identity), platform(), opts
        )
        pulumi.Output.all(mount.synced_secret_name, mount.pull_secret_name).apply(synced.extend)

    synced: list[str] = []
    made = recorded(program)
    key, url, registry = (made.one(SECRET, name).id for name in ("key", "url", "registry"))
    spec = made.one(PROVIDER_CLASS).inputs["spec"]
    assert spec["provider"] == "gcp"
    assert json.loads(spec["parameters"]["secrets"]) == [
        {"resourceName": f"{key}/versions/latest", "path": "node_key.json", "mode": 0o600},
        {"resourceName": f"{url}/versions/latest", "path": "URL", "mode": 0o400},
        {"resourceName": f"{registry}/versions/latest", "path": "registry.json", "mode": 0o400},
    ]
    env, pull = spec["secretObjects"]
    assert env["data"] == [{"objectName": "URL", "key": "URL"}]
    assert (pull["type"], pull["data"]) == (
        "kubernetes.io/dockerconfigjson",
        [{"objectName": "registry.json", "key": ".dockerconfigjson"}],
    )
    assert synced == [env["secretName"], pull["secretName"]]


@pytest.fixture(scope="module")
def claimant() -> Recording:
    def program() -> None:
        opts = ResourceOptions()
        spec = NodePoolSpec(instance_type="c2-standard-8", zone=ZONES[0], release_version=RELEASE)
        identity = IdentitySpec(
            namespace="metis",
            service_account="themis",
            secrets=[CLOUD.Secret("key", SecretSpec(name="m/key"), platform(), opts)],
            addresses=[CLOUD.Address("a", AddressSpec(zone=ZONES[0]), platform(), opts)],
            node_pools=[CLOUD.NodePool("pool", spec, platform(), opts)],
        )
        CLOUD.Identity("themis", identity, platform(), opts)

    return recorded(program)


def test_a_service_account_itself_reads_exactly_its_own_secrets(claimant: Recording) -> None:
    grant = claimant.one(SECRET_MEMBER).inputs
    assert grant["secretId"] == claimant.one(SECRET).id
    assert grant["role"] == "roles/secretmanager.secretAccessor"
    assert grant["member"] == f"{PRINCIPAL}/subject/ns/metis/sa/themis"


def test_what_changes_instances_is_narrowed_to_the_pools_own(claimant: Recording) -> None:
    [group] = claimant.one(NODE_POOL).outputs["instanceGroupUrls"]
    instances = group.rpartition("/")[2].removesuffix("grp")
    prefix = f"projects/{PROJECT}/zones/{ZONES[0]}/instances/{instances}"
    given = {grant.inputs["role"]: grant.inputs.get("condition") for grant in claimant.of(PROJECT_MEMBER)}
    assert given.keys() == {CLAIM_ROLES["on_nodes"], CLAIM_ROLES["on_addresses"]}
    expression = f'resource.type == "compute.googleapis.com/Instance" && ({starts(prefix)})'
    assert given[CLAIM_ROLES["on_nodes"]]["expression"] == expression
    assert given[CLAIM_ROLES["on_addresses"]] is None


def starts(prefix: str) -> str:
    return f'resource.name.startsWith("{prefix}")'


def test_external_addresses_are_used_in_the_platforms_subnet_only(claimant: Recording) -> None:
    grant = claimant.one(SUBNET_MEMBER).inputs
    assert (grant["subnetwork"], grant["role"]) == (SUBNET, CLAIM_ROLES["on_subnet"])
    assert CLAIM_ROLES["on_subnet"] not in {member.inputs["role"] for member in claimant.of(PROJECT_MEMBER)}


def test_a_team_makes_no_role_whose_id_google_would_keep(claimant: Recording) -> None:
    assert not [made for made in claimant.resources if made.type == CUSTOM_ROLE]


def test_a_pool_without_instance_groups_is_nobodys() -> None:
    assert only_instances([]) == 'resource.type == "compute.googleapis.com/Instance" && (false)'


def test_an_identity_without_addresses_has_no_roles_of_its_own() -> None:
    spec = IdentitySpec(namespace="metis", service_account="exporter")
    made = recorded(lambda: CLOUD.Identity("exporter", spec, platform(), ResourceOptions()))
    assert {resource.type for resource in made.resources} == {"nodeyard:gcp:Identity"}


# --- the sequencer


def test_a_mainnet_sequencer_fits_and_its_claimants_have_their_own_addresses_only() -> None:
    args = examples.sequencer(
        platform=platform(),
        release_version=RELEASE,
        l2geth={"disk_gib": 750},
        themis={"disk_gib": 300},
    )
    made = recorded(lambda: MetisSequencer("metis", args))
    types = {made_pool.name: made_pool.inputs["nodeConfig"]["machineType"] for made_pool in made.of(NODE_POOL)}
    assert types == {"metis-l2geth": "c2-standard-16", "metis-themis": "c2-standard-8"}
    readers = {grant.inputs["member"].rpartition("/")[2] for grant in made.of(SECRET_MEMBER)}
    claimants = {grant.inputs["member"].rpartition("/")[2] for grant in made.of(PROJECT_MEMBER)}
    assert readers == {"metis-l2geth", "metis-l1dtl", "metis-themis", "metis-exporter"}
    assert claimants == {"metis-l2geth-address", "metis-themis-address"}


# --- secrets and identities


def test_a_contract_without_its_google_section_is_refused() -> None:
    without = platform()
    del without["gcp"]
    spec = IdentitySpec(namespace="n", service_account="a")
    with pytest.raises(pulumi.RunError, match="deploy the platform again"):
        record(lambda: CLOUD.Identity("i", spec, without, ResourceOptions()), empty(region=REGION))
