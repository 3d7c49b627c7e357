"""Asking a node over HTTP, through a tunnel or at an address."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from .contract import Answer, Call, Line, NoAnswer

# A tunnel accepts before its far end does. Who is silent is not asked again: that was the time limit.
_AGAIN = (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)

LIMIT_BYTES = 4 * 1024 * 1024
"""Of one answer: what speaks on may be anything."""


class HttpLine:
    """The node's ports, each at some URL."""

    def __init__(self, urls: Mapping[int, str]) -> None:
        self._urls = urls

    async def ask(self, calls: Sequence[Call], limit: float) -> list[Answer | NoAnswer]:
        # No proxy of the environment's: it is loopback, or an address inside a network that we are in.
        async with httpx.AsyncClient(timeout=limit, trust_env=False) as client:
            return await asyncio.gather(*(self._ask(client, call, limit) for call in calls))

    async def _ask(self, client: httpx.AsyncClient, call: Call, limit: float) -> Answer | NoAnswer:
        await asyncio.sleep(call.after)
        headers = {"Content-Type": "application/json"}
        return await send(
            client, client.build_request("POST", self._urls[call.port], content=call.body(), headers=headers), limit
        )


async def send(client: httpx.AsyncClient, request: httpx.Request, limit: float) -> Answer | NoAnswer:
    """The answer to one request, which is asked again while a connection fails. `limit` is the client's own, in
    seconds."""
    attempts = AsyncRetrying(
        stop=stop_after_attempt(3), wait=wait_exponential(0.2), retry=retry_if_exception_type(_AGAIN), reraise=True
    )
    was_refused = False

    async def once() -> Answer | NoAnswer:
        nonlocal was_refused
        try:
            return await _send(client, request)
        except (httpx.ConnectTimeout, httpx.ConnectError):
            was_refused = True
            raise

    try:
        # httpx limits each read; this limits one that drips.
        async with asyncio.timeout(2 * limit):
            return await attempts(once)
    except httpx.ConnectError as error:
        return NoAnswer(str(error), was_reached=False)
    except (httpx.TimeoutException, TimeoutError):
        return NoAnswer(f"no answer in {limit:g} seconds", was_reached=not was_refused)
    except httpx.HTTPError as error:
        return NoAnswer(str(error) or type(error).__name__)


async def _send(client: httpx.AsyncClient, request: httpx.Request) -> Answer | NoAnswer:
    read = bytearray()
    response = await client.send(request, stream=True)
    try:
        async for part in response.aiter_bytes():
            read += part
            if len(read) > LIMIT_BYTES:
                return NoAnswer(f"more than {LIMIT_BYTES} bytes, which is no answer")
    finally:
        await response.aclose()
    return Answer(response.status_code, read.decode(errors="replace"))


@asynccontextmanager
async def at(urls: Mapping[int, str]) -> AsyncIterator[Line]:
    """A line to a node whose ports are at addresses that the operator gave."""
    yield HttpLine(urls)


def loopback(ports: Mapping[int, int]) -> HttpLine:
    """A line through a tunnel, from the node's ports to local ones."""
    return HttpLine({far: f"http://127.0.0.1:{near}/rpc" for far, near in ports.items()})
