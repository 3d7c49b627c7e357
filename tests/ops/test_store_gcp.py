"""Secret Manager's store, by its own SDK over gRPC to a server on loopback."""

from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest
from google.cloud.secretmanager import (
    AccessSecretVersionRequest,
    AccessSecretVersionResponse,
    AddSecretVersionRequest,
    ListSecretVersionsRequest,
    ListSecretVersionsResponse,
    SecretManagerServiceClient,
    SecretVersion,
)
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceGrpcTransport
from pydantic import SecretStr

from ops.errors import Unreachable
from ops.secrets.gcp import SecretManager

SECRET = "projects/nodeyard/secrets/metis-seq-priv"


class Service(grpc.GenericRpcHandler):
    """`AddSecretVersion` and `ListSecretVersions` of google.cloud.secretmanager.v1."""

    def __init__(self) -> None:
        self.versions: list[SecretVersion] = []
        self.values: list[bytes] = []
        self.forbidden = False

    def service(self, handler_call_details: Any) -> Any:
        method = handler_call_details.method.rpartition("/")[2]
        shapes = {
            "AccessSecretVersion": (self.access, AccessSecretVersionRequest, AccessSecretVersionResponse),
            "AddSecretVersion": (self.add, AddSecretVersionRequest, SecretVersion),
            "ListSecretVersions": (self.list, ListSecretVersionsRequest, ListSecretVersionsResponse),
        }
        answer, request, response = shapes[method]
        return grpc.unary_unary_rpc_method_handler(answer, request.deserialize, response.serialize)

    def add(self, request: AddSecretVersionRequest, context: grpc.ServicerContext) -> SecretVersion:
        self._check(request.parent, context, request.payload.data.decode())
        self.values.append(request.payload.data)
        return self.make(SecretVersion.State.ENABLED)

    def access(self, request: AccessSecretVersionRequest, context: grpc.ServicerContext) -> AccessSecretVersionResponse:
        secret, _, version = request.name.partition("/versions/")
        self._check(secret, context, "")
        if version != "latest" or not self.values:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Secret Version [{request.name}] not found.")
        return AccessSecretVersionResponse(name=request.name, payload={"data": self.values[-1]})

    def list(self, request: ListSecretVersionsRequest, context: grpc.ServicerContext) -> ListSecretVersionsResponse:
        self._check(request.parent, context, "")
        return ListSecretVersionsResponse(versions=self.versions)

    def make(self, state: SecretVersion.State) -> SecretVersion:
        self.versions.append(SecretVersion(name=f"{SECRET}/versions/{len(self.versions) + 1}", state=state))
        return self.versions[-1]

    def _check(self, parent: str, context: grpc.ServicerContext, value: str) -> None:
        if self.forbidden:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, f"Permission denied, said of {value}")
        if parent != SECRET:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Secret [{parent}] not found.")


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def store(service: Service) -> Iterator[SecretManager]:
    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[service])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            transport = SecretManagerServiceGrpcTransport(channel=channel)
            yield SecretManager(SecretManagerServiceClient(transport=transport))
    finally:
        server.stop(None).wait()


def test_without_a_version_it_is_empty(store: SecretManager) -> None:
    assert not store.filled(SECRET)


def test_a_value_fills_it(store: SecretManager, service: Service) -> None:
    store.put(SECRET, SecretStr("0xabc"))
    assert service.values == [b"0xabc"]
    assert store.filled(SECRET)


def test_the_newest_version_decides(store: SecretManager, service: Service) -> None:
    for _ in range(9):
        service.make(SecretVersion.State.ENABLED)
    service.make(SecretVersion.State.DISABLED)
    assert not store.filled(SECRET)


def test_a_refusal_does_not_quote_the_value(store: SecretManager, service: Service) -> None:
    service.forbidden = True
    with pytest.raises(Unreachable, match="said of \\[the value\\]") as refused:
        store.put(SECRET, SecretStr("0xabc"))
    assert "0xabc" not in str(refused.value)


def test_a_secret_that_is_gone(store: SecretManager) -> None:
    with pytest.raises(Unreachable, match="not found"):
        store.filled("projects/nodeyard/secrets/gone")


def test_what_was_put_is_read(store: SecretManager, service: Service) -> None:
    with pytest.raises(Unreachable, match="not found"):
        store.get(SECRET)
    store.put(SECRET, SecretStr("0xabc"))
    assert store.get(SECRET).get_secret_value() == "0xabc"
