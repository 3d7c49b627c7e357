"""Key Vault's store, by its own SDK over a transport that answers as the service documents."""

import json
import re
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import urllib3
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from pydantic import SecretStr
from requests.adapters import BaseAdapter

from ops.errors import BadInput, Unreachable
from ops.secrets.azure import KeyVault, locate

URI = "https://nodeyard.vault.azure.net/secrets/metis-seq-priv"


class Vault(BaseAdapter):
    """One vault: REST API 7.x, `Set Secret` and `Get Secret Versions`, with its challenge for a token."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: list[dict[str, Any]] = []
        self.forbidden = False
        self.values: list[str] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        status, body = self.answer(request)
        response = requests.Response()
        response.status_code = status
        response.request, response.url = request, str(request.url)
        response.raw = urllib3.HTTPResponse(BytesIO(json.dumps(body).encode()), preload_content=False)
        response.headers["Content-Type"] = "application/json"
        if status == 401:
            response.headers["WWW-Authenticate"] = (
                'Bearer authorization="https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111", '
                'resource="https://vault.azure.net"'
            )
        return response

    def close(self) -> None:
        pass

    def answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, Any]]:
        path = urlsplit(str(request.url)).path
        if "Authorization" not in request.headers:
            return 401, {}
        assert request.headers["Authorization"] == "Bearer token"
        if self.forbidden:
            return 403, {"error": {"code": "Forbidden", "message": f"no rights, said of {request.body!r}"}}
        if request.method == "PUT" and path == "/secrets/metis-seq-priv":
            self.values.append(json.loads(request.body or "")["value"])
            return 200, self.add(enabled=True)
        if request.method == "GET" and path.rstrip("/") == "/secrets/metis-seq-priv" and self.values:
            return 200, {**self.versions[-1], "value": self.values[-1]}
        if request.method == "GET" and path == "/secrets/metis-seq-priv/versions":
            return 200, {"value": self.versions, "nextLink": None}
        return 404, {"error": {"code": "SecretNotFound", "message": f"A secret with {path} was not found"}}

    def add(self, enabled: bool, created: int | None = None) -> dict[str, Any]:
        created = created or 1700000000 + len(self.versions)
        attributes = {"enabled": enabled, "created": created, "updated": created}
        self.versions.append({"id": f"{URI}/{len(self.versions):032x}", "attributes": attributes})
        return self.versions[-1]


class Credential:
    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken("token", 4102444800)


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def store(vault: Vault) -> KeyVault:
    session = requests.Session()
    session.mount("https://", vault)
    return KeyVault(Credential(), transport=RequestsTransport(session=session, session_owner=False), retry_total=0)


def test_the_first_disabled_version_is_no_value(store: KeyVault, vault: Vault) -> None:
    assert not store.filled(URI)
    vault.add(enabled=False)
    assert not store.filled(URI)


def test_a_value_fills_it(store: KeyVault, vault: Vault) -> None:
    vault.add(enabled=False)
    store.put(URI, SecretStr("0xabc"))
    assert vault.values == ["0xabc"]
    assert store.filled(URI)


def test_what_was_put_is_read(store: KeyVault, vault: Vault) -> None:
    with pytest.raises(Unreachable, match="SecretNotFound"):
        store.get(URI)
    store.put(URI, SecretStr("0xabc"))
    assert store.get(URI).get_secret_value() == "0xabc"


def test_the_newest_version_decides(store: KeyVault, vault: Vault) -> None:
    vault.add(enabled=False, created=1700000009)
    vault.add(enabled=True, created=1700000001)
    assert not store.filled(URI)


def test_a_refusal_does_not_quote_the_value(store: KeyVault, vault: Vault) -> None:
    vault.forbidden = True
    with pytest.raises(Unreachable, match="Forbidden") as refused:
        store.put(URI, SecretStr("0xabc"))
    assert "0xabc" not in str(refused.value)
    assert re.search(r"no rights, said of .*\[the value\]", str(refused.value))


def test_a_secret_that_is_gone(store: KeyVault) -> None:
    with pytest.raises(Unreachable, match="SecretNotFound"):
        store.filled("https://nodeyard.vault.azure.net/secrets/gone")


def test_both_ids_of_a_secret_are_known() -> None:
    arm = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/nodeyard/secrets/metis-seq-priv"
    assert locate(arm) == locate(URI) == ("https://nodeyard.vault.azure.net", "metis-seq-priv")
    assert locate(f"{URI}/0123") == locate(URI)
    for wrong in ("arn:aws:secretsmanager:1", "http://nodeyard.vault.azure.net/secrets/a", arm.rpartition("/")[0]):
        with pytest.raises(BadInput, match="not a Key Vault secret"):
            locate(wrong)
