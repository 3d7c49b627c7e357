"""What a machine may do in AWS."""

import json
from collections.abc import Sequence

from pulumi import Output

from ..contract.machine import MachineSpec
from ..contract.platform import PlatformContract
from .secret_rights import Statement, decrypt_secrets
from .session_rights import SESSION_MANAGER

MACHINE_TAG = "nodeyard.io/machine"
"""On the instance, so that it may be the one that its volume is attached to, and no other instance."""


def machine_policy(name: str, spec: MachineSpec, parameter: str, platform: PlatformContract) -> Output[str]:
    """The policy of the machine's role: its own secrets, image, metrics, log and volume, and Session Manager."""
    return Output.all(
        secrets=[secret.secret_id for secret in spec.secrets],
        volume=spec.disk.disk_id,
        log_group=spec.log_group.log_group,
    ).apply(
        lambda made: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    *(_read_secrets(made["secrets"], platform) if spec.secrets else []),
                    _read_image(parameter, platform),
                    _send_metrics(spec.metrics_namespace),
                    *_write_log(name, made["log_group"], platform),
                    *_attach_volume(name, made["volume"], platform),
                    SESSION_MANAGER,
                ],
            }
        )
    )


def _read_secrets(arns: Sequence[str], platform: PlatformContract) -> list[Statement]:
    read = {
        "Sid": "ReadOwnSecrets",
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": list(arns),
    }
    # The account's own key for Secrets Manager serves everyone who may read the secret.
    return [read, decrypt_secrets(arns, platform)] if platform["kms_key"] else [read]


def _read_image(parameter: str, platform: PlatformContract) -> Statement:
    return {
        "Sid": "ReadOwnImage",
        "Effect": "Allow",
        "Action": "ssm:GetParameter",
        "Resource": f"{_arn('ssm', platform)}:parameter{parameter}",
    }


def _send_metrics(namespace: str) -> Statement:
    """PutMetricData takes no resource, only the namespace (service authorization reference for CloudWatch)."""
    return {
        "Sid": "SendOwnMetrics",
        "Effect": "Allow",
        "Action": "cloudwatch:PutMetricData",
        "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": namespace}},
    }


def _write_log(name: str, log_group: str, platform: PlatformContract) -> list[Statement]:
    """Lines into its own stream of the group, which other machines may write to. To make a stream is a right on the
    whole group (service authorization reference for CloudWatch Logs)."""
    group = f"{_arn('logs', platform)}:log-group:{log_group}"
    return [
        {"Sid": "MakeOwnLog", "Effect": "Allow", "Action": "logs:CreateLogStream", "Resource": f"{group}:*"},
        {
            "Sid": "WriteOwnLog",
            "Effect": "Allow",
            "Action": "logs:PutLogEvents",
            "Resource": f"{group}:log-stream:{name}",
        },
    ]


def _attach_volume(name: str, volume: str, platform: PlatformContract) -> list[Statement]:
    """To attach the volume, and never to detach one: who takes it from a dead machine is a person."""
    statements: list[Statement] = [
        {
            "Sid": "AttachOwnVolume",
            "Effect": "Allow",
            "Action": "ec2:AttachVolume",
            "Resource": f"{_arn('ec2', platform)}:volume/{volume}",
        },
        {
            "Sid": "ToItself",
            "Effect": "Allow",
            "Action": "ec2:AttachVolume",
            "Resource": f"{_arn('ec2', platform)}:instance/*",
            "Condition": {"StringEquals": {f"aws:ResourceTag/{MACHINE_TAG}": name}},
        },
        {
            # DescribeVolumes takes no resource, only the region (service authorization reference for EC2).
            "Sid": "SeeVolumes",
            "Effect": "Allow",
            "Action": "ec2:DescribeVolumes",
            "Resource": "*",
            "Condition": {"StringEquals": {"ec2:Region": platform["region"]}},
        },
    ]
    return [*statements, *_lend_key(platform)] if platform["kms_key"] else statements


def _lend_key(platform: PlatformContract) -> list[Statement]:
    """Whoever attaches an encrypted volume lends its key to EC2 (EBS user guide, "Requirements for Amazon EBS
    encryption"). Only by way of EC2, which asks for no more than the volume that the machine may attach."""
    by_ec2 = {"kms:ViaService": f"ec2.{platform['region']}.amazonaws.com"}
    return [
        {
            "Sid": "UseKeyOfVolume",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:DescribeKey"],
            "Resource": platform["kms_key"],
            "Condition": {"StringEquals": by_ec2},
        },
        {
            "Sid": "LendKeyOfVolume",
            "Effect": "Allow",
            "Action": "kms:CreateGrant",
            "Resource": platform["kms_key"],
            "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}, "StringEquals": by_ec2},
        },
    ]


def _arn(service: str, platform: PlatformContract) -> str:
    return f"arn:aws:{service}:{platform['region']}:{platform['account']}"
