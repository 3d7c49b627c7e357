"""Keeps the data directory of a nodeos that is stopped: each piece of a file once, by its SHA-256."""

import asyncio
import contextlib
import hashlib
from collections.abc import Collection
from pathlib import Path

from ..clock import Clock
from .bucket import MIB, AlreadyThere
from .layout import files
from .library import Library
from .manifests import Backup, Block, Corrupt, File, chunk_name, chunks_folder
from .parallel import each

CHUNK = 16 * MIB
"""Bytes of one piece. A block log only grows at its end, so nearly all of its pieces are in the bucket already."""
_ZEROS = bytes(CHUNK)


async def check(directory: Path) -> None:
    """Raises Unkeepable, before nodeos is stopped in vain."""
    await asyncio.to_thread(lambda: list(files(directory)))


async def upload(directory: Path, block: Block, library: Library, clock: Clock) -> Backup:
    """Uploads what the bucket has not, and then the manifest. Raises `bucket.Failed`, Unkeepable, OSError; and Corrupt
    where a chunk is gone at the end."""
    at = clock.wall()
    chunks = Chunks(library, {one.name for one in await library.bucket.find(chunks_folder(library.chain_id))})
    kept = [await chunks.keep(file, directory) for file in await asyncio.to_thread(lambda: list(files(directory)))]
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
    # nodeos' state is one sparse file: most of it is holes.
    if data == _ZEROS[: len(data)]:
        return b"", None
    return data, hashlib.sha256(data).hexdigest()
