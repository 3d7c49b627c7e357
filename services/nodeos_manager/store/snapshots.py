"""Takes a snapshot of a nodeos that runs, and keeps it in the bucket."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any, Protocol

from chain_store.bucket import PART, AlreadyThere
from chain_store.clock import Clock
from chain_store.library import Library
from chain_store.manifests import Block, Kind, Snapshot, folder

from ..nodeos.nodeos_api import CreatedSnapshot


class Snapshotter(Protocol):
    """A nodeos that can be asked for a snapshot."""

    async def create_snapshot(self) -> CreatedSnapshot: ...


async def take(nodeos: Snapshotter, library: Library, clock: Clock) -> Snapshot:
    """nodeos writes a snapshot of its newest block, once that is irreversible; it goes into the bucket, and the local
    file is removed whatever happens. Raises what the API and the bucket raise, and OSError."""
    created = await nodeos.create_snapshot()
    file = Path(created.file)
    try:
        return await keep(file, Block(library.chain_id, created.number, created.id), library, clock)
    finally:
        await asyncio.to_thread(file.unlink, missing_ok=True)


async def keep(file: Path, block: Block, library: Library, clock: Clock) -> Snapshot:
    """Puts a snapshot into the bucket: the file first, by a name of its own, for an upload overwrites what is there."""
    name = f"{folder(library.chain_id, Kind.SNAPSHOT)}/{block.name}-{secrets.token_hex(4)}.bin"
    size, digest = file.stat().st_size, hashlib.sha256()
    with file.open("rb") as source:
        await library.bucket.upload(name, _pieces(source, digest), size)
    snapshot = Snapshot(block, clock.wall(), size, digest.hexdigest(), name)
    try:
        await library.publish(snapshot)
    except AlreadyThere:
        # Another ordinal was quicker with the same block; or it is our own, and the answer to its request was lost.
        kept = await library.get(Kind.SNAPSHOT, block.name)
        if kept.objects() != snapshot.objects():
            await library.bucket.remove([name])
    return snapshot


async def _pieces(source: IO[bytes], digest: Any) -> AsyncIterator[bytes]:
    """Reads and hashes on a thread: the fence must go on meanwhile."""

    def following() -> bytes:
        piece = source.read(PART)
        digest.update(piece)
        return piece

    while piece := await asyncio.to_thread(following):
        yield piece
