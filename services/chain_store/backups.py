"""Keeps files of a node that is stopped, each piece of a file once, by its SHA-256; and brings them back."""

import asyncio
import contextlib
import hashlib
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from .bucket import MIB, AlreadyThere
from .clock import Clock
from .library import Library
from .manifests import Backup, Block, Corrupt, File, chunk_name, chunks_folder
from .parallel import each

CHUNK = 16 * MIB
"""Bytes of one piece. A block log only grows at its end, so nearly all of its pieces are in the bucket already."""
_ZEROS = bytes(CHUNK)


class NoRoom(Exception):
    """The disk has too little room. The message says how much is needed, and how much there is."""


async def upload(directory: Path, files: Sequence[Path], block: Block, library: Library, clock: Clock) -> Backup:
    """Uploads what the bucket has not of `files`, which lie below `directory`, and then the manifest. Raises
    `bucket.Failed`, OSError; and Corrupt where a chunk is gone at the end."""
    at = clock.wall()
    chunks = Chunks(library, {one.name for one in await library.bucket.find(chunks_folder(library.chain_id))})
    kept = [await chunks.keep(file, directory) for file in files]
    backup = Backup(block, at, CHUNK, tuple(kept))
    if not await library.is_whole(backup):
        raise Corrupt("Chunks of the new backup are gone from the bucket again: somebody else removes them.")
    # Where the same block was backed up before, that one stays.
    with contextlib.suppress(AlreadyThere):
        await library.publish(backup)
    return backup


class Chunks:
    """The pieces of files that the bucket has."""

    def __init__(self, library: Library, there: Collection[str]) -> None:
        self._library = library
        self._there = set(there)

    async def keep(self, file: Path, directory: Path) -> File:
        """Uploads a file's pieces, a few at once."""
        size = file.stat().st_size
        pieces = await each(lambda start: self._keep(file, start), range(0, size, CHUNK))
        return File(file.relative_to(directory).as_posix(), size, tuple(pieces))

    async def _keep(self, file: Path, start: int) -> str | None:
        data, sha256 = await asyncio.to_thread(_read, file, start)
        if sha256 is None:
            return None
        name = chunk_name(self._library.chain_id, sha256)
        if name not in self._there:
            await self._library.bucket.write(name, data)
            self._there.add(name)
        return sha256


def _read(file: Path, start: int) -> tuple[bytes, str | None]:
    with file.open("rb") as source:
        source.seek(start)
        data = source.read(CHUNK)
    # nodeos' state, for one, is a sparse file: most of it is holes.
    if data == _ZEROS[: len(data)]:
        return b"", None
    return data, hashlib.sha256(data).hexdigest()


def require_room(directory: Path, needed: int, what: str) -> None:
    """Raises NoRoom where the disk of `directory` has fewer than `needed` bytes for `what`."""
    free = shutil.disk_usage(directory).free
    if needed > free:
        raise NoRoom(f"{what} needs {needed} bytes beside what is there, and {free} are free.")


async def bring(file: File, backup: Backup, directory: Path, library: Library) -> None:
    """Brings one file of a backup back below `directory`, and checks each piece. Raises Corrupt, `bucket.Failed`,
    OSError."""
    target = directory / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as opened:
        opened.truncate(file.bytes)  # what is not written is a hole, of zeros

    async def piece(which: tuple[int, str]) -> None:
        place, sha256 = which
        name, start = chunk_name(backup.block.chain_id, sha256), place * backup.chunk
        data = await library.bucket.read(name)
        if len(data) != min(backup.chunk, file.bytes - start):
            raise Corrupt(f"{name} has {len(data)} bytes, which {file.path} cannot have there.")
        if not await asyncio.to_thread(_write, target, start, data, sha256):
            raise Corrupt(f"{name} has another SHA-256 than its name says.")

    await each(piece, ((place, kept) for place, kept in enumerate(file.chunks) if kept is not None))


def _write(target: Path, start: int, data: bytes, sha256: str) -> bool:
    """Writes what is as it should be."""
    if hashlib.sha256(data).hexdigest() != sha256:
        return False
    with target.open("r+b") as file:
        file.seek(start)
        file.write(data)
    return True
