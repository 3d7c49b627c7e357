"""A node's JSON-RPC, as far as all of Ethereum's clients have it (https://ethereum.org/developers/docs/apis/json-rpc)."""

from dataclasses import dataclass
from typing import Any

import httpx2

_TIMEOUT = 10.0
"""Seconds."""


class Unanswered(Exception):
    """The node gave no answer, or none that is one. The message says which node, and what came."""


@dataclass(frozen=True)
class Block:
    number: int
    hash: str
    """In small letters, after 0x."""


class Node:
    """One node, by the URL of its RPC API. Every method raises Unanswered."""

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self._http = http
        self.url = url

    async def call(self, method: str, *parameters: object) -> Any:
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        try:
            answer = await self._http.post(self.url, json=asked, timeout=_TIMEOUT)
            answer.raise_for_status()
            return answer.json()["result"]
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as failed:
            raise Unanswered(f"{self.url} does not answer {method}: {type(failed).__name__}: {failed}") from failed

    async def head(self) -> Block:
        block = await self._block("latest")
        if block is None:
            raise Unanswered(f"{self.url} has no block at all.")
        return block

    async def block(self, number: int) -> Block | None:
        """The block of that number on the chain that the node follows."""
        return await self._block(hex(number))

    async def _block(self, which: str) -> Block | None:
        given = await self.call("eth_getBlockByNumber", which, False)
        try:
            return None if given is None else Block(int(given["number"], 16), str(given["hash"]).lower())
        except (KeyError, TypeError, ValueError) as wrong:
            raise Unanswered(f"{self.url} gives no block, but {given!r}.") from wrong


def client() -> httpx2.AsyncClient:
    """No proxy of the environment's stands between nodes of one network."""
    return httpx2.AsyncClient(trust_env=False)
