"""The copies of one chain that a bucket holds."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from .bucket import Bucket, Failed, Found, Missing
from .clock import Clock
from .manifests import Corrupt, Kind, Manifest, chunks_folder, folder, is_name, manifest_name, parsed, written

_SUFFIX = ".json"
MARKED = 120.0
"""Seconds after which the mark of a backup under way is written anew."""
STALE = 1800.0
"""Seconds after which such a mark says nothing any more: its writer was killed."""

Order = Callable[[Found], tuple[float | str, ...]]
"""What makes one copy newer than another, by how the bucket lists its manifest."""


def by_height(found: Found) -> tuple[float | str, ...]:
    """For a chain that only ever grows."""
    return (found.name,)


def by_time(found: Found) -> tuple[float | str, ...]:
    """For a network that may begin anew, below its old height. The bucket's clock counts, and no writer's."""
    return (found.changed, found.name)


class NotThere(Exception):
    """The bucket has no such snapshot or backup of this chain. The message names those that it has."""


class Library:
    """Snapshots and backups of one chain. What is of another chain is not seen. Every method raises `bucket.Failed`."""

    def __init__(
        self, bucket: Bucket, chain_id: str, clock: Clock, log: logging.Logger, order: Order = by_height
    ) -> None:
        self.bucket = bucket
        self.chain_id = chain_id
        self._clock = clock
        self._log = log
        self._order = order
        self._known: dict[str, Manifest] = {}

    async def all(self, kind: Kind) -> list[Manifest]:
        """Those that are whole as far as their manifests say, the newest first: the one of the highest block, unless
        there is another order."""
        prefix = folder(self.chain_id, kind)
        found = [one for one in await self.bucket.find(prefix) if one.name.endswith(_SUFFIX)]
        read = [await self._read(kind, one.name) for one in sorted(found, key=self._order, reverse=True)]
        return [manifest for manifest in read if manifest is not None]

    async def get(self, kind: Kind, name: str | None = None) -> Manifest:
        """By name, or the newest. Raises NotThere, and Corrupt where its manifest is."""
        if name is None:
            every = await self.all(kind)
            if not every:
                raise NotThere(f"There is no {kind} of chain {self.chain_id} in the bucket.")
            return every[0]
        if not is_name(name):
            raise NotThere(f"{name!r} is no name of a {kind}: list_backups has them.")
        where = manifest_name(self.chain_id, kind, name)
        try:
            return await asyncio.to_thread(parsed, kind, await self.bucket.read(where), where)
        except Missing as missing:
            raise NotThere(f"There is no {kind} {name} of chain {self.chain_id} in the bucket.") from missing

    async def is_whole(self, manifest: Manifest) -> bool:
        """Whether all that it names is in the bucket, by the listing."""
        prefix = chunks_folder(self.chain_id) if manifest.kind is Kind.BACKUP else folder(self.chain_id, manifest.kind)
        return manifest.objects() <= {one.name for one in await self.bucket.find(prefix)}

    async def publish(self, manifest: Manifest) -> None:
        """The last step of an upload. Raises AlreadyThere where another one was there first."""
        where = manifest_name(self.chain_id, manifest.kind, manifest.name)
        # On a thread: that of a terabyte takes most of a second, and the fence must go on meanwhile.
        await self.bucket.create(where, await asyncio.to_thread(written, manifest))

    @contextlib.asynccontextmanager
    async def being_backed_up(self, writer: str) -> AsyncIterator[None]:
        """While a backup is made: nobody removes chunks."""
        mark = f"{self._marks}/{writer}"
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

    async def is_being_backed_up(self, besides: str = "") -> bool:
        """Whether anybody makes a backup, `besides` one writer. The mark of that one tells the bucket's time, which no
        clock that is wrong makes wrong."""
        marks = {mark.name: mark.changed for mark in await self.bucket.find(self._marks)}
        oldest = marks.pop(f"{self._marks}/{besides}", self._clock.wall()) - STALE
        return any(changed > oldest for changed in marks.values())

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
                self._known[name] = await asyncio.to_thread(parsed, kind, await self.bucket.read(name), name)
            except Missing:
                return None
            except Corrupt as corrupt:
                self._log.warning("%s", corrupt)
                return None
        return self._known[name]
