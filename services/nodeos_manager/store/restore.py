"""Brings a snapshot or a backup back: all of it comes and is checked before anything of the old state is touched."""

import asyncio
import hashlib
import shutil
from pathlib import Path, PurePosixPath

from ..nodeos.nodeos import Data
from .bucket import Missing
from .layout import VOTES, Unkeepable, begins_with_the_chain, entries, has_votes, is_kept, log_holds
from .library import Library
from .manifests import Backup, Corrupt, File, Manifest, Snapshot, chunk_name
from .parallel import each
from .swap import Plan, Swap

SNAPSHOTS = "snapshots"
"""Where nodeos writes its own, below the data directory."""
_OURS = "restored-"
_ROOM = 1 << 30
"""Bytes that stay free: other things are written meanwhile."""


class NoRoom(Exception):
    """The disk has too little room. The message says how much is needed, and how much there is."""


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
        needed, free = manifest.bytes + self._room, shutil.disk_usage(self._directory).free
        if needed > free:
            raise NoRoom(
                f"The {manifest.kind} {manifest.name} needs {needed} bytes beside what is there, and {free} are free."
            )

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
            await self._file(file, backup, library)
        place = sorted({PurePosixPath(file.path).parts[0] for file in files})
        return Plan(aside=tuple(await asyncio.to_thread(entries, self._directory)), place=tuple(place))

    async def _file(self, file: File, backup: Backup, library: Library) -> None:
        target = self._swap.new / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as opened:
            opened.truncate(file.bytes)  # what is not written is a hole, of zeros

        async def bring(piece: tuple[int, str]) -> None:
            place, sha256 = piece
            name, start = chunk_name(backup.block.chain_id, sha256), place * backup.chunk
            data = await library.bucket.read(name)
            if len(data) != min(backup.chunk, file.bytes - start):
                raise Corrupt(f"{name} has {len(data)} bytes, which {file.path} cannot have there.")
            if not await asyncio.to_thread(_write, target, start, data, sha256):
                raise Corrupt(f"{name} has another SHA-256 than its name says.")

        await each(bring, ((place, kept) for place, kept in enumerate(file.chunks) if kept is not None))


def _write(target: Path, start: int, data: bytes, sha256: str) -> bool:
    """Writes what is as it should be."""
    if hashlib.sha256(data).hexdigest() != sha256:
        return False
    with target.open("r+b") as file:
        file.seek(start)
        file.write(data)
    return True


def _may_come_back(file: File) -> bool:
    parts = PurePosixPath(file.path).parts
    return is_kept(parts[0]) and VOTES not in parts
