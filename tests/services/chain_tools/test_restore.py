"""An empty disk gets the latest backup that is whole; a disk that has anything is left alone."""

import asyncio
import itertools
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from chain_store.backups import NoRoom
from chain_store.bucket import Failed, bucket
from chain_store.manifests import Backup, File, Kind
from chain_tools.options import Chain
from chain_tools.running import Failure
from tests.services.chain_tools.world import (
    CHAIN,
    GENESIS,
    GETH,
    MANTIS,
    NEVER,
    Disk,
    Killed,
    UntilKilled,
    backed_up,
    command,
    library,
    restoring,
)


@pytest.fixture(autouse=True)
def _said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


async def two_backups(url: str, place: Path) -> Disk:
    """Of one network, at two heights. Returns an empty disk."""
    disk = Disk(place / "backup", {**MANTIS, "rocksdb/000004.sst": b"table of 100"})
    await backed_up(disk, url, 100)
    (disk.directory / "rocksdb/000004.sst").unlink()
    disk.write("rocksdb/000005.sst", b"table of 101")
    await backed_up(disk, url, 101)
    return Disk(place / "empty")


@pytest.mark.parametrize("files", [GETH, MANTIS], ids=["geth", "mantis"])
def test_an_empty_disk_gets_what_was_kept(files: dict[str, bytes], url: str, tmp_path: Path) -> None:
    async def run() -> None:
        await backed_up(Disk(tmp_path / "backup", {**files, **NEVER}), url)
        disk = Disk(tmp_path / "empty")
        await restoring(disk, url).run()
        assert disk.read() == files
        assert [entry.name for entry in disk.data_dir.iterdir()] == [disk.directory.name]

    asyncio.run(run())


def test_the_latest_comes_back(one_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        disk = await two_backups(one_url, tmp_path)
        disk.directory.mkdir()  # empty, as the node's start script may have left it
        await restoring(disk, one_url).run()
        assert disk.read() == {**MANTIS, "rocksdb/000005.sst": b"table of 101"}
        assert "restored backup 0000000101-" in caplog.text

    asyncio.run(run())


@pytest.mark.parametrize("damage", ["changed", "cut", "gone"])
def test_where_the_latest_is_not_whole_the_one_before_comes_back(
    damage: str, one_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        disk = await two_backups(one_url, tmp_path)
        latest, before = await library(one_url).all(Kind.BACKUP)
        (chunk,) = latest.objects() - before.objects()
        if damage == "gone":
            await bucket(one_url).remove([chunk])
        else:
            await bucket(one_url).write(chunk, b"table of 102" if damage == "changed" else b"table")
        await restoring(disk, one_url).run()
        assert disk.read() == {**MANTIS, "rocksdb/000004.sst": b"table of 100"}
        assert "the one before it is tried" in caplog.text

    asyncio.run(run())


def test_where_none_is_whole_nothing_is_put_in_place(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        disk = await two_backups(one_url, tmp_path)
        latest, before = await library(one_url).all(Kind.BACKUP)
        await bucket(one_url).remove(sorted(latest.objects() & before.objects()))
        with pytest.raises(Failure, match="None of the 2 backups of mantis-testnet/abab"):
            await restoring(disk, one_url).run()
        assert list(disk.data_dir.iterdir()) == []

    asyncio.run(run())


@pytest.mark.parametrize("name", ["rocksdb/000001.sst", ".initialised"])
def test_a_disk_that_has_data_is_left_alone(
    name: str, one_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        disk = await two_backups(one_url, tmp_path)
        disk.write(name, b"its own")
        await restoring(disk, one_url).run()
        assert disk.read() == {name: b"its own"}
        assert "nothing is restored" in caplog.text
        assert "has data" in caplog.text

    asyncio.run(run())


def test_a_clean_start_begins_with_nothing(one_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        disk = await two_backups(one_url, tmp_path)
        (disk.data_dir / "clean-start").touch()
        await restoring(disk, one_url).run()
        assert [entry.name for entry in disk.data_dir.iterdir()] == ["clean-start"]
        assert "a clean start was asked for" in caplog.text

    asyncio.run(run())


@pytest.mark.parametrize("chain", [Chain("mantis-staging", GENESIS), Chain(CHAIN.network, f"0x{'cd' * 32}")])
def test_what_is_of_another_network_or_genesis_is_not_seen(
    chain: Chain, one_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        disk = await two_backups(one_url, tmp_path)
        await restoring(disk, one_url, chain=chain).run()
        assert list(disk.data_dir.iterdir()) == []
        assert f"there is no backup of {chain.id}" in caplog.text

    asyncio.run(run())


def test_a_restore_that_is_killed_at_any_point_starts_over(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        disk = await two_backups(one_url, tmp_path)
        for requests in itertools.count():
            try:
                await restoring(disk, one_url, UntilKilled(one_url, requests)).run()
            except Killed:
                assert not disk.directory.exists()
            else:
                break
        assert requests > len(MANTIS)
        assert disk.read() == {**MANTIS, "rocksdb/000005.sst": b"table of 101"}

    asyncio.run(run())


def test_what_came_and_was_not_moved_yet_is_fetched_again(
    one_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Killed

    async def run() -> None:
        disk = await two_backups(one_url, tmp_path)
        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", killed)
            with pytest.raises(Killed):
                await restoring(disk, one_url).run()
        assert not disk.directory.exists()
        (disk.data_dir / ".restore/of-the-last-run").touch()
        await restoring(disk, one_url).run()
        assert disk.read() == {**MANTIS, "rocksdb/000005.sst": b"table of 101"}

    asyncio.run(run())


def test_a_disk_that_is_too_small_is_told_how_much_is_needed(
    one_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        disk = await two_backups(one_url, tmp_path)
        needed = sum(map(len, MANTIS.values())) + len(b"table of 101")
        monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 5, 5))  # type: ignore[attr-defined]
        with pytest.raises(NoRoom, match=f"0000000101-.* needs {needed} bytes .* and 5 are free"):
            await restoring(disk, one_url).run()
        assert not disk.directory.exists()

    asyncio.run(run())


def test_no_key_comes_back_that_somebody_put_into_a_backup(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        disk = await two_backups(one_url, tmp_path)
        latest = await library(one_url).get(Kind.BACKUP)
        assert isinstance(latest, Backup)
        planted = File("geth/nodekey", latest.files[0].bytes, latest.files[0].chunks)
        block = replace(latest.block, height=200)
        await library(one_url).publish(replace(latest, block=block, files=(*latest.files, planted)))
        await restoring(disk, one_url).run()
        assert set(disk.read()) == {*MANTIS, "rocksdb/000005.sst"}

    asyncio.run(run())


def test_a_bucket_that_refuses_is_an_error_and_not_an_empty_disk(one_url: str, tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    with pytest.raises(Failed, match="The bucket failed"):
        asyncio.run(restoring(disk, "gs://another").run())


def test_the_command_ends_well_where_there_is_nothing_to_restore(one_url: str, tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    made = command("restore", one_url, disk)
    said, _ = made.communicate(timeout=120)
    assert made.returncode == 0, said
    assert f"INFO nothing is restored: there is no backup of {CHAIN.id}" in said
