"""Daily snapshots of volumes on AWS: Data Lifecycle Manager."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from ..contract import snapshot_schedule as contract
from ..contract.platform import PlatformContract
from ..contract.snapshot_schedule import SnapshotScheduleSpec
from .keys import USE, lend

SNAPSHOT_TAG = "nodeyard.io/snapshots"
"""A volume is on the schedule that this tag names."""

DLM_POLICY = "arn:aws:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole"


class SnapshotSchedule(contract.SnapshotSchedule):
    """One lifecycle policy for every volume that carries its tag. Seven snapshots of each are kept.

    Makes: `aws:dlm:LifecyclePolicy`, and the `aws:iam:Role` that takes the snapshots, with AWS' own policy and, where
    the platform has a key, the right to use that key (EBS user guide, "Control access to Amazon Data Lifecycle Manager
    using IAM", permissions for encryption).
    """

    def __init__(
        self, name: str, spec: SnapshotScheduleSpec, platform: PlatformContract, opts: ResourceOptions
    ) -> None:
        super().__init__("nodeyard:aws:SnapshotSchedule", name, None, opts)
        role, rights = self._role(f"{name}-snapshots", platform)
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
                        "create_rule": {"interval": 24, "interval_unit": "HOURS", "times": "03:00"},
                        "retain_rule": {"count": 7},
                        "copy_tags": True,
                    }
                ],
            },
            opts=ResourceOptions(parent=self, depends_on=rights),
        )
        self.schedule = Output.from_input(name)
        self.register_outputs({"policy": policy.id})

    def _role(self, name: str, platform: PlatformContract) -> tuple[aws.iam.Role, list[pulumi.Resource]]:
        child = ResourceOptions(parent=self)
        role = aws.iam.Role(name, assume_role_policy=json.dumps(_trust(platform["account"])), opts=child)
        rights: list[pulumi.Resource] = [
            aws.iam.RolePolicyAttachment(name, role=role.name, policy_arn=DLM_POLICY, opts=child)
        ]
        if platform["kms_key"]:
            document = json.dumps({"Version": "2012-10-17", "Statement": _key_rights(platform["kms_key"])})
            rights.append(aws.iam.RolePolicy(name, role=role.name, policy=document, opts=child))
        return role, rights


def _trust(account: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "dlm.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ],
    }


def _key_rights(key: str) -> list[dict[str, Any]]:
    return [
        {"Sid": "UseOurKey", "Effect": "Allow", "Action": USE, "Resource": key},
        lend("LendOurKey", key),
    ]
