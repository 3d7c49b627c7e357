"""One private bucket of objects, which outlives the pods that write to it."""

from dataclasses import dataclass

import pulumi
from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class BucketSpec:
    """One private, encrypted bucket for what pods put away, such as backups. The bucket is protected and retained. What
    is in it stays until its writers delete it."""

    existing: str | None = None
    """The id of a bucket to adopt. The bucket then keeps its own settings."""
    undelete_days: int = 7
    """How long what was deleted or overwritten can still be had back, in days."""


class Bucket(pulumi.ComponentResource):
    """The bucket that a cloud made of a `BucketSpec`."""

    bucket_id: Output[str]
    """The id, as `existing` takes it."""
    url: Output[str]
    """Where programs find it: `s3://NAME?region=REGION`, `az://ACCOUNT/CONTAINER`, `gs://NAME`."""
