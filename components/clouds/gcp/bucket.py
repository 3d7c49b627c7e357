"""Buckets on Google Cloud: Cloud Storage."""

from collections.abc import Iterator

import pulumi_gcp as gcp
from pulumi import ResourceOptions

from ...errors import InputError, Problem
from ..adoption import adopted, id_of
from ..contract import bucket as contract
from ..contract.bucket import BucketSpec
from ..contract.platform import PlatformContract
from ..naming import GCP_BUCKET
from .limits import BUCKET_UNDELETE_DAYS

UNFINISHED_DAYS = 7
"""How long the parts of an upload stay that nobody completes: longer than any upload of ours takes."""


class Bucket(contract.Bucket):
    """A private bucket in the platform's region, encrypted with the platform's key (with Google's own where it has
    none), made or adopted.

    Makes: `gcp:storage:Bucket` (protected and retained). Only IAM says who may do what (no ACLs), and nobody can make
    the bucket or an object public. What is deleted or overwritten stays `undelete_days` by soft delete, and no right
    of a pod's can end that sooner; versions are off, which would stay for ever. Google deletes no bucket that has
    objects. Or reads the bucket whose name is `spec.existing`.

    No network is asked for: who has the right uses the bucket from anywhere.

    Raises `InputError` for what `bucket_problems` says.
    """

    def __init__(self, name: str, spec: BucketSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Bucket", name, None, opts)
        if problems := list(bucket_problems(spec)):
            raise InputError(f"Bucket {name!r} cannot be made on Google Cloud.", problems)
        self.bucket_id = id_of(self._bucket(name, spec, platform), spec.existing)
        self.url = self.bucket_id.apply(lambda bucket: f"gs://{bucket}")
        self.register_outputs({"bucket_id": self.bucket_id, "url": self.url})

    def _bucket(self, name: str, spec: BucketSpec, platform: PlatformContract) -> gcp.storage.Bucket:
        if spec.existing:
            return gcp.storage.Bucket.get(adopted(name), spec.existing, opts=ResourceOptions(parent=self))
        return gcp.storage.Bucket(
            name,
            name=bucket_name(name, platform),
            location=platform["region"],
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            encryption={"default_kms_key_name": platform["kms_key"]} if platform["kms_key"] else None,
            soft_delete_policy={"retention_duration_seconds": spec.undelete_days * 24 * 3600},
            lifecycle_rules=[
                {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": UNFINISHED_DAYS}}
            ],
            force_destroy=False,
            opts=ResourceOptions(parent=self, protect=True, retain_on_delete=True),
        )


def bucket_name(name: str, platform: PlatformContract) -> str:
    """What the `Bucket` called `name` is called. Such names are taken once in the world, and so is a project's id."""
    return GCP_BUCKET.fit(f"{name}-{platform['account']}")


def bucket_problems(spec: BucketSpec) -> Iterator[Problem]:
    """What Cloud Storage would refuse of a bucket, by the spec's keys. An adopted one has what it has."""
    if not spec.existing and (problem := BUCKET_UNDELETE_DAYS.problem(spec.undelete_days)):
        yield "undelete_days", problem
