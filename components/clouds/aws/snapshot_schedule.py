"""Snapshots of volumes on AWS: Data Lifecycle Manager."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from ...errors import Problem
from ..contract import snapshot_schedule as contract
from ..contract.platform import PlatformContract
from ..contract.snapshot_schedule import Rhythm, SnapshotScheduleSpec
from .keys import USE, Statement, lend
from .limits import SNAPSHOT_COUNT
from .roles import give_rights, make_role

SNAPSHOT_TAG = "nodeyard.io/snapshots"
"""A volume is on the schedule that this tag names."""

POLICY_TAG = "aws:dlm:lifecycle-policy-id"
"""DLM puts it on each snapshot that a policy of its makes ("Amazon Data Lifecycle Manager tags"). Nobody else can put a
tag of `aws:` on anything."""


class SnapshotSchedule(contract.SnapshotSchedule):
    """One lifecycle policy for every volume that carries its tag.

    Makes: `aws:dlm:LifecyclePolicy`, and the `aws:iam:Role` that takes the snapshots with two `aws:iam:RolePolicy`s:
    the role takes snapshots of the volumes on this schedule, uses the platform's key where there is one, and deletes
    what this very policy made.
    Source: EBS user guide, "IAM service roles for Amazon Data Lifecycle Manager", custom roles, and "Control access to
    Amazon Data Lifecycle Manager using IAM", permissions for encryption.
    """

    def __init__(
        self, name: str, spec: SnapshotScheduleSpec, platform: PlatformContract, opts: ResourceOptions
    ) -> None:
        super().__init__("nodeyard:aws:SnapshotSchedule", name, None, opts)
        child = ResourceOptions(parent=self)
        role = make_role(f"{name}-snapshots", json.dumps(_trust(platform)), platform["region"], child)
        taking = give_rights(f"{name}-snapshots", role, _document(_take(name, platform)), child)
        policy = aws.dlm.LifecyclePolicy(
            name,
            description=spec.description,
            execution_role_arn=role.arn,
            state="ENABLED",
            policy_details={
                "resource_types": ["VOLUME"],
                "target_tags": {SNAPSHOT_TAG: name},
                "schedules": [
                    {
                        "name": "daily",
                        "create_rule": {
                            "interval": spec.rhythm.every_hours,
                            "interval_unit": "HOURS",
                            "times": spec.rhythm.at,
                        },
                        "retain_rule": {"count": spec.rhythm.count},
                        "copy_tags": True,
                    }
                ],
            },
            opts=ResourceOptions(parent=self, depends_on=[taking]),
        )
        expiry = policy.id.apply(lambda made: _document([_expire(made, platform)]))
        give_rights(f"{name}-snapshots-expiry", role, expiry, child)
        self.schedule = Output.from_input(name)
        self.register_outputs({"policy": policy.id})


def snapshot_problems(rhythm: Rhythm) -> Iterator[Problem]:
    """What Data Lifecycle Manager would refuse of a schedule."""
    if problem := SNAPSHOT_COUNT.problem(rhythm.count):
        yield "keep_days", f"{rhythm.keep_days} days of snapshots every {rhythm.every_hours} hours: {problem}"


def _trust(platform: PlatformContract) -> dict[str, Any]:
    """For DLM in the name of this account's policies, and of nobody else's (the confused deputy)."""
    policies = f"arn:aws:dlm:{platform['region']}:{platform['account']}:policy/*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "dlm.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": platform["account"]},
                    "ArnLike": {"aws:SourceArn": policies},
                },
            }
        ],
    }


def _take(schedule: str, platform: PlatformContract) -> list[Statement]:
    """Of the service role that AWS manages for it: what a daily schedule of volumes in one region takes, and nothing of
    copies, shares, archives and fast restores."""
    statements: list[Statement] = [
        {
            # To describe takes no resource, only the region (service authorization reference for EC2).
            "Sid": "SeeVolumes",
            "Effect": "Allow",
            "Action": [
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeInstances",
                "ec2:DescribeSnapshots",
                "ec2:DescribeVolumes",
            ],
            "Resource": "*",
            "Condition": {"StringEquals": {"ec2:Region": platform["region"]}},
        },
        {
            "Sid": "SnapshotOurVolumes",
            "Effect": "Allow",
            "Action": "ec2:CreateSnapshot",
            "Resource": f"arn:aws:ec2:{platform['region']}:{platform['account']}:volume/*",
            "Condition": {"StringEquals": {f"aws:ResourceTag/{SNAPSHOT_TAG}": schedule}},
        },
        {
            # AWS does not say whether DLM tags a snapshot while it makes it or afterwards. No tag that the role can put
            # makes a snapshot one that the role can delete.
            "Sid": "MakeSnapshots",
            "Effect": "Allow",
            "Action": ["ec2:CreateSnapshot", "ec2:CreateTags"],
            "Resource": _snapshots(platform),
        },
    ]
    if key := platform["kms_key"]:
        statements.append({"Sid": "UseOurKey", "Effect": "Allow", "Action": USE, "Resource": key})
        statements.append(lend("LendOurKey", key))
    return statements


def _expire(policy: str, platform: PlatformContract) -> Statement:
    return {
        "Sid": "DeleteOwnSnapshots",
        "Effect": "Allow",
        "Action": "ec2:DeleteSnapshot",
        "Resource": _snapshots(platform),
        "Condition": {"StringEquals": {f"aws:ResourceTag/{POLICY_TAG}": policy}},
    }


def _snapshots(platform: PlatformContract) -> str:
    """The ARN of a snapshot names no account."""
    return f"arn:aws:ec2:{platform['region']}::snapshot/*"


def _document(statements: Sequence[Statement]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
