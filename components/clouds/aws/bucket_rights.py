"""What whoever puts things into buckets may do, with them and with their key."""

from collections.abc import Sequence
from typing import Any

from ..contract.platform import PlatformContract

Statement = dict[str, Any]


def use_buckets(names: Sequence[str], platform: PlatformContract) -> list[Statement]:
    """To list, read, write and delete the objects of these buckets, and no version that is not the newest: what was
    deleted can be had back."""
    buckets = [f"arn:aws:s3:::{name}" for name in names]
    objects = [f"{bucket}/*" for bucket in buckets]
    return [
        {
            "Sid": "ListOwnBuckets",
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
            "Resource": buckets,
        },
        {
            "Sid": "UseOwnObjects",
            "Effect": "Allow",
            "Action": [
                *("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
                *("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
            ],
            "Resource": objects,
        },
        _use_key([*buckets, *objects], platform),
    ]


def _use_key(used_for: Sequence[str], platform: PlatformContract) -> Statement:
    """To use the platform's key by way of S3, and for these buckets alone. S3 names the bucket to KMS where the bucket
    has a key of its own, and the object where it has none, as an adopted one may (S3 user guide, "Reducing the cost of
    SSE-KMS with Amazon S3 Bucket Keys"). The parts of an upload are read again to make one object of them, which takes
    `kms:Decrypt` (S3 user guide, "Multipart upload API and permissions")."""
    return {
        "Sid": "EncryptOwnObjects",
        "Effect": "Allow",
        "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
        "Resource": platform["kms_key"],
        "Condition": {
            "StringEquals": {"kms:ViaService": f"s3.{platform['region']}.amazonaws.com"},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": list(used_for)},
        },
    }
