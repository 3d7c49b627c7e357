"""Google Cloud Secret Manager."""

from urllib.parse import urlsplit

from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPIError
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud.secretmanager import SecretManagerServiceClient, SecretPayload, SecretVersion
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceRestTransport
from pydantic import SecretStr

from ..endpoints import is_open
from ..stacks import Account
from .refused import refused
from .store import Store

TIME_LIMIT_SECONDS = 30


def store(account: Account) -> Store:
    """The store of this account."""
    return SecretManager(endpoint=account.endpoint("secretmanager"))


class SecretManager:
    """Secrets by resource name (`projects/<project>/secrets/<name>`). Needs `secretmanager.versions.list` to look (role
    Secret Manager Viewer) and `secretmanager.versions.add` to fill (Secret Manager Secret Version Adder)."""

    def __init__(self, client: SecretManagerServiceClient | None = None, endpoint: str | None = None) -> None:
        self._given = client
        self._endpoint = endpoint

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
                self._given = _client_at(self._endpoint)
            except GoogleAuthError as error:
                raise refused(secret, error) from None
        return self._given


def _client_at(endpoint: str | None) -> SecretManagerServiceClient:
    if endpoint is None:
        return SecretManagerServiceClient()
    if not is_open(endpoint):
        return SecretManagerServiceClient(client_options=ClientOptions(api_endpoint=urlsplit(endpoint).netloc))
    transport = SecretManagerServiceRestTransport(host=endpoint, credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    transport._session.trust_env = False  # it has no option that leaves the proxy of the environment out
    return SecretManagerServiceClient(transport=transport)
