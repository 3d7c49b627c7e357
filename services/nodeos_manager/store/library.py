"""The copies of one chain that a bucket holds."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from ..clock import Clock
from .bucket import Bucket, Failed, Missing
from .manifests import Corrupt, Kind, Manifest, chunks_folder, folder, is_name, manifest_name, parsed, written

_SUFFIX = ".json"
MARKED = 600.0
"""Seconds after which the mark of a backup under way is written anew."""
STALE = 3 * 3600.0
"""Seconds after which such a mark says nothing any more: its manager was killed."""


class NotThere(Exception):
    """The bucket has no such snapshot or backup of this chain. The message names those that it has."""


class Library:
    """Snapshots and backups of one chain. What is of another chain is not seen. Every method raises `bucket.Failed`."""

    def __init__(self, bucket: Bucket, chain_id: str, clock: Clock, log: logging.Logger) -> None:
        self.bucket = bucket
        self.chain_id = chain_id
        self._clock = clock
        self._log = log
        self._known: dict[str, Manifest] = {}

    async def all(self, kind: Kind) -> list[Manifest]:
        """Those that are whole as far as their manifests say, the highest block first."""
        prefix = folder(self.chain_id, kind)
        found = [one.name for one in await self.bucket.find(prefix) if one.name.endswith(_SUFFIX)]
        read = [await self._read(kind, name) for name in reversed(found)]
        return [manifest for manifest in read if manifest is not None]

    async def get(self, kind: Kind, name: str | None = None) -> Manifest:
        """By name, or the one of the highest block. Raises NotThere, and Corrupt where its manifest is."""
        if name is None:
            every = await self.all(kind)
            if not every:
                raise NotThere(f"There is no {kind} of chain {self.chain_id} in the bucket.")
            return every[0]
        if not is_name(name):
            raise NotThere(f"{name!r} is no name of a {kind}: list_backups has them.")
        where = manifest_name(self.chain_id, kind, name)
        try:
            return parsed(kind, await self.bucket.read(where), where)
        except Missing as missing:
            raise NotThere(f"There is no {kind} {name} of chain {self.chain_id} in the bucket.") from missing

    async def is_whole(self, manifest: Manifest) -> bool:
        """Whether all that it names is in the bucket, by the listing."""
        prefix = chunks_folder(self.chain_id) if manifest.kind is Kind.BACKUP else folder(self.chain_id, manifest.kind)
        return manifest.objects() <= {one.name for one in await self.bucket.find(prefix)}

    async def publish(self, manifest: Manifest) -> None:
        """The last step of an upload. Raises AlreadyThere where another one was there first."""
        where = manifest_name(self.chain_id, manifest.kind, manifest.name)
        await self.bucket.create(where, written(manifest))

    @contextlib.asynccontextmanager
    async def being_backed_up(self, ordinal: str) -> AsyncIterator[None]:
        """While a backup is made: nobody removes chunks."""
        mark = f"{self._marks}/{ordinal}"
        await self.bucket.write(mark, b"")
        marking = asyncio.create_task(self._keep_marking(mark))
        try:
            yield
        finally:
            marking.cancel()
            try:
                await self.bucket.remove([mark])
            except Failed as failed:
                self._log.warning("the mark of a backup stays for %g s: %s", STALE, failed)

    async def is_being_backed_up(self) -> bool:
        oldest = self._clock.wall() - STALE
        return any(mark.changed > oldest for mark in await self.bucket.find(self._marks))

    @property
    def _marks(self) -> str:
        return f"{self.chain_id}/running"

    async def _keep_marking(self, mark: str) -> None:
        while True:
            await self._clock.sleep(MARKED)
            try:
                await self.bucket.write(mark, b"")
            except Failed as failed:
                self._log.warning("the mark of a backup under way was not renewed: %s", failed)

    async def _read(self, kind: Kind, name: str) -> Manifest | None:
        """A manifest never changes: it is read once. None where it is no manifest, or was removed meanwhile."""
        if name not in self._known:
            try:
                self._known[name] = parsed(kind, await self.bucket.read(name), name)
            except Missing:
                return None
            except Corrupt as corrupt:
                self._log.warning("%s", corrupt)
                return None
        return self._known[name]
