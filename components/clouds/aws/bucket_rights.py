"""What whoever puts things into buckets may do, with them and with their key; and what whoever reads them may."""

from collections.abc import Sequence
from typing import Any

from ..contract.platform import PlatformContract

Statement = dict[str, Any]


def use_buckets(names: Sequence[str], platform: PlatformContract) -> list[Statement]:
    """To list, read, write and delete the objects of these buckets, and no version that is not the newest: what was
    deleted can be had back."""
    buckets, objects = _arns(names)
    to_objects = [
        *("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
        *("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
    ]
    return [
        _allow("ListOwnBuckets", _TO_BUCKETS, buckets),
        _allow("UseOwnObjects", to_objects, objects),
        # The parts of an upload are read again to make one object of them, which takes `kms:Decrypt` (S3 user guide,
        # "Multipart upload API and permissions").
        _use_key("EncryptOwnObjects", ["kms:GenerateDataKey", "kms:Decrypt"], [*buckets, *objects], platform),
    ]


def read_buckets(names: Sequence[str], platform: PlatformContract) -> list[Statement]:
    """To list and read the objects of these buckets."""
    buckets, objects = _arns(names)
    return [
        _allow("ListReadableBuckets", _TO_BUCKETS, buckets),
        _allow("ReadObjects", ["s3:GetObject"], objects),
        _use_key("DecryptReadableObjects", ["kms:Decrypt"], [*buckets, *objects], platform),
    ]


_TO_BUCKETS = ["s3:ListBucket", "s3:GetBucketLocation"]


def _arns(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Of buckets, and of all their objects."""
    buckets = [f"arn:aws:s3:::{name}" for name in names]
    return buckets, [f"{bucket}/*" for bucket in buckets]


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _use_key(sid: str, actions: Sequence[str], used_for: Sequence[str], platform: PlatformContract) -> Statement:
    """To use the platform's key by way of S3, and for these buckets alone. S3 names the bucket to KMS where the bucket
    has a key of its own, and the object where it has none, as an adopted one may (S3 user guide, "Reducing the cost of
    SSE-KMS with Amazon S3 Bucket Keys")."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": platform["kms_key"],
        "Condition": {
            "StringEquals": {"kms:ViaService": f"s3.{platform['region']}.amazonaws.com"},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": list(used_for)},
        },
    }
