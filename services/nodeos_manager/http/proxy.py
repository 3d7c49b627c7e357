"""What others see of nodeos: its chain API, and only while its head is fresh.

nodeos' producer, net and db_size APIs have no authentication and stay on loopback. This port passes on paths of the
chain API, and no others.
"""

import re
from collections.abc import Awaitable, Callable

import httpx2
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from chain_store.clock import Clock

from ..manager import Health

#: Exactly such paths: `/v1/chain/../producer/resume` is none.
_CHAIN_API = re.compile(r"/v1/chain/[a-z0-9_]+")
LIMIT = 2 << 20
"""Bytes of a request. A transaction is far smaller: this is what a stranger may make this process hold."""
TIMEOUT = 30.0
"""Seconds for nodeos' answer."""
REMEMBERED = 0.5
"""Seconds for which an answer about the head counts: a slot. So many requests do not ask for it as often."""


class Proxy:
    """`health` says whether nodeos may be asked."""

    def __init__(
        self, health: Callable[[], Awaitable[Health]], client: httpx2.AsyncClient, address: str, clock: Clock
    ) -> None:
        self._ask_health = health
        self._client = client
        self._address = address
        self._clock = clock
        self._health = Health(False, "not known yet")
        self._asked_at = -REMEMBERED

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/healthz", self._healthz, methods=["GET"]),
                Route("/{path:path}", self._pass_on, methods=["GET", "POST"]),
            ]
        )

    async def _healthz(self, _request: Request) -> Response:
        health = await self._current_health()
        return PlainTextResponse(health.message, 200 if health.is_ready else 503)

    async def _pass_on(self, request: Request) -> Response:
        # The raw path: what is escaped in it must not become a path of another API at nodeos.
        path = request.scope.get("raw_path", b"").decode("latin-1").partition("?")[0]
        if _CHAIN_API.fullmatch(path) is None:
            return JSONResponse({"error": "This port has the chain API only."}, 404)
        health = await self._current_health()
        if not health.is_ready:
            return JSONResponse({"error": f"This node is not at the head: {health.message}"}, 503)
        body = await _body(request)
        if body is None:
            return JSONResponse({"error": f"A request has at most {LIMIT} bytes."}, 413)
        try:
            async with self._clock.timeout(TIMEOUT):
                answer = await self._client.request(request.method, f"{self._address}{path}", content=body)
        except (TimeoutError, httpx2.HTTPError):
            return JSONResponse({"error": "nodeos did not answer."}, 502)
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("Content-Type"))

    async def _current_health(self) -> Health:
        now = self._clock.monotonic()
        if now - self._asked_at >= REMEMBERED:
            self._asked_at = now
            self._health = await self._ask_health()
        return self._health


async def _body(request: Request) -> bytes | None:
    """The request's body. None where it is too long, or the client went away."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > LIMIT:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)
