"""Buckets, and Cloud Storage's own account."""

import contextlib
import re
import sqlite3
from dataclasses import replace
from typing import Any

from nodeyard.clouds.gcp.limits import BUCKET_UNDELETE_DAYS

from ...resource import CloudError, Instance, Reference, Resource
from ...world import Object
from .databases import may_use
from .iam import binding
from .references import NUMBER

BUCKET = "gcp:storage/bucket:Bucket"
EMAIL = f"service-{NUMBER}@gs-project-accounts.iam.gserviceaccount.com"
AGENT = f"serviceAccount:{EMAIL}"
DAY = 24 * 3600


def refuse_bucket(instance: Instance) -> None:
    if not re.fullmatch(r"(?!goog)(?!.*google)[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]", instance.name):
        raise CloudError("invalid", f"Invalid bucket name: '{instance.name}'")
    seconds = (instance.get("softDeletePolicy") or {}).get("retentionDurationSeconds", 7 * DAY)
    if seconds and (seconds % DAY or BUCKET_UNDELETE_DAYS.problem(seconds // DAY)):
        text = f"Invalid argument: the soft delete retention must be 0 or {BUCKET_UNDELETE_DAYS.rule}."
        raise CloudError("invalid", text)
    key = (instance.get("encryption") or {}).get("defaultKmsKeyName")
    if key and not may_use(instance, key, AGENT):
        text = "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account"
        raise CloudError("forbidden", f"{text} ({EMAIL}) has been authorized to use this key.")


def bucket(instance: Instance) -> dict[str, Any]:
    return {
        "url": f"gs://{instance.name}",
        "selfLink": f"https://www.googleapis.com/storage/v1/b/{instance.name}",
        "projectNumber": int(NUMBER),
    }


def service_account(instance: Instance) -> dict[str, Any]:
    """A project has the account from the first time that somebody asks for it."""
    with contextlib.suppress(sqlite3.IntegrityError):  # it is there
        item = Object("gcp: an account of a service's own", instance.account, EMAIL)
        instance.world.put(item, [EMAIL], [])
    return {"id": EMAIL, "emailAddress": EMAIL, "member": AGENT, "project": instance.account}


def of_bucket(instance: Instance) -> list[Reference]:
    name = str(instance.inputs["bucket"])
    return [Reference(f"{BUCKET}/everywhere/{name}", "notFound", "The specified bucket does not exist.")]


RESOURCES = {
    BUCKET: Resource(
        "{name}",
        name="name",
        scope="everywhere",
        taken="conflict",
        replaces=("name", "location", "project", "hierarchicalNamespace", "enableObjectRetention"),
        allowed={"publicAccessPrevention": ("inherited", "enforced")},
        defaults={"publicAccessPrevention": "inherited"},
        refuses=refuse_bucket,
        outputs=bucket,
    ),
    "gcp:storage/bucketIAMMember:BucketIAMMember": replace(binding("b/{bucket}", "bucket"), uses=of_bucket),
}
