"""AWS Secrets Manager."""

from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
from pydantic import SecretStr

from .store import refused


class SecretsManager:
    """Secrets by ARN, each in the region that its ARN names. Needs `secretsmanager:DescribeSecret` to look and
    `PutSecretValue` (and the KMS key's `GenerateDataKey` and `Decrypt`) to fill."""

    def __init__(self, region: str) -> None:
        self._region = region

    def filled(self, secret: str) -> bool:
        try:
            versions = self._client(secret).describe_secret(SecretId=secret).get("VersionIdsToStages", {})
        except (BotoCoreError, ClientError) as error:
            raise refused(secret, error) from None
        return any("AWSCURRENT" in stages for stages in versions.values())

    def put(self, secret: str, value: SecretStr) -> None:
        try:
            self._client(secret).put_secret_value(SecretId=secret, SecretString=value.get_secret_value())
        except (BotoCoreError, ClientError) as error:
            raise refused(secret, error, value) from None

    def _client(self, secret: str) -> Any:
        region = secret.split(":")[3] if secret.startswith("arn:") else self._region
        return boto3.client("secretsmanager", region_name=region)
