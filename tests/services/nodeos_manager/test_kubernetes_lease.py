"""The Lease of the API server, through lightkube, on a stand-in that heeds resourceVersion as the API server does."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from lightkube import AsyncClient, KubeConfig
from lightkube.config.models import Cluster, User

from nodeos_manager.production.finalizer_ledger import Ledger, Start
from nodeos_manager.production.kubernetes_lease import KubernetesLease, KubernetesLedger
from nodeos_manager.production.right import NOBODY, Conflict, Record, Unreachable

PATH = "/apis/coordination.k8s.io/v1/namespaces/chain/leases"
RECORD = Record("bp-0_uid", 15.0, 0, "")


class ApiServer(httpx2.AsyncBaseTransport):
    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 0
        self.failure: int | Exception | None = None
        self.delay = 0.0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(self.delay)
        if isinstance(self.failure, Exception):
            raise self.failure
        if self.failure is not None:
            return self._refused(self.failure)
        if request.method == "POST":
            assert request.url.path == PATH
            return self._refused(409) if self.lease else self._store(request, 201)
        assert request.url.path == f"{PATH}/nodeos-bp"
        if self.lease is None:
            return self._refused(404)
        if request.method == "PUT":
            given = json.loads(request.content)["metadata"]["resourceVersion"]
            return self._store(request, 200) if given == str(self.version) else self._refused(409)
        return httpx2.Response(200, json=self.lease, request=request)

    def _store(self, request: httpx2.Request, code: int) -> httpx2.Response:
        self.version += 1
        self.lease = json.loads(request.content)
        self.lease["metadata"]["resourceVersion"] = str(self.version)
        return httpx2.Response(code, json=self.lease, request=request)

    def _refused(self, code: int) -> httpx2.Response:
        return httpx2.Response(code, json={"kind": "Status", "code": code, "message": f"refused: {code}"})


def client(server: ApiServer) -> AsyncClient:
    config = KubeConfig.from_one(
        cluster=Cluster(server="http://127.0.0.1:1"), user=User(token="t"), context_name="test"
    )
    return AsyncClient(config=config, namespace="chain", transport=server, trust_env=False)


def with_lease(test: Callable[[KubernetesLease, ApiServer], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        server = ApiServer()
        await test(KubernetesLease(client(server), "chain", "nodeos-bp", timeout=0.5), server)

    asyncio.run(run())


def with_ledger(test: Callable[[KubernetesLedger, ApiServer], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        server = ApiServer()
        await test(KubernetesLedger(client(server), "chain", "nodeos-bp", timeout=0.5), server)

    asyncio.run(run())


def test_what_was_never_written_is_none() -> None:
    async def test(lease: KubernetesLease, server: ApiServer) -> None:
        assert await lease.read() is None

    with_lease(test)


def test_what_was_written_is_read_back_with_its_version() -> None:
    async def test(lease: KubernetesLease, server: ApiServer) -> None:
        written = await lease.create(RECORD)
        assert written == replace(RECORD, version="1")
        assert await lease.read() == written
        passed = await lease.replace(replace(written, holder=NOBODY, duration=0.0, transitions=1))
        assert await lease.read() == passed == Record(NOBODY, 0.0, 1, "2")

    with_lease(test)


def test_a_write_over_another_version_conflicts() -> None:
    async def test(lease: KubernetesLease, server: ApiServer) -> None:
        first = await lease.create(RECORD)
        await lease.replace(first)
        with pytest.raises(Conflict):
            await lease.replace(first)
        with pytest.raises(Conflict):
            await lease.create(RECORD)

    with_lease(test)


def test_a_write_without_a_version_is_never_sent() -> None:
    async def test(lease: KubernetesLease, server: ApiServer) -> None:
        await lease.create(RECORD)
        with pytest.raises(ValueError, match="never read"):
            await lease.replace(RECORD)
        assert server.version == 1

    with_lease(test)


def test_a_lease_that_was_deleted_meanwhile_is_another_version() -> None:
    async def test(lease: KubernetesLease, server: ApiServer) -> None:
        first = await lease.create(RECORD)
        server.lease = None
        with pytest.raises(Conflict):
            await lease.replace(first)

    with_lease(test)


@pytest.mark.parametrize("failure", [500, 403, 401, httpx2.ConnectError("no way"), httpx2.ReadTimeout("slow")])
def test_every_other_failure_leaves_it_open_what_was_done(failure: int | Exception) -> None:
    async def test(lease: KubernetesLease, server: ApiServer) -> None:
        first = await lease.create(RECORD)
        server.failure = failure
        with pytest.raises(Unreachable):
            await lease.read()
        with pytest.raises(Unreachable):
            await lease.replace(first)

    with_lease(test)


def test_an_answer_that_drips_is_not_waited_for() -> None:
    async def test(lease: KubernetesLease, server: ApiServer) -> None:
        server.delay = 30.0
        with pytest.raises(Unreachable):
            await lease.read()

    with_lease(test)


def test_a_ledger_that_was_never_written_is_empty_and_a_written_one_is_read_back() -> None:
    async def test(ledger: KubernetesLedger, server: ApiServer) -> None:
        assert await ledger.read() == Ledger({})
        first = await ledger.write(Ledger({"PUB_BLS_1": Start("vol-1")}))
        assert first == await ledger.read() == Ledger({"PUB_BLS_1": Start("vol-1")}, "1")
        second = await ledger.write(replace(first, starts={"PUB_BLS_1": Start("vol-1", voted=True)}))
        assert second == await ledger.read()
        assert second.starts["PUB_BLS_1"].voted

    with_ledger(test)


def test_a_ledger_is_written_over_the_version_that_was_read_only() -> None:
    async def test(ledger: KubernetesLedger, server: ApiServer) -> None:
        first = await ledger.write(Ledger({}))
        await ledger.write(first)
        with pytest.raises(Conflict):
            await ledger.write(first)
        with pytest.raises(Conflict):
            await ledger.write(Ledger({}))

    with_ledger(test)


@pytest.mark.parametrize("annotations", [{}, {"nodeyard.io/finalizer-keys": "["}, {"nodeyard.io/finalizer-keys": "[]"}])
def test_a_ledger_that_was_tampered_with_is_no_empty_one(annotations: dict[str, str]) -> None:
    async def test(ledger: KubernetesLedger, server: ApiServer) -> None:
        await ledger.write(Ledger({"PUB_BLS_1": Start("vol-1")}))
        assert server.lease is not None
        server.lease["metadata"]["annotations"] = annotations
        with pytest.raises(Unreachable, match=r"nodeyard\.io/finalizer-keys"):
            await ledger.read()

    with_ledger(test)
