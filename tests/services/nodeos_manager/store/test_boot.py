"""What a boot restores by itself, before nodeos' first start."""

import asyncio
from pathlib import Path

import pytest

from chain_store.bucket import bucket
from chain_store.manifests import Kind, manifest_name
from nodeos_manager.nodeos.superviser import State, Unusable
from tests.services.nodeos_manager.store.nodes import CHAIN, kept, node


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("disk", ["empty", "dirty"])
def test_an_empty_or_dirty_disk_gets_the_latest_copy(kind: Kind, disk: str, one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        await kept(tmp_path / "a", one_url, "older", kind, height=101)
        await kept(tmp_path / "b", one_url, "alpha", kind, height=105)
        async with node(tmp_path / "bp-1", one_url, auto_restore=kind, sole=disk == "empty") as made:
            if disk == "dirty":
                made.write("old", dirty=True)
            assert await made.start() == "alpha"
            assert made.superviser.starts == 1
            assert made.data.safety.read_text() == "votes of bp-1"

    asyncio.run(run())


def test_a_disk_in_order_is_left_as_it_is(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        await kept(tmp_path / "a", one_url, "alpha", Kind.SNAPSHOT)
        async with node(tmp_path / "bp-1", one_url, "old", auto_restore=Kind.SNAPSHOT) as made:
            assert await made.start() == "old"

    asyncio.run(run())


def test_a_dirty_disk_of_the_only_producer_is_an_operators_to_restore(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        await kept(tmp_path / "a", one_url, "alpha", Kind.SNAPSHOT)
        async with node(tmp_path / "bp-1", one_url, auto_restore=Kind.SNAPSHOT, sole=True) as made:
            made.write("old", dirty=True)
            with pytest.raises(Unusable, match="dirty"):
                await made.start()
            assert made.on_disk() == "old"
            await made.copies.restore(Kind.SNAPSHOT, None, 10.0)()
            assert await made.state() == "alpha"

    asyncio.run(run())


def test_nothing_is_restored_where_nobody_said_so(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        await kept(tmp_path / "a", one_url, "alpha", Kind.SNAPSHOT)
        async with node(tmp_path / "bp-1", one_url) as made:
            assert await made.start() == "genesis"

    asyncio.run(run())


def test_with_an_empty_bucket_an_empty_disk_begins_with_genesis(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-1", one_url, auto_restore=Kind.BACKUP) as made:
            assert await made.start() == "genesis"

    asyncio.run(run())


@pytest.mark.parametrize("first", [1, 100])
def test_with_an_empty_bucket_a_dirty_disk_replays_a_log_that_has_all_blocks(
    first: int, one_url: str, tmp_path: Path
) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-1", one_url, auto_restore=Kind.BACKUP) as made:
            made.write("old", dirty=True, first=first)
            if first == 1:
                assert await made.start() == "replayed"
                assert not any("genesis" in argument for argument in made.superviser.started_with)
            else:
                with pytest.raises(Unusable, match="dirty"):
                    await made.start()
                assert made.on_disk() == "old"

    asyncio.run(run())


@pytest.mark.parametrize("fault", ["truncated manifest", "corrupt object", "manifest of another place"])
def test_a_copy_that_is_no_good_is_passed_over_for_the_one_before(fault: str, one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        await kept(tmp_path / "a", one_url, "alpha", Kind.SNAPSHOT, height=101)
        newest = await kept(tmp_path / "b", one_url, "broken", Kind.SNAPSHOT, height=105)
        where, store = manifest_name(CHAIN, Kind.SNAPSHOT, newest.name), bucket(one_url)
        data = await store.read(where)
        if fault == "truncated manifest":
            await store.write(where, data[:-10])
        elif fault == "corrupt object":
            await store.write(next(iter(newest.objects())), b"x")
        else:
            await store.write(where.replace("105", "999"), data)
            await store.remove([where])
        async with node(tmp_path / "bp-1", one_url, auto_restore=Kind.SNAPSHOT) as made:
            assert await made.start() == "alpha"
            names = [one["name"] for one in (await made.copies.listing())["snapshots"]]
            assert len(names) == (2 if fault == "corrupt object" else 1)

    asyncio.run(run())


@pytest.mark.parametrize("where", ["chain_store.library.Library.all", "nodeos_manager.store.swap.Swap.begin"])
def test_a_restore_that_fails_in_any_way_keeps_no_node_from_starting(
    where: str, one_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("nobody thought of that")

    async def run() -> None:
        await kept(tmp_path / "a", one_url, "alpha", Kind.SNAPSHOT)
        monkeypatch.setattr(where, fail)
        async with node(tmp_path / "bp-1", one_url, auto_restore=Kind.SNAPSHOT) as made:
            assert await made.start() == "genesis"

    asyncio.run(run())


@pytest.mark.parametrize(
    "journal", ['{"aside": ["state"], "place": [], "snapshot": "", "phase": "aside"}', "no journal"]
)
def test_a_restore_that_cannot_go_on_at_a_boot_says_so_in_the_state(journal: str, one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-1", one_url, "old", auto_restore=Kind.SNAPSHOT) as made:
            (made.data.directory / ".restore").mkdir()
            (made.data.directory / ".restore/journal.json").write_text(journal)
            (made.data.directory / ".restore/old").write_text("in the way")
            with pytest.raises(Unusable, match="not in place yet"):
                await made.start()
            assert made.superviser.state is State.UNUSABLE
            assert "not in place yet" in made.superviser.reason
            assert made.on_disk() == "old"

    asyncio.run(run())


def test_a_bucket_that_does_not_answer_keeps_no_node_from_starting(
    one_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-1", one_url + "-that-is-gone", auto_restore=Kind.BACKUP) as made:
            assert await made.start() == "genesis"
            assert "nothing was restored: The bucket failed" in caplog.text

    asyncio.run(run())
