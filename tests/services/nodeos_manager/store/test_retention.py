"""What is removed from the bucket, and what never is."""

import asyncio
import logging
from pathlib import Path

import pytest

from chain_store import backups, retention
from chain_store.bucket import Bucket, Found, bucket
from chain_store.library import STALE, Library
from chain_store.manifests import Backup, Corrupt, Kind, chunks_folder, folder, manifest_name
from nodeos_manager.store.layout import files
from tests.services.nodeos_manager.store.nodes import CHAIN, DAY, Clock, Node, block, kept

LOG = logging.getLogger("test")


class Later(Clock):
    """All that the tests' object store has is old for it, unless a mark says otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 400 * DAY


def library(url: str, clock: Clock) -> Library:
    return Library(bucket(url), CHAIN, clock, LOG)


@pytest.mark.parametrize("kind", list(Kind))
def test_only_the_newest_are_kept_with_all_that_they_need(kind: Kind, one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        made = [await kept(tmp_path / str(height), one_url, f"state {height}", kind, height) for height in (1, 2, 3)]
        clock = Later()
        assert await retention.tidy(kind, 2, library(one_url, clock), clock) == 1
        left = await library(one_url, clock).all(kind)
        assert [one.name for one in left] == [made[2].name, made[1].name]
        place = chunks_folder(CHAIN) if kind is Kind.BACKUP else folder(CHAIN, kind)
        names = {one.name for one in await bucket(one_url).find(place) if not one.name.endswith(".json")}
        assert names == made[2].objects() | made[1].objects()
        assert await retention.tidy(kind, 0, library(one_url, clock), clock) == 1
        assert [one.name for one in await library(one_url, clock).all(kind)] == [made[2].name]

    asyncio.run(run())


@pytest.mark.parametrize("kind", list(Kind))
def test_the_last_one_that_is_whole_is_never_removed(kind: Kind, one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        good = await kept(tmp_path / "1", one_url, "good", kind, 1)
        broken = await kept(tmp_path / "2", one_url, "broken", kind, 2)
        await bucket(one_url).remove(sorted(broken.objects() - good.objects()))
        clock = Later()
        for keep in (1, 0):
            assert await retention.tidy(kind, keep, library(one_url, clock), clock) == 0
        assert await library(one_url, clock).is_whole(good)

    asyncio.run(run())


async def orphan(url: str, clock: Clock) -> bool:
    """Whether an old chunk that nobody names is still there after a tidying up."""
    name = f"{chunks_folder(CHAIN)}/{'0' * 64}"
    await bucket(url).write(name, b"left by a backup that was killed")
    await retention.tidy(Kind.BACKUP, 3, library(url, clock), clock)
    return name in {one.name for one in await bucket(url).find(chunks_folder(CHAIN))}


@pytest.fixture
def _all_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_YOUNG", 0.0)


@pytest.mark.usefixtures("_all_is_old")
def test_no_chunk_is_removed_while_a_backup_is_under_way(s3_url: str) -> None:
    async def run() -> None:
        clock = Clock()
        async with library(s3_url, clock).being_backed_up("bp-1"):
            clock.ahead = STALE - 60
            assert await orphan(s3_url, clock)
        assert not await orphan(s3_url, clock)

    asyncio.run(run())


@pytest.mark.usefixtures("_all_is_old")
def test_the_mark_of_a_manager_that_was_killed_holds_nothing_up_for_ever(s3_url: str) -> None:
    async def run() -> None:
        await bucket(s3_url).write(f"{CHAIN}/running/bp-1", b"")
        clock = Clock()
        clock.ahead = STALE - 60
        assert await orphan(s3_url, clock)
        clock.ahead = STALE + 60
        assert not await orphan(s3_url, clock)

    asyncio.run(run())


def test_what_nobody_names_stays_for_a_day_so_that_the_next_backup_takes_it_up(s3_url: str) -> None:
    async def run() -> None:
        clock = Clock()
        assert await orphan(s3_url, clock)
        clock.ahead = DAY + 60
        assert not await orphan(s3_url, clock)

    asyncio.run(run())


def test_a_backup_waits_until_no_removal_from_before_can_be_under_way(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        made = Node(tmp_path / "bp-0", one_url, "alpha")
        await made.start()
        await made.copies.backup(10.0)()
        assert retention.QUIET in made.clock.waited
        # One request of the bucket is given a minute of attempts, and one attempt half a minute.
        assert retention.QUIET > retention.SWEEP + 60 + 30
        await made.end()

    asyncio.run(run())


def test_a_backup_whose_chunk_vanished_meanwhile_is_not_published(
    one_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        first = await kept(tmp_path / "1", one_url, "alpha", Kind.BACKUP, 1)
        gone = sorted(first.objects())[0]
        found = Bucket.find

        async def stale(self: Bucket, prefix: str) -> list[Found]:
            """The first listing still has a chunk that was removed."""
            monkeypatch.setattr(Bucket, "find", found)
            listed = await found(self, prefix)
            await self.remove([gone])
            return listed

        monkeypatch.setattr(Bucket, "find", stale)
        source = Node(tmp_path / "1", one_url)
        data = source.data.directory
        with pytest.raises(Corrupt, match="gone from the bucket"):
            await backups.upload(data, list(files(data)), block(2), source.library(), source.clock)
        assert [one.name for one in await source.library().all(Kind.BACKUP)] == [first.name]

    asyncio.run(run())


def test_a_listing_that_names_what_is_gone_is_no_error(
    one_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        first = await kept(tmp_path / "1", one_url, "alpha", Kind.SNAPSHOT, 1)
        found = Bucket.find

        async def stale(self: Bucket, prefix: str) -> list[Found]:
            ghost = manifest_name(CHAIN, Kind.SNAPSHOT, block(9).name)
            return [*await found(self, prefix), Found(ghost, 10, 0.0)]

        monkeypatch.setattr(Bucket, "find", stale)
        assert (await library(one_url, Clock()).get(Kind.SNAPSHOT)).name == first.name

    asyncio.run(run())


def test_two_ordinals_that_keep_the_same_block_keep_the_first_ones(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        first = await kept(tmp_path / "1", one_url, "alpha", Kind.SNAPSHOT, 7)
        await kept(tmp_path / "2", one_url, "alpha", Kind.SNAPSHOT, 7)
        names = {one.name for one in await bucket(one_url).find(folder(CHAIN, Kind.SNAPSHOT))}
        assert names == {manifest_name(CHAIN, Kind.SNAPSHOT, first.name), *first.objects()}
        one = await kept(tmp_path / "1", one_url, "alpha", Kind.BACKUP, 7)
        other = await kept(tmp_path / "2", one_url, "beta", Kind.BACKUP, 7)
        assert isinstance(one, Backup)
        assert await library(one_url, Clock()).get(Kind.BACKUP, other.name) == one

    asyncio.run(run())


def test_a_snapshot_whose_upload_was_cut_off_is_never_listed_and_goes_after_a_day(s3_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        good = await kept(tmp_path / "1", s3_url, "alpha", Kind.SNAPSHOT, 1)
        left = f"{folder(CHAIN, Kind.SNAPSHOT)}/{block(2).name}-0a0b0c0d.bin"
        await bucket(s3_url).write(left, b"all of it, but its manager was killed")
        clock = Clock()
        assert await library(s3_url, clock).all(Kind.SNAPSHOT) == [good]
        for passed, is_there in ((0.0, True), (DAY + 60, False)):
            clock.ahead = passed
            await retention.tidy(Kind.SNAPSHOT, 1, library(s3_url, clock), clock)
            assert (left in {one.name for one in await bucket(s3_url).find(folder(CHAIN, Kind.SNAPSHOT))}) is is_there
        assert await library(s3_url, clock).is_whole(good)

    asyncio.run(run())
