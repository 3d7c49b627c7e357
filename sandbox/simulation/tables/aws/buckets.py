"""Buckets: S3, with what each setting of a bucket takes."""

import re
from collections.abc import Iterator
from typing import Any

from nodeyard.clouds.aws.limits import BUCKET_UNDELETE_DAYS

from ...resource import CloudError, Instance, Reference, Resource
from .iam import refuse_policy

BUCKET = "aws:s3/bucket:Bucket"
NAME = re.compile(r"(?=.{3,63}$)(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)[a-z0-9][a-z0-9.-]*[a-z0-9]")
REGIONAL = "account-regional"


def refuse_bucket(instance: Instance) -> None:
    if not NAME.fullmatch(instance.name):
        raise CloudError("InvalidBucketName", f"The specified bucket is not valid: {instance.name}")
    of_account = instance.name.endswith(f"-{instance.account}-{instance.region}-an")
    if of_account != (instance.get("bucketNamespace") == REGIONAL):
        raise CloudError("InvalidBucketName", f"{instance.name} is not of the namespace that it is made in")


def bucket(instance: Instance) -> dict[str, Any]:
    return {
        "bucketDomainName": f"{instance.name}.s3.amazonaws.com",
        "bucketRegion": instance.region,
        "bucketRegionalDomainName": f"{instance.name}.s3.{instance.region}.amazonaws.com",
    }


def of_bucket(instance: Instance) -> Iterator[Reference]:
    name = instance.inputs["bucket"]
    yield Reference(f"{BUCKET}/s3/{name}", "NoSuchBucket", f"The specified bucket does not exist: {name}")


def refuse_rules(instance: Instance) -> None:
    for rule in instance.inputs["rules"]:
        if not rule.keys() - {"id", "status", "filter", "prefix"}:
            raise CloudError("InvalidRequest", "At least one action needs to be specified in a rule")
        days = rule.get("noncurrentVersionExpiration", {}).get("noncurrentDays")
        if days is not None and BUCKET_UNDELETE_DAYS.problem(days):
            text = "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer"
            raise CloudError("InvalidArgument", text)


def get_buckets(instance: Instance) -> dict[str, Any]:
    """The account's own, of every region unless one is named."""
    start, region = instance.get("prefix", ""), instance.get("bucketRegion", "")
    found = [
        {
            "name": item.name,
            "bucketArn": item.properties["arn"],
            "bucketRegion": item.properties["bucketRegion"],
            "creationDate": "2026-01-01T00:00:00Z",
        }
        for item in instance.world.find(BUCKET)
        if (item.name or "").startswith(start) and region in ("", item.properties["bucketRegion"])
    ]
    return {**instance.inputs, "id": instance.region, "region": instance.region, "buckets": found}


def setting(**more: Any) -> Resource:
    """There is one of each for a bucket, called as the bucket is."""
    return Resource("{bucket}", scope="s3", puts=True, replaces=("bucket",), uses=of_bucket, **more)


RESOURCES = {
    BUCKET: Resource(
        arn="arn:aws:s3:::{name}",
        name="bucket",
        name_limit=63,
        scope="s3",
        taken="BucketAlreadyOwnedByYou",
        replaces=("bucket", "bucketPrefix", "bucketNamespace", "objectLockEnabled"),
        allowed={"bucketNamespace": (REGIONAL, "global")},
        refuses=refuse_bucket,
        outputs=bucket,
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": setting(),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": setting(
        allowed={"rule.objectOwnership": ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")}
    ),
    "aws:s3/bucketPolicy:BucketPolicy": setting(refuses=refuse_policy("policy", "MalformedPolicy")),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": setting(
        allowed={
            "rules.applyServerSideEncryptionByDefault.sseAlgorithm": ("AES256", "aws:kms", "aws:kms:dsse"),
            "rules.blockedEncryptionTypes": ("SSE-C", "NONE"),
        }
    ),
    "aws:s3/bucketVersioning:BucketVersioning": setting(
        allowed={"versioningConfiguration.status": ("Enabled", "Suspended", "Disabled")}
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": setting(
        allowed={"rules.status": ("Enabled", "Disabled")}, refuses=refuse_rules
    ),
}
