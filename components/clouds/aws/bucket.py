"""Buckets on AWS: S3."""

import json
from collections.abc import Iterator
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from ...errors import InputError, Problem
from ..adoption import adopted, id_of
from ..contract import bucket as contract
from ..contract.bucket import BucketSpec
from ..contract.platform import PlatformContract
from ..naming import AWS_BUCKET
from .limits import BUCKET_UNDELETE_DAYS

WITHOUT_NAMESPACES = ("me-central-1", "me-south-1")
"""Regions where an account has no namespace of its own (S3 user guide, "Namespaces for general purpose buckets")."""

UNFINISHED_DAYS = 7
"""How long the parts of an upload stay that nobody completes: longer than any upload of ours takes."""


class Bucket(contract.Bucket):
    """A private bucket whose objects are encrypted with the platform's key (without one, S3's own), made or adopted.
    Old versions of an object stay for `spec.undelete_days`. Nobody reaches the bucket without TLS.

    Makes: `aws:s3:Bucket` under the name `bucket_name`, and its settings: `BucketPublicAccessBlock`,
    `BucketOwnershipControls`, `BucketPolicy`, `BucketServerSideEncryptionConfiguration`, `BucketVersioning` and
    `BucketLifecycleConfiguration`. All are protected and retained: a bucket that stays keeps its settings. Or reads the
    bucket whose name is `spec.existing`, which is in the platform's region, and under the platform's key or S3's own.
    Raises `InputError` for what S3 would refuse.
    """

    def __init__(self, name: str, spec: BucketSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Bucket", name, None, opts)
        if problems := list(bucket_problems(spec)):
            raise InputError(f"Bucket {name!r} cannot be made on AWS.", problems)
        self._name, self._kept = name, ResourceOptions(parent=self, protect=True, retain_on_delete=True)
        if spec.existing:
            bucket = aws.s3.Bucket.get(adopted(name), spec.existing, opts=ResourceOptions(parent=self))
            self.bucket_id = id_of(bucket, spec.existing)
        else:
            bucket = self._bucket(platform)
            last = self._settings(bucket, platform["kms_key"], spec.undelete_days)
            # Known once all settings are there: nobody writes an object before.
            self.bucket_id = Output.all(bucket.id, last.id).apply(lambda known: str(known[0]))
        self.url = self.bucket_id.apply(lambda id_: f"s3://{id_}?region={platform['region']}")
        self.register_outputs({"bucket_id": self.bucket_id, "url": self.url})

    def _bucket(self, platform: PlatformContract) -> aws.s3.Bucket:
        return aws.s3.Bucket(
            self._name,
            bucket=bucket_name(self._name, platform),
            bucket_namespace="account-regional" if _has_namespace(platform) else None,
            tags={"Name": self._name},
            opts=self._kept,
        )

    def _settings(self, bucket: aws.s3.Bucket, key: str, days: int) -> pulumi.CustomResource:
        """The last of all, which are made one after the other: S3 refuses two changes of a bucket at a time
        (OperationAborted)."""
        private = aws.s3.BucketPublicAccessBlock(
            f"{self._name}-private",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._after(bucket),
        )
        owner = aws.s3.BucketOwnershipControls(
            f"{self._name}-owner",
            bucket=bucket.id,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=self._after(private),
        )
        tls = aws.s3.BucketPolicy(
            f"{self._name}-tls", bucket=bucket.id, policy=bucket.arn.apply(_tls_only), opts=self._after(owner)
        )
        encryption = aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-encryption", bucket=bucket.id, rules=[_encryption(key)], opts=self._after(tls)
        )
        versions = aws.s3.BucketVersioning(
            f"{self._name}-versions",
            bucket=bucket.id,
            versioning_configuration={"status": "Enabled"},
            opts=self._after(encryption),
        )
        return aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-lifecycle", bucket=bucket.id, rules=_expiry(days), opts=self._after(versions)
        )

    def _after(self, before: pulumi.Resource) -> ResourceOptions:
        return ResourceOptions.merge(self._kept, ResourceOptions(depends_on=[before]))


def bucket_name(name: str, platform: PlatformContract) -> str:
    """The bucket's own name, which there is once on all of AWS. Its end says that it is in the namespace of this
    account in this region, where nobody else makes a bucket, even after this one is gone (S3 user guide, "General
    purpose bucket naming rules"). A region without namespaces has the same name without that end."""
    end = "-an" if _has_namespace(platform) else ""
    return f"{AWS_BUCKET.fit(name)}-{platform['account']}-{platform['region']}{end}"


def bucket_problems(spec: BucketSpec) -> Iterator[Problem]:
    """What S3 would refuse of a bucket, by the spec's keys. An adopted one has what it has."""
    if not spec.existing and (problem := BUCKET_UNDELETE_DAYS.problem(spec.undelete_days)):
        yield "undelete_days", problem


def _has_namespace(platform: PlatformContract) -> bool:
    return platform["region"] not in WITHOUT_NAMESPACES


def _tls_only(arn: str) -> str:
    refused = {
        "Sid": "RefuseWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [refused]})


def _encryption(key: str) -> Any:
    ours = {"sse_algorithm": "aws:kms", "kms_master_key_id": key}
    return {
        "apply_server_side_encryption_by_default": ours if key else {"sse_algorithm": "AES256"},
        # With a key of the bucket's own, which S3 makes from the platform's, KMS is not asked for every object.
        "bucket_key_enabled": bool(key),
        # Under a key that only its writer has nobody could read a backup.
        "blocked_encryption_types": ["SSE-C"],
    }


def _expiry(days: int) -> list[Any]:
    every = {"status": "Enabled", "filter": {"prefix": ""}}
    deleted = {
        "id": "deleted",
        "noncurrent_version_expiration": {"noncurrent_days": days},
        # What is left of an object once its versions are gone.
        "expiration": {"expired_object_delete_marker": True},
    }
    unfinished = {
        "id": "unfinished",
        "abort_incomplete_multipart_upload": {"days_after_initiation": UNFINISHED_DAYS},
    }
    return [{**deleted, **every}, {**unfinished, **every}]
