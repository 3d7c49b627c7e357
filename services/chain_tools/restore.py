"""`chain_tools restore`: begins an empty disk with the latest backup, before the node starts."""

import asyncio
import logging
import os
import shutil
from pathlib import Path, PurePosixPath

from chain_store import backups
from chain_store.bucket import Missing, bucket
from chain_store.clock import SystemClock
from chain_store.library import Library
from chain_store.manifests import Backup, Corrupt, File, Kind

from . import layout
from .options import Chain, DataDir, GenesisHash, Network, StoreUrl
from .running import Failure, run
from .shelf import shelf

STAGING = ".restore"
"""Where a restore puts what comes, on the same disk: its move into place is one step."""
CLEAN_START = "clean-start"
"""The file by which an operator asks that the node begins with nothing (`charts/mantis/files`)."""


def restore(store_url: StoreUrl, network: Network, genesis_hash: GenesisHash, data_dir: DataDir) -> None:
    """Brings the latest backup that is whole to a disk that has nothing of this chain. All else is left alone."""
    run(_restore(store_url, Chain(network, genesis_hash), data_dir))


async def _restore(store_url: str, chain: Chain, data_dir: Path) -> None:
    log = logging.getLogger("chain_tools.restore")
    library = shelf(bucket(store_url), chain, SystemClock(), log)
    await Restoring(data_dir, chain.directory(data_dir), library, log).run()


class Restoring:
    """What comes back to one disk."""

    def __init__(self, data_dir: Path, directory: Path, library: Library, log: logging.Logger) -> None:
        self._data_dir = data_dir
        self._directory = directory
        self._staging = data_dir / STAGING
        self._library = library
        self._log = log

    async def run(self) -> None:
        """Raises Failure where there are backups, and none is whole; NoRoom, `bucket.Failed`, OSError."""
        await asyncio.to_thread(shutil.rmtree, self._staging, ignore_errors=True)
        if why := self._nothing_to_do():
            self._log.info("nothing is restored: %s", why)
            return
        found = await self._library.all(Kind.BACKUP)
        if not found:
            self._log.info("nothing is restored: there is no backup of %s", self._library.chain_id)
            return
        for manifest in found:
            if isinstance(manifest, Backup) and await self._came(manifest):
                self._log.info("restored backup %s: height %d", manifest.name, manifest.block.height)
                return
        raise Failure(f"None of the {len(found)} backups of {self._library.chain_id} is whole.")

    def _nothing_to_do(self) -> str:
        if (self._data_dir / CLEAN_START).exists():
            return "a clean start was asked for"
        if self._directory.is_dir() and any(self._directory.iterdir()):
            return f"{self._directory} has data"
        return ""

    async def _came(self, backup: Backup) -> bool:
        """Whether all of it came as it was kept. Then it is in place."""
        try:
            await self._fetch(backup)
        except (Corrupt, Missing) as broken:
            self._log.error("the backup %s is not whole, and the one before it is tried: %s", backup.name, broken)
            await asyncio.to_thread(shutil.rmtree, self._staging)
            return False
        await asyncio.to_thread(self._place)
        return True

    async def _fetch(self, backup: Backup) -> None:
        backups.require_room(self._data_dir, backup.bytes, f"The backup {backup.name}")
        self._staging.mkdir()
        for file in backup.files:
            if _may_come_back(file):
                await backups.bring(file, backup, self._staging, self._library)

    def _place(self) -> None:
        os.sync()  # all of it is on the disk before the directory is called what the node looks for
        self._staging.rename(self._directory)
        os.sync()


def _may_come_back(file: File) -> bool:
    return all(layout.may_be_kept(part) for part in PurePosixPath(file.path).parts)
