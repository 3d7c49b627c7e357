"""A node with a disk of its own, and what keeps and restores it."""

import asyncio
import json
import logging
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from chain_store import backups
from chain_store.bucket import bucket
from chain_store.clock import SystemClock
from chain_store.library import Library
from chain_store.manifests import Block, Kind, Manifest
from chain_store.retention import QUIET
from nodeos_manager.nodeos.nodeos import Data, NodeosSettings, NodeosSoftware
from nodeos_manager.nodeos.nodeos_api import HttpNodeos, Refused, Unanswered
from nodeos_manager.nodeos.process import SystemLauncher
from nodeos_manager.nodeos.superviser import Limits, Superviser
from nodeos_manager.store import snapshots
from nodeos_manager.store.copies import Copies, CopiesSettings
from nodeos_manager.store.layout import files
from nodeos_manager.store.restore import Restore
from nodeos_manager.store.swap import Swap, complete
from sandbox.ports import free_port

LOG = logging.getLogger("test")
CHAIN = "c1" * 32
PROGRAM = Path(__file__).parent / "node_program.py"
DAY = 24 * 3600.0


class Clock(SystemClock):
    """Real, but for the wait before a backup, which ends at once. `ahead`: seconds that have passed since."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.waited: list[float] = []

    def wall(self) -> float:
        return super().wall() + self.ahead

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        await super().sleep(0 if seconds == QUIET else seconds)


class Keeper:
    """Notes when nodeos rests."""

    def __init__(self) -> None:
        self.rests = 0

    @asynccontextmanager
    async def resting(self, timeout: float) -> AsyncIterator[None]:
        self.rests += 1
        yield


class Node:
    """`state`: the word that it begins with. None: an empty disk."""

    def __init__(
        self, directory: Path, url: str, state: str | None = None, chain: str = CHAIN, **settings: Any
    ) -> None:
        self.data = Data(directory / "data")
        self.config = directory / "config"
        for place in (self.data.directory, self.config, self.data.finalizers):
            place.mkdir(parents=True, exist_ok=True)
        (self.config / "genesis.json").write_text("{}")
        self.data.safety.write_text(f"votes of {directory.name}")
        if state is not None:
            self.write(state)
        self.port, self.url, self.chain = free_port(), url, chain
        program = directory / "nodeos"
        program.write_text(f"#!{sys.executable}\n{PROGRAM.read_text()}")
        program.chmod(0o755)
        more = (f"--port={self.port}", f"--chain={chain}")
        software = NodeosSoftware(NodeosSettings(program, self.config, self.data, more), LOG)
        self.clock, self.keeper = Clock(), Keeper()
        self.produces: str | None = None
        limits = Limits(stop=20.0, restart=0.05, longest_restart=0.05)
        self.superviser = Superviser(software, SystemLauncher(), self.clock, limits, LOG, lambda: complete(self.data))
        self.http = httpx2.AsyncClient(trust_env=False)
        self.nodeos = HttpNodeos(self.http, f"http://127.0.0.1:{self.port}", self.clock)
        self.swap = Swap(self.data)
        self.restore = Restore(self.data.directory, self.swap, room=0)
        self.settings = CopiesSettings(**{"ordinal": directory.name, "chain_id": chain, **settings})
        self.copies = self._copies()

    def _copies(self) -> Copies:
        async def why() -> str | None:
            return self.produces

        store = bucket(self.url)
        return Copies(
            store,
            self.data,
            self.nodeos,
            self.superviser,
            self.keeper,
            why,
            self.clock,
            self.settings,
            LOG,
            self.restore,
        )

    def library(self) -> Library:
        return Library(bucket(self.url), self.chain, self.clock, LOG)

    def write(self, state: str, dirty: bool = False, first: int = 100, blocks: int = 10) -> None:
        """What a node that was stopped leaves; `dirty`: what one that was killed does."""
        for name in ("state", "blocks/reversible"):
            (self.data.directory / name).mkdir(parents=True, exist_ok=True)
        memory = struct.pack("<7sxB", b"EOSIODB", int(dirty)) + state.encode()
        (self.data.directory / "state/shared_memory.bin").write_bytes(memory)
        (self.data.directory / "blocks/blocks.log").write_bytes(struct.pack("<II", 3, first) + b"x" * 1000)
        (self.data.directory / "blocks/blocks.index").write_bytes(bytes(8 * blocks))
        (self.data.directory / "blocks/reversible/fork_db.dat").write_text(state)

    def on_disk(self) -> str:
        memory = (self.data.directory / "state/shared_memory.bin").read_bytes()
        return memory[9:].rstrip(b"\0").decode()

    async def start(self) -> str:
        """As a boot of its manager does. Returns the state that it runs with."""
        await self.copies.first_start()
        await self.superviser.start()
        return await self.state()

    async def state(self) -> str:
        for _ in range(200):
            try:
                await self.nodeos.head()
                break
            except (Unanswered, Refused):
                if self.superviser.running() is None:
                    raise AssertionError(list(self.superviser.lines)) from None
                await asyncio.sleep(0.05)
        told = await self.http.post(f"http://127.0.0.1:{self.port}/v1/chain/get_info")
        return str(told.json()["server_version_string"])

    async def end(self) -> None:
        await self.superviser.kill()
        self.superviser.abandon()
        await self.http.aclose()


@asynccontextmanager
async def node(directory: Path, url: str, state: str | None = None, **settings: Any) -> AsyncIterator[Node]:
    made = Node(directory, url, state, **settings)
    try:
        yield made
    finally:
        await made.end()


def block(height: int, chain: str = CHAIN) -> Block:
    return Block(chain, height, f"{height:08x}{'cd' * 28}")


async def kept(directory: Path, url: str, state: str, kind: Kind, height: int = 105) -> Manifest:
    """Puts a copy of a node with this state into the bucket, without running the node."""
    source = Node(directory, url, state)
    if kind is Kind.BACKUP:
        data = source.data.directory
        return await backups.upload(data, list(files(data)), block(height), source.library(), source.clock)
    file = directory / "snapshot.bin"
    file.write_text(json.dumps({"word": state, "height": height}))
    return await snapshots.keep(file, block(height), source.library(), source.clock)
