"""Customer-managed KMS keys, and who may use them."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

Statement = dict[str, Any]

USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]


def lend(sid: str, resource: str, **more: Any) -> Statement:
    """The right to lend a key to AWS' own services, which use it for disks in somebody's name."""
    condition = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return {
        "Sid": sid,
        "Effect": "Allow",
        **more,
        "Action": "kms:CreateGrant",
        "Resource": resource,
        "Condition": condition,
    }


def encryption_key(
    name: str,
    description: str,
    account: Input[str],
    statements: Callable[[str], Sequence[Statement]],
    opts: ResourceOptions,
) -> aws.kms.Key:
    """A key that rotates every year, with its alias `alias/<name>`. Protected: what it encrypted cannot be read
    without it; a deletion would come into force after 30 days."""
    key = aws.kms.Key(
        name,
        description=description,
        enable_key_rotation=True,
        deletion_window_in_days=30,
        policy=Output.from_input(account).apply(
            lambda account: json.dumps(
                {"Version": "2012-10-17", "Statement": [_administration(account), *statements(account)]}
            )
        ),
        tags={"Name": name},
        opts=ResourceOptions.merge(opts, ResourceOptions(protect=True)),
    )
    aws.kms.Alias(name, name=f"alias/{name}", target_key_id=key.key_id, opts=opts)
    return key


def for_logs(account: str, region: str, log_groups: str) -> Statement:
    """CloudWatch Logs may encrypt the log groups whose names match `log_groups`, and no others."""
    return {
        "Sid": "EncryptLogs",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{region}.amazonaws.com"},
        "Action": USE,
        "Resource": "*",
        "Condition": {
            "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account}:log-group:{log_groups}"}
        },
    }


def for_node_disks(account: str) -> Sequence[Statement]:
    """Auto Scaling, which starts the nodes, may use the key and lend it to EC2: without both, nodes with encrypted
    disks end before they boot (Client.InternalError; EC2 Auto Scaling user guide, "Required AWS KMS key policy for use
    with encrypted volumes")."""
    principal = {
        "AWS": f"arn:aws:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    }
    return [
        {"Sid": "StartNodes", "Effect": "Allow", "Principal": principal, "Action": USE, "Resource": "*"},
        lend("LendToNodes", "*", Principal=principal),
    ]


def _administration(account: str) -> Statement:
    """The account's own IAM policies decide who else may use and administer the key; without this statement nobody
    could ever change the policy again."""
    return {
        "Sid": "LeaveToIam",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
