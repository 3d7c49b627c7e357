"""`chain_tools backup`: puts the data of a node of its own into the bucket, once the node is at the tip."""

import asyncio
import logging
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from chain_store import backups, retention
from chain_store.bucket import Failed, bucket
from chain_store.clock import Clock, SystemClock
from chain_store.library import Library
from chain_store.manifests import Backup, Kind
from chain_store.manifests import Block as Kept

from . import layout
from .options import Chain, DataDir, GenesisHash, Network, StoreUrl
from .rpc import Block, Node, client
from .running import Failure, run
from .shelf import shelf
from .tip import Waiting

STOPPED = "stopped"
"""The file beside STOP_FILE by which the node's start script (`charts/mantis/files`) says that it has ended well."""
_POLL = 0.5


def backup(
    store_url: StoreUrl,
    network: Network,
    genesis_hash: GenesisHash,
    data_dir: DataDir,
    rpc_url: Annotated[str, typer.Option(envvar="RPC_URL", help="The RPC API of the node that is backed up.")],
    tip_urls: Annotated[
        str,
        typer.Option(envvar="TIP_URLS", help="The RPC APIs of nodes at the chain's tip, with commas between."),
    ],
    stop_file: Annotated[
        Path, typer.Option(envvar="STOP_FILE", help="The file that makes the node stop. `stopped` appears beside it.")
    ],
    keep: Annotated[int, typer.Option(envvar="KEEP", min=1, help="How many backups stay.")] = 48,
    deadline: Annotated[
        float, typer.Option(envvar="DEADLINE", min=0, help="Seconds that the node has to reach the tip.")
    ] = 3 * 3600.0,
    stop_wait: Annotated[
        float, typer.Option(envvar="STOP_WAIT", min=0, help="Seconds that the node has to stop.")
    ] = 600.0,
) -> None:
    """Waits until the node is within two blocks of the tip, stops it, and keeps its data without any key."""
    peers = [url.strip() for url in tip_urls.split(",") if url.strip()]
    if not peers:
        raise typer.BadParameter("Nobody says where the chain's tip is.", param_hint="TIP_URLS")
    settings = BackupSettings(
        chain=Chain(network, genesis_hash),
        data_dir=data_dir,
        rpc_url=rpc_url,
        peers=peers,
        stop_file=stop_file,
        keep=keep,
        deadline=deadline,
        stop_wait=stop_wait,
    )
    run(_backup(settings, store_url))


@dataclass(frozen=True, kw_only=True)
class BackupSettings:
    chain: Chain
    data_dir: Path
    rpc_url: str
    peers: Sequence[str]
    stop_file: Path
    keep: int
    deadline: float
    stop_wait: float


async def _backup(settings: BackupSettings, store_url: str) -> None:
    log, clock = logging.getLogger("chain_tools.backup"), SystemClock()
    library = shelf(bucket(store_url), settings.chain, clock, log)
    try:
        await Making(settings, library, clock, log).run()
    finally:
        # Good or bad: their pod has ended only when its node has, too.
        settings.stop_file.touch()


class Making:
    """One backup, from the wait for the tip to the removal of old ones."""

    def __init__(self, settings: BackupSettings, library: Library, clock: Clock, log: logging.Logger) -> None:
        self._settings = settings
        self._library = library
        self._clock = clock
        self._log = log

    async def run(self) -> None:
        """Raises Failure, and what the bucket and the disk raise. The backup from before stays the latest then."""
        if self._settings.stop_file.exists():
            raise Failure(f"{self._settings.stop_file} is there already: the node was told to stop before its backup.")
        began = self._clock.monotonic()
        # Never the name of a run that was killed, whose mark is still there.
        writer = f"{socket.gethostname()}-{secrets.token_hex(4)}"
        async with self._library.being_backed_up(writer):
            if await self._library.is_being_backed_up(besides=writer):
                raise Failure("Another backup of this network is under way, or was killed less than half an hour ago.")
            made = await self._make()
            removed = await self._tidy(writer)
        self._log.info(
            "backup %s: height %d, %d bytes, %.1f s, %s",
            made.name,
            made.block.height,
            made.bytes,
            self._clock.monotonic() - began,
            removed,
        )

    async def _make(self) -> Backup:
        settings = self._settings
        head = await self._tip()
        self._log.info("the node is at block %d, and is stopped", head.number)
        await self._stop()
        directory = settings.chain.directory(settings.data_dir)
        files = await asyncio.to_thread(layout.files, directory)
        block = Kept(settings.chain.id, head.number, head.hash.removeprefix("0x"))
        return await backups.upload(directory, files, block, self._library, self._clock)

    async def _tip(self) -> Block:
        settings = self._settings
        async with client() as http:
            node, peers = Node(http, settings.rpc_url), [Node(http, url) for url in settings.peers]
            waiting = Waiting(node, peers, settings.chain.genesis_hash, self._clock, self._log)
            return await waiting.ends(settings.deadline)

    async def _stop(self) -> None:
        """What a process has open is in pieces on its disk."""
        settings = self._settings
        settings.stop_file.touch()
        stopped, until = settings.stop_file.with_name(STOPPED), self._clock.monotonic() + settings.stop_wait
        while not stopped.exists():
            if self._clock.monotonic() >= until:
                raise Failure(f"The node has not stopped in good order after {settings.stop_wait:g} s: no {stopped}.")
            await self._clock.sleep(_POLL)

    async def _tidy(self, writer: str) -> str:
        """What is not removed now is removed after the next backup."""
        try:
            removed = await retention.tidy(Kind.BACKUP, self._settings.keep, self._library, self._clock, writer)
        except (Failed, TimeoutError) as failed:
            self._log.warning("old backups stay for now: %s", failed)
            return "none removed"
        return f"{removed} old ones removed"
