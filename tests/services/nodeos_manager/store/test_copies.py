"""What is kept comes back: each test of a round ends with a node that starts from it."""

import asyncio
from pathlib import Path

import pytest

from chain_store.backups import NoRoom
from chain_store.bucket import Failed, bucket
from chain_store.clock import SystemClock
from chain_store.library import Library, NotThere
from chain_store.manifests import Backup, Corrupt, Kind, Manifest, chunks_folder
from chain_store.tree import Unkeepable
from nodeos_manager.nodeos.superviser import NotStopped, State
from nodeos_manager.store.copies import Refusal
from nodeos_manager.store.restore import Restore
from tests.services.nodeos_manager.store.nodes import CHAIN, LOG, kept, node


def test_a_node_starts_from_the_snapshot_of_another_one(url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-0", url, "alpha") as first, node(tmp_path / "bp-1", url, "old") as second:
            await first.start()
            said = await first.copies.snapshot()
            assert list((first.data.directory / "snapshots").iterdir()) == []
            assert await second.start() == "old"
            await second.copies.restore(Kind.SNAPSHOT, None, 10.0)()
            assert await second.state() == "alpha"
            assert sum("--snapshot=" in argument for argument in second.superviser.started_with) == 1
            assert second.data.safety.read_text() == "votes of bp-1"
            listing = await second.copies.listing()
            assert [one["name"] in said for one in listing["snapshots"]] == [True]
            await second.superviser.stop()
            await second.superviser.start()
            assert not any("--snapshot=" in argument for argument in second.superviser.started_with)
            await second.copies.remove_used()
            assert list((second.data.directory / "snapshots").iterdir()) == []

    asyncio.run(run())


def test_a_node_starts_from_the_backup_of_another_one(url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-0", url, "alpha") as first, node(tmp_path / "bp-1", url, "old") as second:
            await first.start()
            process = first.superviser.running()
            await first.copies.backup(10.0)()
            assert (first.superviser.running(), first.keeper.rests) == ((process or 0) + 1, 1)
            assert await first.state() == "alpha"
            assert await second.start() == "old"
            (name,) = [str(one["name"]) for one in (await second.copies.listing())["backups"]]
            await second.copies.restore(Kind.BACKUP, name, 10.0)()
            assert await second.state() == "alpha"
            assert second.data.safety.read_text() == "votes of bp-1"
            assert not (second.data.directory / ".restore/old").exists()

    asyncio.run(run())


def test_the_votes_of_a_finalizer_never_leave_their_disk(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-0", one_url, "alpha") as first:
            (first.data.directory / "blocks/safety.dat").write_text("votes in another place")
            await first.start()
            await first.copies.backup(10.0)()
            backup = await first.library().get(Kind.BACKUP)
            assert isinstance(backup, Backup)
            assert {file.path for file in backup.files} == {"state/shared_memory.bin"}

    asyncio.run(run())


def test_a_second_backup_uploads_only_what_is_new(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-0", one_url, "alpha") as first:
            await first.start()
            await first.copies.backup(10.0)()
            before = {one.name for one in await bucket(one_url).find(chunks_folder(CHAIN))}
            with (first.data.directory / "blocks/blocks.log").open("ab") as log:
                log.write(b"more blocks")
            await first.state()
            await asyncio.sleep(0.5)  # the next block
            await first.copies.backup(10.0)()
            after = {one.name for one in await bucket(one_url).find(chunks_folder(CHAIN))}
            assert (before < after, len(after - before)) == (True, 1)

    asyncio.run(run())


def test_a_backup_is_refused_while_the_ordinal_produces(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-0", one_url, "alpha") as first:
            await first.start()
            process, first.produces = first.superviser.running(), "This ordinal produces."
            for work in (first.copies.backup(10.0), first.copies.snapshot, first.copies.restore(Kind.BACKUP, None, 1)):
                with pytest.raises(Refusal, match=r"This ordinal produces\. Pause it"):
                    await work()
            assert first.superviser.running() == process

    asyncio.run(run())


@pytest.mark.parametrize("fault", ["the bucket", "the manifest"])
def test_a_backup_that_fails_leaves_nodeos_running_and_nothing_listed(
    fault: str, one_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise Failed("The bucket is away.")

    where = "backups.Chunks.keep" if fault == "the bucket" else "library.Library.publish"

    async def run() -> None:
        async with node(tmp_path / "bp-0", one_url, "alpha") as first:
            await first.start()
            with monkeypatch.context() as patched:
                patched.setattr(f"chain_store.{where}", fail)
                with pytest.raises(Failed, match="away"):
                    await first.copies.backup(10.0)()
            assert await first.state() == "alpha"
            assert (await first.copies.listing())["backups"] == []
            report = first.copies.reports[Kind.BACKUP]
            assert (report.succeeded, report.message) == (False, "The bucket is away.")

    asyncio.run(run())


def test_a_backup_that_is_cut_off_with_its_manager_does_not_start_nodeos_again(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-0", one_url, "alpha") as first:
            await first.start()
            backing = asyncio.create_task(first.copies.backup(10.0)())
            while first.superviser.running() is not None:
                await asyncio.sleep(0.01)
            backing.cancel()
            await asyncio.wait([backing])
            assert first.superviser.running() is None
            assert not first.data.is_dirty()

    asyncio.run(run())


def test_what_no_backup_can_keep_is_said_before_nodeos_is_stopped(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-0", one_url, "alpha") as first:
            await first.start()
            process = first.superviser.running()
            (first.data.directory / "blocks/elsewhere").symlink_to(tmp_path)
            with pytest.raises(Unkeepable, match="elsewhere is a link"):
                await first.copies.backup(10.0)()
            assert first.superviser.running() == process

    asyncio.run(run())


def test_a_nodeos_that_stops_too_late_for_a_backup_is_started_again(
    one_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-0", one_url, "alpha") as first:
            await first.start()
            stop, waits = first.superviser.stop, [0.0]

            async def impatient() -> None:
                await stop(waits.pop() if waits else None)

            monkeypatch.setattr(first.superviser, "stop", impatient)
            with pytest.raises(NotStopped):
                await first.copies.backup(10.0)()
            assert await first.state() == "alpha"
            assert (await first.copies.listing())["backups"] == []

    asyncio.run(run())


@pytest.mark.parametrize("kind", list(Kind))
def test_a_copy_that_is_corrupt_touches_nothing(kind: Kind, one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        await kept(tmp_path / "bp-0", one_url, "alpha", kind)
        async with node(tmp_path / "bp-1", one_url, "old") as second:
            await second.start()
            process, manifest = second.superviser.running(), await second.library().get(kind)
            name = sorted(manifest.objects())[0]
            data = await bucket(one_url).read(name)
            await bucket(one_url).write(name, bytes([data[0] ^ 1]) + data[1:])
            with pytest.raises(Corrupt, match="SHA-256"):
                await second.copies.restore(kind, None, 10.0)()
            await bucket(one_url).remove([name])
            with pytest.raises(Corrupt, match="is not whole"):
                await second.copies.restore(kind, None, 10.0)()
            assert (second.superviser.running(), await second.state()) == (process, "old")
            assert not (second.data.directory / ".restore").exists()

    asyncio.run(run())


@pytest.mark.parametrize("kind", list(Kind))
def test_a_disk_without_room_is_said_before_anything_is_touched(kind: Kind, one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        await kept(tmp_path / "bp-0", one_url, "alpha", kind)
        async with node(tmp_path / "bp-1", one_url, "old") as second:
            await second.start()
            manifest = await second.library().get(kind)
            restore = Restore(second.data.directory, second.swap, room=1 << 60)
            with pytest.raises(NoRoom, match=f"needs {manifest.bytes + (1 << 60)} bytes .* are free"):
                await restore.fetch(manifest, second.library())
            assert await second.state() == "old"

    asyncio.run(run())


@pytest.mark.parametrize("kind", list(Kind))
def test_a_restore_never_moves_votes_away(kind: Kind, one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        await kept(tmp_path / "bp-0", one_url, "alpha", kind)
        async with node(tmp_path / "bp-1", one_url, "old") as second:
            for place in ("blocks", "blocks/reversible"):
                (second.data.directory / place / "safety.dat").write_text("votes in another place")
            with pytest.raises(Unkeepable, match="blocks holds votes of a finalizer key"):
                await second.copies.restore(kind, None, 10.0)()
            assert second.on_disk() == "old"
            assert (second.data.directory / "blocks/safety.dat").read_text() == "votes in another place"
            assert not (second.data.directory / ".restore").exists()

    asyncio.run(run())


def test_a_snapshot_whose_manifest_was_kept_by_a_request_that_seemed_to_fail_stays_whole(
    one_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = Library.publish

    async def twice(self: Library, manifest: Manifest) -> None:
        await publish(self, manifest)
        await publish(self, manifest)

    async def run() -> None:
        monkeypatch.setattr(Library, "publish", twice)
        manifest = await kept(tmp_path / "bp-0", one_url, "alpha", Kind.SNAPSHOT)
        library = Library(bucket(one_url), CHAIN, SystemClock(), LOG)
        assert await library.is_whole(await library.get(Kind.SNAPSHOT, manifest.name))

    asyncio.run(run())


def test_copies_of_another_chain_are_neither_seen_nor_made(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        await kept(tmp_path / "bp-0", one_url, "alpha", Kind.SNAPSHOT)
        async with node(tmp_path / "bp-1", one_url, "old", chain="d2" * 32) as other:
            await other.start()
            name = (await Library(bucket(one_url), CHAIN, SystemClock(), LOG).get(Kind.SNAPSHOT)).name
            assert await other.copies.listing() == {"snapshots": [], "backups": []}
            for wanted in (None, name):
                with pytest.raises(NotThere, match=f"of chain {'d2' * 32}"):
                    await other.copies.restore(Kind.SNAPSHOT, wanted, 10.0)()
        async with node(tmp_path / "bp-2", one_url, "old", chain_id="e3" * 32) as lost:
            await lost.start()
            with pytest.raises(Refusal, match=f"nodeos is on chain {CHAIN}, and --chain-id is {'e3' * 32}"):
                await lost.copies.snapshot()

    asyncio.run(run())


@pytest.mark.parametrize("name", ["../other", "0000000001", "no-name", "0000000001-ab/../../x"])
def test_a_name_that_is_none_is_refused(name: str, one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-0", one_url, "old") as first:
            with pytest.raises(NotThere, match="list_backups has them"):
                await first.copies.restore(Kind.BACKUP, name, 10.0)()

    asyncio.run(run())


def test_without_a_bucket_every_command_says_so(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-0", one_url, "old") as first:
            first.copies._bucket = None
            for work in (first.copies.snapshot, first.copies.backup(1), first.copies.restore(Kind.BACKUP, None, 1)):
                with pytest.raises(Refusal, match="--store-url"):
                    await work()
            assert first.superviser.state is State.STOPPED

    asyncio.run(run())
