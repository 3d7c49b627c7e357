"""A backup is of a node at the tip that was stopped, has no key, and is there as a whole or not at all."""

import asyncio
import itertools
import logging
import signal
from pathlib import Path

import pytest

from chain_store import retention
from chain_store.bucket import Bucket, Failed, Found, bucket
from chain_store.library import STALE
from chain_store.manifests import Backup, Kind
from chain_tools.running import Failure
from tests.services.chain_tools.world import (
    CHAIN,
    GENESIS,
    GETH,
    KEY,
    MANTIS,
    NEVER,
    RAW,
    Disk,
    Hurried,
    Killed,
    Told,
    UntilKilled,
    backed_up,
    block_hash,
    command,
    library,
    making,
    node,
    rpc,
    until,
)

DAY = 24 * 3600.0
DEAD = "http://127.0.0.1:9"


async def names(url: str) -> list[str]:
    return [one.name for one in await library(url).all(Kind.BACKUP)]


def name(height: int) -> str:
    return f"{height:010d}-{block_hash(height)[2:]}"


@pytest.mark.parametrize("files", [GETH, MANTIS], ids=["geth", "mantis"])
def test_a_backup_has_the_clients_data_and_no_key(files: dict[str, bytes], url: str, tmp_path: Path) -> None:
    async def run() -> None:
        await backed_up(Disk(tmp_path, {**files, **NEVER}), url)
        (kept,) = await library(url).all(Kind.BACKUP)
        assert {file.path for file in kept.files} == set(files)
        for found in await bucket(url).find(""):
            data = await bucket(url).read(found.name)
            assert RAW not in data
            assert KEY.encode() not in data.lower()

    asyncio.run(run())


def test_a_backup_is_taken_once_the_node_has_stopped(one_url: str, tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    with rpc(Told(102)) as peer, node(disk, 100) as url:
        made = command(
            "backup", one_url, disk, RPC_URL=url, TIP_URLS=f"{DEAD},{peer.url}", STOP_FILE=str(disk.stop_file)
        )
        said, _ = made.communicate(timeout=120)
    assert made.returncode == 0, said
    assert f"backup {name(100)}: height 100, 14 bytes, " in said
    (kept,) = asyncio.run(library(one_url).all(Kind.BACKUP))
    (sha256,) = kept.files[0].chunks
    assert asyncio.run(bucket(one_url).read(f"{CHAIN.id}/chunks/{sha256}")) == b"all of a table"


@pytest.mark.parametrize(("head", "is_made"), [(97, False), (98, True), (100, True), (103, True)])
def test_a_node_is_at_the_tip_within_two_blocks_of_the_highest_peer(
    head: int, is_made: bool, one_url: str, tmp_path: Path
) -> None:
    async def run() -> None:
        disk = Disk(tmp_path, MANTIS)
        disk.is_stopped()
        with rpc(Told(head)) as told, rpc(Told(60)) as low, rpc(Told(100)) as high:
            made = making(disk, one_url, [low.url, DEAD, high.url], told.url)
            if is_made:
                await made.run()
            else:
                with pytest.raises(Failure, match=r"is not at the tip after 30 s\. It is at block 97, and .* at 100"):
                    await made.run()
        assert await names(one_url) == ([name(head)] if is_made else [])
        assert disk.stop_file.exists() is is_made

    asyncio.run(run())


def test_a_node_that_catches_up_is_waited_for(one_url: str, tmp_path: Path) -> None:
    class CatchesUp(Told):
        def answer(self, which: str) -> object:
            self.head = min(self.head + (which == "latest"), 100)
            return super().answer(which)

    async def run() -> None:
        disk = Disk(tmp_path, MANTIS)
        disk.is_stopped()
        with rpc(CatchesUp(90)) as told, rpc(Told(100)) as peer:
            await making(disk, one_url, [peer.url], told.url).run()
        assert await names(one_url) == [name(98)]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("told", "peers", "says"),
    [
        (Told(100), [DEAD], "No peer has answered for 60 s"),
        (Told(100, genesis=block_hash(1)), [], f"begins with block {block_hash(1)}, not with {GENESIS}"),
        (Told(100, fork="another"), [], "Its block 100 is not that of"),
        (None, [], "does not answer"),
    ],
    ids=["no peer", "another genesis", "another chain", "no node"],
)
def test_what_is_not_at_the_tip_of_our_chain_is_neither_stopped_nor_kept(
    told: Told | None, peers: list[str], says: str, one_url: str, tmp_path: Path
) -> None:
    async def run() -> None:
        disk = Disk(tmp_path, MANTIS)
        with rpc(Told(100)) as peer, rpc(told or Told(0)) as ours:
            made = making(disk, one_url, peers or [peer.url], ours.url if told else DEAD, deadline=300.0)
            with pytest.raises(Failure, match=says):
                await made.run()
        assert not disk.stop_file.exists()
        assert await bucket(one_url).find("") == []

    asyncio.run(run())


def test_a_node_that_does_not_stop_is_not_kept(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        disk = Disk(tmp_path, MANTIS)
        with rpc(Told(100)) as told, pytest.raises(Failure, match="has not stopped in good order after 30 s"):
            await making(disk, one_url, [told.url], told.url).run()
        assert await bucket(one_url).find("") == []

    asyncio.run(run())


def test_a_node_that_was_told_to_stop_before_is_not_waited_for(one_url: str, tmp_path: Path) -> None:
    disk = Disk(tmp_path, MANTIS)
    disk.stop_file.touch()
    with pytest.raises(Failure, match="stop is there already"):
        asyncio.run(making(disk, one_url, [DEAD], DEAD).run())


def test_the_newest_are_kept_also_where_the_chain_has_begun_anew(s3_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        disk = Disk(tmp_path, MANTIS)
        for head in (500, 501, 3):
            await backed_up(disk, s3_url, head, keep=2)
            await asyncio.sleep(1.1)  # S3 counts in seconds
        assert await names(s3_url) == [name(3), name(501)]

    asyncio.run(run())


def test_a_second_backup_brings_only_what_is_new(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        disk = Disk(tmp_path, GETH)
        await backed_up(disk, one_url, 100)
        before = {one.name for one in await bucket(one_url).find(f"{CHAIN.id}/chunks")}
        disk.write("geth/chaindata/000004.ldb", b"another table")
        await backed_up(disk, one_url, 101)
        assert len({one.name for one in await bucket(one_url).find(f"{CHAIN.id}/chunks")} - before) == 1

    asyncio.run(run())


def test_a_network_that_stands_still_keeps_the_backup_of_its_last_block(s3_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        disk = Disk(tmp_path, GETH)
        await backed_up(disk, s3_url, 100)
        disk.write("geth/chaindata/000004.ldb", b"what a start alone has written")
        await backed_up(disk, s3_url, 100)
        [kept] = await library(s3_url).all(Kind.BACKUP)
        assert isinstance(kept, Backup)
        assert "geth/chaindata/000004.ldb" not in {file.path for file in kept.files}
        assert await library(s3_url).is_whole(kept)

    asyncio.run(run())


def test_a_backup_that_is_killed_at_any_point_leaves_the_one_before_the_latest(s3_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        disk = Disk(tmp_path, MANTIS)
        await backed_up(disk, s3_url, 100)
        before = await library(s3_url).get(Kind.BACKUP)
        disk.write("rocksdb/000004.sst", b"another table")
        for requests in itertools.count():
            await bucket(s3_url).remove([one.name for one in await bucket(s3_url).find(f"{CHAIN.id}/running")])
            try:
                await backed_up(disk, s3_url, 101, through=UntilKilled(s3_url, requests))
            except Killed:
                there = await library(s3_url).all(Kind.BACKUP)
                assert there[-1] == before
                assert [await library(s3_url).is_whole(one) for one in there] == [True] * len(there)
            else:
                break
        assert requests > 8
        assert await names(s3_url) == [name(101), name(100)]

    asyncio.run(run())


def test_parts_of_a_backup_that_was_killed_are_removed_by_a_later_one(s3_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        disk = Disk(tmp_path, MANTIS)
        left = f"{CHAIN.id}/chunks/{'0' * 64}"
        await bucket(s3_url).write(left, b"of a backup that has no manifest")
        for head, ahead, is_there in ((100, 0.0, True), (101, DAY + 60, False)):
            await backed_up(disk, s3_url, head, clock=Hurried(ahead))
            assert (left in {one.name for one in await bucket(s3_url).find(f"{CHAIN.id}/chunks")}) is is_there
        assert await library(s3_url).is_whole(await library(s3_url).get(Kind.BACKUP))

    asyncio.run(run())


@pytest.mark.parametrize("ahead", [-DAY, 0.0, DAY], ids=["a clock that is late", "a right one", "one that is early"])
def test_no_backup_begins_beside_another_one(ahead: float, one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        disk = Disk(tmp_path, MANTIS)
        await bucket(one_url).write(f"{CHAIN.id}/running/another", b"")
        with pytest.raises(Failure, match="Another backup of this network is under way"):
            await backed_up(disk, one_url, clock=Hurried(ahead))
        assert not disk.stop_file.exists()
        assert [one.name for one in await bucket(one_url).find("")] == [f"{CHAIN.id}/running/another"]

    asyncio.run(run())


def test_the_mark_of_a_backup_that_was_killed_holds_others_up_for_a_while_only(
    one_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Bucket.find

    async def aged(self: Bucket, prefix: str) -> list[Found]:
        listed = await found(self, prefix)
        return [
            Found(one.name, one.bytes, one.changed - STALE - 1) if one.name.endswith("/another") else one
            for one in listed
        ]

    async def run() -> None:
        await bucket(one_url).write(f"{CHAIN.id}/running/another", b"")
        monkeypatch.setattr(Bucket, "find", aged)
        await backed_up(Disk(tmp_path, MANTIS), one_url)
        assert await names(one_url) == [name(100)]

    asyncio.run(run())


def test_a_backup_stands_also_where_old_ones_could_not_be_removed(
    one_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(*_: object) -> int:
        raise Failed("The bucket failed")

    monkeypatch.setattr(retention, "tidy", refuse)
    with caplog.at_level(logging.INFO):
        asyncio.run(backed_up(Disk(tmp_path, MANTIS), one_url))
    assert asyncio.run(names(one_url)) == [name(100)]
    assert "old backups stay for now: The bucket failed" in caplog.text


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"STORE_URL": "gs://another"}, 1, "is not in the bucket: "),
        ({"TIP_URLS": " , "}, 2, "Nobody says where the chain's tip is."),
        ({"GENESIS_HASH": "0xAB"}, 2, "is no hash of a block"),
        ({"NETWORK": "a/b"}, 2, "is no name of a network"),
        ({"STORE_URL": "nowhere"}, 2, "names no bucket"),
    ],
)
def test_the_command_says_what_keeps_it_and_exits(
    changes: dict[str, str], code: int, says: str, one_url: str, tmp_path: Path
) -> None:
    disk = Disk(tmp_path, MANTIS)
    given = {"RPC_URL": DEAD, "TIP_URLS": DEAD, "STOP_FILE": str(disk.stop_file), "COLUMNS": "500", **changes}
    made = command("backup", given.pop("STORE_URL", one_url), disk, **given)
    said, _ = made.communicate(timeout=120)
    assert (made.returncode, says in said) == (code, True), said
    # The pod ends when its node does.
    assert disk.stop_file.exists() is (code == 1)


def test_a_command_that_is_told_to_end_leaves_no_mark_and_no_node_behind(one_url: str, tmp_path: Path) -> None:
    disk = Disk(tmp_path, MANTIS)
    with rpc(Told(1)) as ours, rpc(Told(100)) as peer:
        made = command("backup", one_url, disk, RPC_URL=ours.url, TIP_URLS=peer.url, STOP_FILE=str(disk.stop_file))
        until(lambda: ours.asked)
        assert len(asyncio.run(bucket(one_url).find(""))) == 1
        made.send_signal(signal.SIGTERM)
        said, _ = made.communicate(timeout=60)
    assert made.returncode == 128 + signal.SIGTERM, said
    assert disk.stop_file.exists()
    assert asyncio.run(bucket(one_url).find("")) == []
