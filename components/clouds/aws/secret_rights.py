"""What whoever reads secrets may do with their key."""

from collections.abc import Sequence
from typing import Any

from ..contract.platform import PlatformContract

Statement = dict[str, Any]


def decrypt_secrets(arns: Sequence[str], platform: PlatformContract) -> Statement:
    """To use the platform's key by way of Secrets Manager, and for these secrets alone."""
    return {
        "Sid": "DecryptOwnSecrets",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": platform["kms_key"],
        "Condition": {
            "StringEquals": {
                "kms:ViaService": f"secretsmanager.{platform['region']}.amazonaws.com",
                "kms:EncryptionContext:SecretARN": list(arns),
            }
        },
    }
