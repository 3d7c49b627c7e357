"""Logs that are kept apart from the project's others, for a time of their own."""

import pulumi_gcp as gcp
from pulumi import Input, ResourceOptions

from ..naming import GCP_KEY


def keep_apart(
    name: str, what: str, filter_: Input[str], *, project: str, region: str, days: int, opts: ResourceOptions
) -> None:
    """Makes: a `gcp:logging:ProjectBucketConfig` (retained) in the region, a `ProjectSink` that fills it with what
    `filter_` matches, and a `ProjectExclusion` that keeps that out of the project's default bucket, which would keep,
    and bill, it twice."""
    logs = GCP_KEY.fit(name)
    bucket = gcp.logging.ProjectBucketConfig(
        name,
        project=project,
        location=region,
        bucket_id=logs,
        retention_days=days,
        description=what,
        # They outlive what they tell of, and the next one takes the bucket over; a deleted bucket would keep its name
        # for a week.
        opts=ResourceOptions.merge(opts, ResourceOptions(retain_on_delete=True)),
    )
    sink = gcp.logging.ProjectSink(
        name,
        name=logs,
        destination=bucket.id.apply(lambda id_: f"logging.googleapis.com/{id_}"),
        filter=filter_,
        unique_writer_identity=True,
        opts=opts,
    )
    gcp.logging.ProjectExclusion(
        name,
        name=logs,
        description="They have a bucket of their own",
        filter=filter_,
        opts=ResourceOptions.merge(opts, ResourceOptions(depends_on=[sink])),
    )
