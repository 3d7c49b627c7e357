"""What is asked of Ethereum's nodes, and of whatever answers HTTP."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx2

from ..rpc import Node
from .metrics import Reading

WEI = 10**18
"""In one of the chain's own coin."""


class Probe(Protocol):
    """One thing that is asked again and again."""

    name: str

    async def read(self, http: httpx2.AsyncClient) -> Sequence[Reading]:
        """What it answers now. Raises whatever the asking and the reading raise: all that is one failure."""
        ...


@dataclass(frozen=True)
class Target:
    """A URL, or the absolute path of a file that holds one, for a URL that is a secret. The file is read each time."""

    text: str

    @property
    def url(self) -> str:
        return Path(self.text).read_text().strip() if self.text.startswith("/") else self.text


@dataclass
class Balance:
    """An account's balance."""

    name: str
    address: str
    target: Target

    async def read(self, http: httpx2.AsyncClient) -> Sequence[Reading]:
        wei = await Node(http, self.target.url).call("eth_getBalance", self.address, "latest")
        return [Reading("nodeyard_account_balance_ether", int(wei, 16) / WEI, {"address": self.address})]


@dataclass
class EthereumNode:
    """A node's head and peers."""

    name: str
    target: Target

    async def read(self, http: httpx2.AsyncClient) -> Sequence[Reading]:
        node = Node(http, self.target.url)
        block: dict[str, Any] = await node.call("eth_getBlockByNumber", "latest", False)
        return [
            Reading("nodeyard_head_block_number", int(block["number"], 16)),
            Reading("nodeyard_head_block_age_seconds", time.time() - int(block["timestamp"], 16)),
            Reading("nodeyard_peers", int(await node.call("net_peerCount"), 16)),
        ]


@dataclass
class RollupNode(EthereumNode):
    """The same of a rollup's node that says whether it follows L1 yet (`rollup_getInfo` of MetisProtocol/mvm)."""

    async def read(self, http: httpx2.AsyncClient) -> Sequence[Reading]:
        info = await Node(http, self.target.url).call("rollup_getInfo")
        return [*await super().read(http), Reading("nodeyard_syncing", bool(info["syncing"]))]


@dataclass
class Answers:
    """Whether a GET gets an answer that is none of an error. `nodeyard_probe_success` says all of it."""

    name: str
    target: Target

    async def read(self, http: httpx2.AsyncClient) -> Sequence[Reading]:
        (await http.get(self.target.url)).raise_for_status()
        return []
