"""Brings a snapshot or a backup back: all of it comes and is checked before anything of the old state is touched."""

import asyncio
import hashlib
from pathlib import Path, PurePosixPath

from chain_store import backups
from chain_store.bucket import Missing
from chain_store.library import Library
from chain_store.manifests import Backup, Corrupt, File, Manifest, Snapshot
from chain_store.tree import Unkeepable

from ..nodeos.nodeos import Data
from .layout import VOTES, begins_with_the_chain, entries, has_votes, is_kept, log_holds
from .swap import Plan, Swap

SNAPSHOTS = "snapshots"
"""Where nodeos writes its own, below the data directory."""
_OURS = "restored-"
_ROOM = 1 << 30
"""Bytes that stay free: other things are written meanwhile."""


class Restore:
    """What comes back to one data directory."""

    def __init__(self, directory: Path, swap: Swap, room: int = _ROOM) -> None:
        self._directory = directory
        self._swap = swap
        self._room = room

    async def fetch(self, manifest: Manifest, library: Library) -> Plan:
        """Brings all of it, and checks it. nodeos may run meanwhile. Where it fails, what has come is removed.

        Raises NoRoom, Corrupt, Unkeepable, `bucket.Failed`, OSError."""
        await self._clear()
        self._require_room(manifest)
        await asyncio.to_thread(self._require_no_votes)
        try:
            self._swap.new.mkdir(parents=True)
            if isinstance(manifest, Snapshot):
                return await self._snapshot(manifest, library)
            return await self._backup(manifest, library)
        except Missing as missing:
            await self._clear()
            raise Corrupt(f"The {manifest.kind} {manifest.name} is not whole: {missing}") from missing
        except BaseException:
            await self._clear()
            raise

    def to_replay(self) -> Plan | None:
        """How nodeos makes its state anew from its own block log. None where that has not all blocks."""
        if not begins_with_the_chain(self._directory / "blocks"):
            return None
        return Plan(aside=("state", "blocks/reversible"), place=())

    def remove_used(self) -> None:
        """Removes the files of restored snapshots that nodeos has started from."""
        if self._swap.is_begun() or Data(self._directory).take_snapshot() is not None:
            return
        for file in (self._directory / SNAPSHOTS).glob(f"{_OURS}*.bin"):
            file.unlink()

    async def _clear(self) -> None:
        """On a thread, as all that takes long on a big disk: the fence must go on meanwhile."""
        await asyncio.to_thread(self._swap.clear)

    def _require_room(self, manifest: Manifest) -> None:
        backups.require_room(self._directory, manifest.bytes + self._room, f"The {manifest.kind} {manifest.name}")

    def _require_no_votes(self) -> None:
        for name in ("blocks", "state"):
            if has_votes(self._directory / name):
                raise Unkeepable(f"{name} holds votes of a finalizer key, and a restore would remove them.")

    async def _snapshot(self, snapshot: Snapshot, library: Library) -> Plan:
        name = f"{SNAPSHOTS}/{_OURS}{snapshot.name}.bin"
        target, digest = self._swap.new / name, hashlib.sha256()
        target.parent.mkdir()
        with target.open("wb") as file:

            def take(piece: bytes) -> None:
                digest.update(piece)
                file.write(piece)

            async for piece in library.bucket.stream(snapshot.object, snapshot.bytes):
                await asyncio.to_thread(take, piece)
        if digest.hexdigest() != snapshot.sha256:
            raise Corrupt(f"{snapshot.object} has another SHA-256 than its manifest says.")
        # A log without the snapshot's block would keep nodeos from starting; one that has it is history worth keeping.
        kept = log_holds(self._directory / "blocks", snapshot.block.height)
        return Plan(aside=("state", "blocks/reversible" if kept else "blocks"), place=(name,), snapshot=name)

    async def _backup(self, backup: Backup, library: Library) -> Plan:
        files = [file for file in backup.files if _may_come_back(file)]
        if not files:
            raise Corrupt(f"The {backup.kind} {backup.name} has nothing that comes back.")
        for file in files:
            await backups.bring(file, backup, self._swap.new, library)
        place = sorted({PurePosixPath(file.path).parts[0] for file in files})
        return Plan(aside=tuple(await asyncio.to_thread(entries, self._directory)), place=tuple(place))


def _may_come_back(file: File) -> bool:
    parts = PurePosixPath(file.path).parts
    return is_kept(parts[0]) and VOTES not in parts
