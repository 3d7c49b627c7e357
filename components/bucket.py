"""The bucket of a component's input: one that is made, or one that is adopted."""

from collections.abc import Iterator
from typing import Annotated, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from .clouds.contract.bucket import BucketSpec
from .clouds.contract.cloud import Cloud
from .clouds.contract.platform import PlatformContract
from .errors import Problem
from .inputs import Text, declared

UNDELETE_DAYS: Final = 7


@declared
class BucketArgs(TypedDict):
    """The bucket in which pods put things away."""

    existing: NotRequired[Text]
    """The id of a bucket to adopt instead of making one. Excludes `undelete_days`."""
    undelete_days: NotRequired[Annotated[int, Field(ge=1, le=365)]]
    """How long what was deleted or overwritten can still be had back, in days. 7 unless given. Google Cloud takes 7 to
    90. Excludes `existing`."""


def bucket_spec(told: BucketArgs) -> BucketSpec:
    """What a cloud is asked for."""
    return BucketSpec(existing=told.get("existing"), undelete_days=told.get("undelete_days", UNDELETE_DAYS))


def bucket_problems(told: BucketArgs, cloud: Cloud, platform: PlatformContract) -> Iterator[Problem]:
    """What is wrong with it, by its keys."""
    yield from cloud.bucket_problems(bucket_spec(told))
    if "existing" not in told:
        return
    if problem := cloud.adoption_problem("bucket", told["existing"], platform):
        yield "existing", problem
    if "undelete_days" in told:
        yield "undelete_days", "is of a bucket that is made, and `existing` adopts one: it keeps its own"
