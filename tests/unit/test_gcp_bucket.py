"""Buckets on Google Cloud, as the engine would be told."""

from pathlib import Path
from typing import Any

import pulumi_gcp as gcp
import pytest
from pulumi import InvokeOptions, Output, ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.contract.bucket import Bucket, BucketSpec
from nodeyard.clouds.contract.identity import IdentitySpec
from nodeyard.clouds.contract.left_over import Wanted
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.tagging import tagged
from sandbox.mocks import SandboxMocks
from sandbox.simulation import cloud_of
from sandbox.simulation.cloud import Cloud
from sandbox.simulation.tables.gcp.storage import AGENT, BUCKET
from tests.unit.gcp_world import KEY, PRINCIPAL, PROJECT, REGION, platform, recorded, refused
from tests.unit.recording import Recording
from tests.unit.test_sandbox_gcp import KEY as CRYPTO_KEY
from tests.unit.test_sandbox_gcp import KEY_MEMBER, RING, SERVICE, made, refusal
from tests.unit.worlds import plant, with_platform

CLOUD = clouds.named(CloudName.GCP)
MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"
NAME = f"nodeos-bp-{PROJECT}"
DAY = 24 * 3600


def build(name: str = "nodeos-bp", **changes: Any) -> Bucket:
    bucket: Bucket = CLOUD.Bucket(name, BucketSpec(**changes), platform(), ResourceOptions())
    return bucket


def bucket(mocks: SandboxMocks | None = None, **changes: Any) -> Recording:
    told: dict[str, Any] = {}

    def program() -> None:
        built = build(**changes)
        Output.all(id=built.bucket_id, url=built.url).apply(told.update)

    recording = recorded(program, mocks=mocks)
    recording.exports.update(told)
    return recording


def theirs(mocks: SandboxMocks, name: str = "theirs", project: str = PROJECT) -> None:
    plant(mocks, BUCKET, name, "everywhere", f"{BUCKET}/everywhere/{name}", name=name, project=project, location=REGION)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return bucket()


# --- what is made


def test_a_bucket_lies_in_the_platforms_region_under_a_name_that_no_other_project_has(recording: Recording) -> None:
    inputs = recording.one(BUCKET).inputs
    assert (inputs["name"], inputs["location"]) == (NAME, REGION)
    assert recording.exports == {"id": NAME, "url": f"gs://{NAME}"}


def test_a_bucket_is_kept_and_never_emptied_to_be_deleted(recording: Recording) -> None:
    made = recording.one(BUCKET)
    assert (made.protect, made.retain_on_delete, made.inputs["forceDestroy"]) == (True, True, False)


def test_nobody_can_make_a_bucket_or_an_object_public(recording: Recording) -> None:
    inputs = recording.one(BUCKET).inputs
    assert inputs["publicAccessPrevention"] == "enforced"
    assert inputs["uniformBucketLevelAccess"] is True


def test_a_bucket_is_encrypted_with_the_platforms_key_and_without_one_with_googles_own(recording: Recording) -> None:
    assert recording.one(BUCKET).inputs["encryption"] == {"defaultKmsKeyName": KEY}
    without = platform(kms_key="")
    plain = recorded(lambda: CLOUD.Bucket("b", BucketSpec(), without, ResourceOptions()), mocks=with_platform(without))
    assert plain.one(BUCKET).inputs.get("encryption") is None


def test_what_is_deleted_or_overwritten_can_be_had_back_for_the_days_that_are_asked_for(recording: Recording) -> None:
    assert recording.one(BUCKET).inputs["softDeletePolicy"] == {"retentionDurationSeconds": 7 * DAY}
    assert bucket(undelete_days=30).one(BUCKET).inputs["softDeletePolicy"] == {"retentionDurationSeconds": 30 * DAY}
    assert recording.one(BUCKET).inputs.get("versioning") is None, "versions would stay for ever"


def test_the_parts_of_an_upload_that_nobody_completes_go_and_no_object_does(recording: Recording) -> None:
    [rule] = recording.one(BUCKET).inputs["lifecycleRules"]
    assert rule == {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}}


@pytest.mark.parametrize("days", [0, 6, 91])
def test_days_that_google_does_not_keep_are_refused(days: int) -> None:
    [(path, problem)] = refused(lambda: build(undelete_days=days)).items()
    assert path == "undelete_days"
    assert "7 to 90 days" in problem


def test_a_bucket_has_the_components_tags_as_labels() -> None:
    tags = {"cost-centre": "42"}
    made = recorded(lambda: CLOUD.Bucket("b", BucketSpec(), platform(), tagged(CLOUD, tags, None) or ResourceOptions()))
    assert made.one(BUCKET).inputs["labels"] == tags


# --- what is there already


def test_a_bucket_that_is_there_is_read_and_keeps_its_settings() -> None:
    mocks = with_platform(platform())
    theirs(mocks)
    read = bucket(mocks, existing="theirs", undelete_days=0)
    assert read.read == [("nodeos-bp-adopted", "theirs")]
    assert not [resource for resource in read.resources if resource.type.startswith("gcp:")]
    assert read.exports == {"id": "theirs", "url": "gs://theirs"}


def test_a_bucket_that_an_earlier_stack_left_is_found_and_another_projects_is_not() -> None:
    mocks = with_platform(platform())
    theirs(mocks, NAME)
    theirs(mocks, f"nodeos-bq-{PROJECT}", "another-project")
    mine, other = (Wanted(kind="bucket", name=f"nodeos-{name}") for name in ("bp", "bq"))
    found: dict[Wanted, Any] = {}
    recorded(
        lambda: found.update(CLOUD.left_over([mine, other], platform(), InvokeOptions())),
        mocks=mocks,
    )
    assert found == {mine: [NAME]}


# --- who may do what


def test_a_pod_lists_reads_writes_and_deletes_in_exactly_its_own_bucket() -> None:
    def program() -> None:
        mine = build()
        build("other")
        spec = IdentitySpec(namespace="nodeos", service_account="nodeos-bp-0", buckets=[mine])
        CLOUD.Identity("nodeos-bp-0", spec, platform(), ResourceOptions())

    grant = recorded(program).one(MEMBER).inputs
    assert grant == {
        "bucket": NAME,
        "role": "roles/storage.objectUser",
        "member": f"{PRINCIPAL}/subject/ns/nodeos/sa/nodeos-bp-0",
    }


def test_a_pod_that_reads_a_bucket_lists_and_reads_in_it_alone() -> None:
    def program() -> None:
        mine = build()
        build("other")
        spec = IdentitySpec(namespace="mantis", service_account="mantis-passive", readable_buckets=[mine])
        CLOUD.Identity("mantis-passive", spec, platform(), ResourceOptions())

    assert recorded(program).one(MEMBER).inputs == {
        "bucket": NAME,
        "role": "roles/storage.objectViewer",
        "member": f"{PRINCIPAL}/subject/ns/mantis/sa/mantis-passive",
    }


# --- what the stand-in refuses


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    found = cloud_of("gcp", tmp_path, {"project": PROJECT, "region": REGION})
    for service in ("cloudkms", "storage"):
        made(found, SERVICE, service=f"{service}.googleapis.com")
    return found


def given(**changes: Any) -> dict[str, Any]:
    return {"name": "mine", "location": REGION, **changes}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "Mine"}, "invalid"),
        ({"name": "my-google-bucket"}, "invalid"),
        ({"softDeletePolicy": {"retentionDurationSeconds": 6 * DAY}}, "invalid"),
        ({"softDeletePolicy": {"retentionDurationSeconds": 91 * DAY}}, "invalid"),
    ],
)
def test_the_stand_in_refuses_a_bucket_that_google_would(cloud: Cloud, changes: dict[str, Any], code: str) -> None:
    assert refusal(cloud, BUCKET, **given(**changes)) == code
    made(cloud, BUCKET, **given(softDeletePolicy={"retentionDurationSeconds": 0}))


def test_the_stand_in_has_a_name_once_in_the_world(cloud: Cloud) -> None:
    made(cloud, BUCKET, **given())
    made(cloud, SERVICE, service="storage.googleapis.com", project="another-project")
    assert refusal(cloud, BUCKET, **given(project="another-project")) == "conflict"


def test_the_stand_in_gives_no_right_on_a_bucket_that_is_not_there(cloud: Cloud) -> None:
    right = {"bucket": "mine", "role": "roles/storage.objectUser", "member": "user:a@example.com"}
    assert refusal(cloud, MEMBER, **right) == "notFound"
    made(cloud, BUCKET, **given())
    made(cloud, MEMBER, **right)
    assert refusal(cloud, MEMBER, **{**right, "role": "roles/storage.objectuser"}) == "badRequest"


def test_the_stand_in_encrypts_with_no_key_that_cloud_storages_own_account_may_not_use(cloud: Cloud) -> None:
    key = made(cloud, CRYPTO_KEY, name="k", keyRing=made(cloud, RING, name="r", location=REGION).id).id
    assert refusal(cloud, BUCKET, **given(encryption={"defaultKmsKeyName": key})) == "forbidden"
    grant = {"cryptoKeyId": key, "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "member": AGENT}
    assert refusal(cloud, KEY_MEMBER, **grant) == "badRequest", "nobody has asked for the account yet"
    asked = cloud.invoke("gcp:storage/getProjectServiceAccount:getProjectServiceAccount", {})
    assert asked["member"] == AGENT
    made(cloud, KEY_MEMBER, **grant)
    made(cloud, BUCKET, **given(encryption={"defaultKmsKeyName": key}))


def test_the_look_up_answers_with_the_projects_own_buckets_by_what_their_names_begin_with() -> None:
    mocks = with_platform(platform())
    for name, project in (("a-1", PROJECT), ("b-1", PROJECT), ("a-2", "another-project")):
        theirs(mocks, name, project)
    names: list[str] = []
    recorded(lambda: names.extend(found.name for found in gcp.storage.get_buckets(prefix="a-").buckets), mocks=mocks)
    assert names == ["a-1"]
