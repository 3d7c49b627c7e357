"""Azure Key Vault."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import RetryPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient
from pydantic import SecretStr

from ..endpoints import is_open
from ..errors import BadInput
from ..stacks import Account
from .refused import refused
from .store import Store


def store(account: Account) -> Store:
    """The store of this account. An endpoint has `{vault}` where the vault's name goes."""
    return KeyVault(endpoint=account.endpoint("keyvault"))


class KeyVault:
    """Secrets by URI (`https://<vault>.vault.azure.net/secrets/<name>`) or ARM id.

    Key Vault has no secret without a value: an empty one of ours has a first version that is disabled. Needs the data
    actions `secrets/readMetadata` to look and `secrets/setSecret` to fill (role Key Vault Secrets Officer has both).
    """

    def __init__(
        self, credential: TokenCredential | None = None, endpoint: str | None = None, **client_options: Any
    ) -> None:
        self._endpoint = endpoint
        self._credential: Any = credential or (_NONE if is_open(endpoint) else DefaultAzureCredential())
        self._options = _open() if is_open(endpoint) else client_options

    def filled(self, secret: str) -> bool:
        vault, name = locate(secret)
        try:
            versions = list(self._client(vault).list_properties_of_secret_versions(name))
        except AzureError as error:
            raise refused(secret, error) from None
        # What a mount gets is the newest version, and it fails if that one is disabled.
        oldest = datetime.min.replace(tzinfo=UTC)
        newest = max(versions, key=lambda v: (v.created_on or oldest, bool(v.enabled)), default=None)
        return bool(newest and newest.enabled)

    def put(self, secret: str, value: SecretStr) -> None:
        vault, name = locate(secret)
        try:
            self._client(vault).set_secret(name, value.get_secret_value())
        except AzureError as error:
            raise refused(secret, error, value) from None

    def get(self, secret: str) -> SecretStr:
        """Needs the data action `secrets/getSecret` (role Key Vault Secrets User)."""
        vault, name = locate(secret)
        try:
            return SecretStr(self._client(vault).get_secret(name).value or "")
        except AzureError as error:
            raise refused(secret, error) from None

    def _client(self, vault: str) -> SecretClient:
        name = urlsplit(vault).netloc.partition(".")[0]
        url = self._endpoint.replace("{vault}", name) if self._endpoint else vault
        return SecretClient(url, self._credential, **self._options)


_NONE = object()
"""A client wants some credential, also where none of its policies looks at it."""


def _open() -> dict[str, Any]:
    """A client without the policy that asks Entra ID for a token, and without the environment's proxy."""
    return {"policies": [RetryPolicy()], "transport": RequestsTransport(use_env_settings=False)}


def locate(secret: str) -> tuple[str, str]:
    """(vault URL, name) of a secret given by its URI or its ARM id."""
    if secret.startswith("/subscriptions/"):
        parts = secret.split("/")
        if len(parts) == 11 and parts[7].lower() == "vaults" and parts[9].lower() == "secrets":
            return f"https://{parts[8]}.vault.azure.net", parts[10]
    else:
        url = urlsplit(secret)
        parts = url.path.split("/")
        if url.scheme == "https" and url.netloc and len(parts) >= 3 and parts[1] == "secrets":
            return f"https://{url.netloc}", parts[2]
    raise BadInput(f"{secret} is not a Key Vault secret's URI or ARM id.")
