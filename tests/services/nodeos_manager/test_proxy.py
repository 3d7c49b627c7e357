"""What the proxy passes on, and when."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx2
import pytest

from nodeos_manager.http.proxy import LIMIT, REMEMBERED, Proxy
from nodeos_manager.manager import Health
from tests.services.nodeos_manager.simulation.loop import simulated
from tests.services.nodeos_manager.stand_ins import clock

NODEOS = "http://127.0.0.1:8888"


class Case:
    def __init__(self) -> None:
        self.health = Health(True, "ok")
        self.asked = 0
        self.reached: list[tuple[str, str, bytes]] = []
        self.fails = False
        upstream = httpx2.AsyncClient(transport=httpx2.MockTransport(self._nodeos))
        proxy = Proxy(self._health, upstream, NODEOS, clock())
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(proxy.application()), base_url="http://proxy", timeout=None
        )

    async def _health(self) -> Health:
        self.asked += 1
        return self.health

    def _nodeos(self, request: httpx2.Request) -> httpx2.Response:
        if self.fails:
            raise httpx2.ConnectError("refused")
        self.reached.append((request.method, str(request.url), request.content))
        return httpx2.Response(500 if b"bad" in request.content else 200, json={"head_block_num": 7})


def case(test: Callable[[Case], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        await test(Case())

    simulated(run())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_chain_api_is_passed_on_as_it_is(method: str) -> None:
    async def test(case: Case) -> None:
        answer = await case.http.request(method, "/v1/chain/get_info", content=b'{"a":1}')
        assert (answer.status_code, answer.json()) == (200, {"head_block_num": 7})
        assert answer.headers["Content-Type"] == "application/json"
        assert case.reached == [(method, f"{NODEOS}/v1/chain/get_info", b'{"a":1}')]

    case(test)


def test_an_error_of_nodeos_is_passed_on() -> None:
    async def test(case: Case) -> None:
        assert (await case.http.post("/v1/chain/push_transaction", content=b"bad")).status_code == 500

    case(test)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/producer/resume",
        "/v1/producer/paused",
        "/v1/net/connect",
        "/v1/db_size/get",
        "/v1/chain/",
        "/v1/chain/../producer/resume",
        "/v1/chain/%2e%2e/producer/resume",
        "/v1/chain/..%2fproducer%2fresume",
        "/v1/chain/get_info/",
        "//v1/chain/get_info",
        "/",
    ],
)
def test_no_other_path_reaches_nodeos(path: str) -> None:
    async def test(case: Case) -> None:
        for method in ("GET", "POST"):
            assert (await case.http.request(method, path)).status_code == 404
        assert case.reached == []

    case(test)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_no_other_method_reaches_nodeos(method: str) -> None:
    async def test(case: Case) -> None:
        assert (await case.http.request(method, "/v1/chain/get_info")).status_code == 405

    case(test)


def test_nothing_is_passed_on_while_the_head_is_not_fresh() -> None:
    async def test(case: Case) -> None:
        case.health = Health(False, "the head is 9.0 s old")
        answer = await case.http.post("/v1/chain/get_info")
        assert (answer.status_code, "9.0 s old" in answer.text) == (503, True)
        assert (await case.http.get("/healthz")).status_code == 503
        assert case.reached == []
        case.health = Health(True, "ok")
        await asyncio.sleep(REMEMBERED)
        assert (await case.http.post("/v1/chain/get_info")).status_code == 200
        assert (await case.http.get("/healthz")).text == "ok"

    case(test)


def test_many_requests_ask_for_the_head_once_a_slot() -> None:
    async def test(case: Case) -> None:
        for _ in range(20):
            await case.http.post("/v1/chain/get_info")
        assert case.asked == 1

    case(test)


def test_a_request_that_is_too_long_is_refused() -> None:
    async def test(case: Case) -> None:
        assert (await case.http.post("/v1/chain/get_info", content=b"x" * (LIMIT + 1))).status_code == 413
        assert case.reached == []
        assert (await case.http.post("/v1/chain/get_info", content=b"x" * LIMIT)).status_code == 200

    case(test)


def test_a_nodeos_that_does_not_answer_is_a_bad_gateway() -> None:
    async def test(case: Case) -> None:
        case.fails = True
        assert (await case.http.post("/v1/chain/get_info")).status_code == 502

    case(test)
