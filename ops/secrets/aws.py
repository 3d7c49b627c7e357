"""AWS Secrets Manager."""

from threading import Lock
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore import UNSIGNED  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
from pydantic import SecretStr

from ..endpoints import is_open
from ..errors import Unreachable
from ..stacks import Account
from .refused import refused
from .store import Store

# botocore's own would keep a command for minutes where nobody answers.
_LIMITS = Config(connect_timeout=10, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3})
_OPEN = _LIMITS.merge(Config(signature_version=UNSIGNED, proxies={}))


def store(account: Account) -> Store:
    """The store of this account."""
    return SecretsManager(account.region, account.endpoint(_SERVICE))


_SERVICE = "secretsmanager"


class SecretsManager:
    """Secrets by ARN, each in the region that its ARN names. Needs `secretsmanager:DescribeSecret` to look and
    `PutSecretValue` (and the KMS key's `GenerateDataKey` and `Decrypt`) to fill."""

    def __init__(self, region: str, endpoint: str | None = None) -> None:
        self._region = region
        self._endpoint = endpoint
        self._clients: dict[str, Any] = {}
        self._making = Lock()

    def filled(self, secret: str) -> bool:
        try:
            found = self._client(secret).describe_secret(SecretId=secret)
        except (BotoCoreError, ClientError) as error:
            raise refused(secret, error) from None
        if deleted := found.get("DeletedDate"):
            # It keeps its versions, and gives none of them.
            raise Unreachable(f"{secret}: it will be deleted on {deleted:%Y-%m-%d}; restore it, or never mind it.")
        return any("AWSCURRENT" in stages for stages in found.get("VersionIdsToStages", {}).values())

    def put(self, secret: str, value: SecretStr) -> None:
        try:
            self._client(secret).put_secret_value(SecretId=secret, SecretString=value.get_secret_value())
        except (BotoCoreError, ClientError) as error:
            raise refused(secret, error, value) from None

    def get(self, secret: str) -> SecretStr:
        """Needs `secretsmanager:GetSecretValue`, and the KMS key's `Decrypt`."""
        try:
            return SecretStr(self._client(secret).get_secret_value(SecretId=secret)["SecretString"])
        except (BotoCoreError, ClientError) as error:
            raise refused(secret, error) from None
        except KeyError:
            raise Unreachable(f"{secret} holds bytes, and no text.") from None

    def _client(self, secret: str) -> Any:
        region = secret.split(":")[3] if secret.startswith("arn:") else self._region
        # boto3 makes one client at a time, and each may be used by many.
        with self._making:
            if region not in self._clients:
                self._clients[region] = boto3.client(
                    _SERVICE,
                    region_name=region,
                    endpoint_url=self._endpoint,
                    config=_OPEN if is_open(self._endpoint) else _LIMITS,
                )
            return self._clients[region]
