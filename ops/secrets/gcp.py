"""Google Cloud Secret Manager."""

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud.secretmanager import SecretManagerServiceClient, SecretPayload, SecretVersion
from pydantic import SecretStr

from ..stacks import Account
from .refused import refused
from .store import Store

TIME_LIMIT_SECONDS = 30


def store(_account: Account) -> Store:
    """The store of this account."""
    return SecretManager()


class SecretManager:
    """Secrets by resource name (`projects/<project>/secrets/<name>`). Needs `secretmanager.versions.list` to look (role
    Secret Manager Viewer) and `secretmanager.versions.add` to fill (Secret Manager Secret Version Adder)."""

    def __init__(self, client: SecretManagerServiceClient | None = None) -> None:
        self._given = client

    def filled(self, secret: str) -> bool:
        try:
            versions = list(self._client(secret).list_secret_versions(parent=secret, timeout=TIME_LIMIT_SECONDS))
        except (GoogleAPIError, GoogleAuthError) as error:
            raise refused(secret, error) from None
        # What pods and machines read is `latest`, the newest one, and they fail if that is disabled.
        newest = max(versions, key=lambda version: int(version.name.rpartition("/")[2]), default=None)
        return newest is not None and newest.state == SecretVersion.State.ENABLED

    def put(self, secret: str, value: SecretStr) -> None:
        payload = SecretPayload(data=value.get_secret_value().encode())
        try:
            self._client(secret).add_secret_version(parent=secret, payload=payload, timeout=TIME_LIMIT_SECONDS)
        except (GoogleAPIError, GoogleAuthError) as error:
            raise refused(secret, error, value) from None

    def get(self, secret: str) -> SecretStr:
        """Needs `secretmanager.versions.access` (role Secret Manager Secret Accessor)."""
        newest = f"{secret}/versions/latest"
        try:
            found = self._client(secret).access_secret_version(name=newest, timeout=TIME_LIMIT_SECONDS)
        except (GoogleAPIError, GoogleAuthError) as error:
            raise refused(secret, error) from None
        return SecretStr(found.payload.data.decode())

    def _client(self, secret: str) -> SecretManagerServiceClient:
        if self._given is None:
            try:
                self._given = SecretManagerServiceClient()
            except GoogleAuthError as error:
                raise refused(secret, error) from None
        return self._given
