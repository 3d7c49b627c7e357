"""Buckets on AWS: what is made, who reaches it, how long a deleted object can be had back, and what is refused."""

import itertools
import json
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.contract.bucket import Bucket, BucketSpec
from nodeyard.clouds.contract.identity import IdentitySpec
from nodeyard.clouds.contract.left_over import Wanted
from nodeyard.clouds.contract.platform import CloudName, PlatformContract
from nodeyard.clouds.contract.secret import SecretSpec
from nodeyard.errors import InputError
from nodeyard.live import Live
from tests.unit.examples import ACCOUNT, REGION, platform
from tests.unit.recording import Recording, Registered, record
from tests.unit.worlds import plant, with_platform

AWS = clouds.named(CloudName.AWS)
BUCKET = "aws:s3/bucket:Bucket"
BLOCK, OWNER, POLICY, ENCRYPTION, VERSIONS, LIFECYCLE = SETTINGS = [
    f"aws:s3/bucket{name}:Bucket{name}"
    for name in (
        *("PublicAccessBlock", "OwnershipControls", "Policy"),
        *("ServerSideEncryptionConfiguration", "Versioning", "LifecycleConfiguration"),
    )
]
NAME = f"backups-{ACCOUNT}-{REGION}-an"
THEIRS = "their-own.backups"


def made(name: str = "backups", at: PlatformContract | None = None, **changes: Any) -> tuple[Recording, dict[str, Any]]:
    where, told = at or platform(), {}
    mocks = with_platform(where)
    plant(mocks, BUCKET, THEIRS, "s3", name=THEIRS)

    def program() -> None:
        it = AWS.Bucket(name, BucketSpec(**changes), where, ResourceOptions())
        pulumi.Output.all(id=it.bucket_id, url=it.url).apply(told.update)

    recording = record(program, mocks)
    recording.check()
    return recording, told


@pytest.fixture(scope="module")
def own() -> Recording:
    return made()[0]


# --- the bucket


def test_programs_find_it_by_its_url() -> None:
    _, told = made()
    assert told == {"id": NAME, "url": f"s3://{NAME}?region={REGION}"}


def test_it_is_in_the_namespace_of_its_account_and_region_where_nobody_else_makes_one(own: Recording) -> None:
    bucket = own.one(BUCKET)
    assert (bucket.inputs["bucket"], bucket.inputs["bucketNamespace"]) == (NAME, "account-regional")
    assert bucket.inputs["tags"] == {"Name": "backups"}


@pytest.mark.parametrize("region", ["me-central-1", "me-south-1"])
def test_a_region_without_namespaces_has_it_under_a_name_of_its_account_too(region: str) -> None:
    recording, told = made(at=platform(region=region))
    assert told["id"] == f"backups-{ACCOUNT}-{region}"
    assert "bucketNamespace" not in recording.one(BUCKET).inputs


def test_a_long_name_is_cut_so_that_two_stay_two() -> None:
    region = "ap-southeast-2"
    names = [made(f"nodeos-mainnet-of-the-custodian-{one}", platform(region=region))[1]["id"] for one in ("a", "b")]
    assert len(set(names)) == 2
    assert all(len(name) == 63 and name.endswith(f"-{ACCOUNT}-{region}-an") for name in names)


def test_nobody_outside_the_account_reaches_it(own: Recording) -> None:
    four = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert own.one(BLOCK).inputs == {"bucket": NAME, **dict.fromkeys(four, True)}
    assert own.one(OWNER).inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_nobody_reaches_it_without_tls(own: Recording) -> None:
    [statement] = json.loads(own.one(POLICY).inputs["policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Resource"] == [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def encryption(at: PlatformContract) -> dict[str, Any]:
    [rule] = made(at=at)[0].one(ENCRYPTION).inputs["rules"]
    return dict(rule)


def test_its_objects_are_encrypted_with_the_platforms_key_and_no_writers_own() -> None:
    rule = encryption(platform())
    key = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": platform()["kms_key"]}
    assert rule["applyServerSideEncryptionByDefault"] == key
    assert (rule["bucketKeyEnabled"], rule["blockedEncryptionTypes"]) == (True, ["SSE-C"])


def test_without_a_key_of_the_platforms_they_are_encrypted_with_s3s_own() -> None:
    rule = encryption(platform(kms_key=""))
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    assert rule["bucketKeyEnabled"] is False


def test_what_was_deleted_can_be_had_back_for_a_week_unless_told_otherwise(own: Recording) -> None:
    assert own.one(VERSIONS).inputs["versioningConfiguration"] == {"status": "Enabled"}
    for recording, days in ((own, 7), (made(undelete_days=30)[0], 30)):
        deleted, unfinished = recording.one(LIFECYCLE).inputs["rules"]
        assert deleted["noncurrentVersionExpiration"] == {"noncurrentDays": days}
        assert deleted["expiration"] == {"expiredObjectDeleteMarker": True}
        assert unfinished["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
        for rule in (deleted, unfinished):
            assert (rule["status"], rule["filter"]) == ("Enabled", {"prefix": ""})


def test_no_object_that_is_there_expires(own: Recording) -> None:
    for rule in own.one(LIFECYCLE).inputs["rules"]:
        assert not {"days", "date"} & rule.get("expiration", {}).keys()


def custom(recording: Recording) -> list[Registered]:
    return [one for one in recording.resources if one.type.startswith("aws:")]


def test_it_stays_with_its_settings_whatever_goes(own: Recording) -> None:
    assert {one.type for one in custom(own)} == {BUCKET, *SETTINGS}
    assert all(one.protect and one.retain_on_delete for one in custom(own))


def test_settings_are_made_one_after_the_other_as_s3_wants_it(own: Recording) -> None:
    for first, then in itertools.pairwise((BUCKET, *SETTINGS)):
        assert own.one(first).urn in own.one(then).depends_on


def test_nothing_that_needs_its_name_is_made_before_its_settings() -> None:
    where = platform()

    def program() -> None:
        it = AWS.Bucket("backups", BucketSpec(), where, ResourceOptions())
        AWS.Secret("s", SecretSpec(name="s", value=it.bucket_id), where, ResourceOptions())

    recording = record(program, with_platform(where))
    user = recording.one("aws:secretsmanager/secretVersion:SecretVersion")
    assert recording.one(SETTINGS[-1]).urn in user.depends_on


def test_days_that_s3_does_not_take_are_refused_by_their_key() -> None:
    assert list(AWS.bucket_problems(BucketSpec(undelete_days=1))) == []
    [(path, said)] = AWS.bucket_problems(BucketSpec(undelete_days=0))
    assert (path, "1 day or more" in said) == ("undelete_days", True)
    with pytest.raises(InputError, match="cannot be made on AWS"):
        AWS.Bucket("it", BucketSpec(undelete_days=0), platform(), ResourceOptions())


# --- one that is there already


def test_one_that_is_there_is_adopted_and_keeps_its_own_settings() -> None:
    recording, told = made(existing=THEIRS, undelete_days=0)
    assert recording.read == [("backups-adopted", THEIRS)]
    assert custom(recording) == []
    assert told == {"id": THEIRS, "url": f"s3://{THEIRS}?region={REGION}"}


def test_what_an_earlier_stack_left_is_found_by_its_name_and_nobody_elses_is() -> None:
    mocks, found = with_platform(platform()), {}
    for name in (NAME, f"backups-{ACCOUNT}-us-west-2-an", "backups"):
        plant(mocks, BUCKET, name, "s3", name=name, arn=f"arn:aws:s3:::{name}", bucketRegion=REGION)
    there, gone = (Wanted(kind="bucket", name=name) for name in ("backups", "backups-2"))
    recording = record(lambda: found.update(AWS.left_over([there, gone], platform(), pulumi.InvokeOptions())), mocks)
    assert found == {there: [NAME]}
    [(asked, given)] = recording.asked
    assert (asked, given["prefix"]) == ("aws:s3/getBuckets:getBuckets", "backups-")


def test_the_state_says_which_one_is_its_own(own: Recording) -> None:
    """Its settings alone are none: they have other names."""
    state = {one.urn: {"outputs": {}} for one in own.resources}
    assert Live(state).has("bucket", "backups")
    del state[own.one(BUCKET).urn]
    assert not Live(state).has("bucket", "backups")


# --- who uses it


def rights(names: list[str], readable: list[str] | None = None) -> list[dict[str, Any]]:
    where = platform()

    def program() -> None:
        def made(names: list[str]) -> list[Bucket]:
            return [AWS.Bucket(name, BucketSpec(), where, ResourceOptions()) for name in names]

        secrets = [AWS.Secret("key", SecretSpec(name="metis-mainnet/key"), where, ResourceOptions())]
        given = {"buckets": made(names), "readable_buckets": made(readable or []), "secrets": secrets}
        spec = IdentitySpec(namespace="metis-mainnet", service_account="writer", **given)
        AWS.Identity("writer", spec, where, ResourceOptions())

    recording = record(program, with_platform(where))
    recording.check()
    statements = json.loads(recording.one("aws:iam/rolePolicy:RolePolicy").inputs["policy"])["Statement"]
    return [statement for statement in statements if "Secret" not in statement["Sid"]]


def test_pods_list_read_write_and_delete_in_their_own_buckets_and_do_no_more() -> None:
    on_bucket, on_objects, on_key = rights(["one", "two"])
    buckets = [f"arn:aws:s3:::{name}-{ACCOUNT}-{REGION}-an" for name in ("one", "two")]
    assert (on_bucket["Resource"], on_objects["Resource"]) == (buckets, [f"{bucket}/*" for bucket in buckets])
    assert on_bucket["Action"] == ["s3:ListBucket", "s3:GetBucketLocation"]
    assert set(on_objects["Action"]) == {
        *("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
        *("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
    }
    assert on_key["Resource"] == platform()["kms_key"]
    assert all(statement["Effect"] == "Allow" for statement in (on_bucket, on_objects, on_key))


def test_pods_use_the_platforms_key_for_their_own_buckets_only_and_by_s3_only() -> None:
    *_, on_key = rights(["one"])
    bucket = f"arn:aws:s3:::one-{ACCOUNT}-{REGION}-an"
    assert on_key["Action"] == ["kms:GenerateDataKey", "kms:Decrypt"]
    assert on_key["Condition"] == {
        "StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, f"{bucket}/*"]},
    }


def test_pods_that_read_a_bucket_list_and_read_in_it_and_do_no_more() -> None:
    on_bucket, on_objects, on_key = rights([], readable=["one"])
    bucket = f"arn:aws:s3:::one-{ACCOUNT}-{REGION}-an"
    assert (on_bucket["Resource"], on_bucket["Action"]) == ([bucket], ["s3:ListBucket", "s3:GetBucketLocation"])
    assert (on_objects["Resource"], on_objects["Action"]) == ([f"{bucket}/*"], ["s3:GetObject"])
    assert (on_key["Resource"], on_key["Action"]) == (platform()["kms_key"], ["kms:Decrypt"])
    assert on_key["Condition"] == {
        "StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, f"{bucket}/*"]},
    }


def test_pods_write_to_one_bucket_and_read_another() -> None:
    statements = rights(["one"], readable=["two"])
    assert len({statement["Sid"] for statement in statements}) == len(statements) == 6
    writes = [one["Resource"] for one in statements if "s3:PutObject" in one["Action"]]
    assert writes == [[f"arn:aws:s3:::one-{ACCOUNT}-{REGION}-an/*"]]


def test_an_identity_without_buckets_has_no_right_on_any() -> None:
    assert rights([]) == []


# --- the stand-in


@pytest.mark.parametrize(
    ("type_", "inputs", "code"),
    [
        (BUCKET, {"bucket": "Backups"}, "InvalidBucketName"),
        (BUCKET, {"bucket": "xn--backups"}, "InvalidBucketName"),
        (BUCKET, {"bucket": "backups", "bucketNamespace": "account-regional"}, "InvalidBucketName"),
        (BUCKET, {"bucket": f"backups-{ACCOUNT}-{REGION}-an"}, "InvalidBucketName"),
        (VERSIONS, {"bucket": "nowhere", "versioningConfiguration": {"status": "Enabled"}}, "NoSuchBucket"),
        (POLICY, {"bucket": THEIRS, "policy": "{"}, "MalformedPolicy: "),
        (LIFECYCLE, {"bucket": THEIRS, "rules": [{"id": "it", "status": "Enabled"}]}, "InvalidRequest"),
    ],
)
def test_the_stand_in_refuses_what_s3_refuses(type_: str, inputs: dict[str, Any], code: str) -> None:
    from sandbox.simulation import cloud_of
    from sandbox.simulation.resource import CloudError

    mocks = with_platform(platform())
    plant(mocks, BUCKET, THEIRS, "s3", f"{BUCKET}/s3/{THEIRS}", name=THEIRS)
    cloud = cloud_of("aws", mocks.home, {"region": REGION})
    with pytest.raises(CloudError, match=code):
        cloud.create(type_, "it", inputs, preview=False)
