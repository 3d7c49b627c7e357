"""Removes the oldest copies, and what no copy needs any more."""

import asyncio
from collections.abc import Sequence

from .clock import Clock
from .library import Library
from .manifests import Kind, Manifest, chunks_folder, folder, manifest_name

SWEEP = 30.0
"""Seconds from the look for backups under way to the end of a removal."""
QUIET = 180.0
"""Seconds from the moment when a backup says that it is under way until it trusts a chunk that it finds: a removal
that began before has ended then, its last request included."""
_YOUNG = 24 * 3600.0
"""Seconds in which what nobody names stays: the next backup takes up what one left that was killed."""
_BATCH = 500


async def tidy(kind: Kind, keep: int, library: Library, clock: Clock, writer: str = "") -> int:
    """Keeps the `keep` newest ones that are whole, at least one; returns how many older ones it removed. One that is
    not whole counts for nothing. `writer` is who asks, where its own backup is still marked as under way. Raises
    `bucket.Failed`, TimeoutError."""
    every = await library.all(kind)
    there = {one.name for one in await library.bucket.find(_objects(kind, library.chain_id))}
    whole = [one for one in every if one.objects() <= there]
    kept = whole[: max(1, keep)]
    old = every[every.index(kept[-1]) + 1 :] if kept else []
    await library.bucket.remove([manifest_name(library.chain_id, kind, one.name) for one in old])
    await _sweep(kind, library, clock, writer)
    return len(old)


async def _sweep(kind: Kind, library: Library, clock: Clock, writer: str) -> None:
    """Removes objects that no manifest names. None while another backup is under way: it counts on what it found."""
    oldest = clock.wall() - _YOUNG
    found = await library.bucket.find(_objects(kind, library.chain_id))
    candidates = [one.name for one in found if one.changed < oldest and not one.name.endswith(".json")]
    for start in range(0, len(candidates), _BATCH):
        async with clock.timeout(SWEEP):
            if await library.is_being_backed_up(besides=writer):
                return
            named = await asyncio.to_thread(_named, await library.all(kind))
            await library.bucket.remove([name for name in candidates[start : start + _BATCH] if name not in named])


def _named(manifests: Sequence[Manifest]) -> frozenset[str]:
    return frozenset[str]().union(*(one.objects() for one in manifests))


def _objects(kind: Kind, chain_id: str) -> str:
    return chunks_folder(chain_id) if kind is Kind.BACKUP else folder(chain_id, kind)
