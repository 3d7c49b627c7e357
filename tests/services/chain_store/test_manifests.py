"""Manifests: what is written is read again, and what is no manifest is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from chain_store.manifests import Backup, Corrupt, File, Kind, Snapshot, manifest_name, parsed, written
from tests.services.nodeos_manager.store.nodes import CHAIN, block

HASH = "ab" * 32
BACKUP = Backup(block(5), 1.5, 10, (File("state/shared_memory.bin", 25, (HASH, None, HASH)),))
SNAPSHOT = Snapshot(block(5), 1.5, 7, HASH, f"{CHAIN}/snapshots/{block(5).name}-0a0b0c0d.bin")


@pytest.mark.parametrize("manifest", [BACKUP, SNAPSHOT], ids=["backup", "snapshot"])
def test_what_is_written_is_read_again(manifest: Backup | Snapshot) -> None:
    where = manifest_name(CHAIN, manifest.kind, manifest.name)
    assert parsed(manifest.kind, written(manifest), where) == manifest
    assert where.startswith(f"{CHAIN}/{manifest.kind}s/0000000005-00000005cd")


def test_holes_take_no_room() -> None:
    assert BACKUP.bytes == 15


def test_names_are_in_the_order_of_heights() -> None:
    assert sorted(block(height).name for height in (1000, 999, 20)) == [
        block(height).name for height in (20, 999, 1000)
    ]


def _file(**changed: Any) -> Callable[[dict[str, Any]], None]:
    return lambda given: given["files"][0].update(changed)


@pytest.mark.parametrize(
    "change",
    [
        _file(path="../outside"),
        _file(path="/etc/passwd"),
        _file(path="state/../../outside"),
        _file(path=""),
        _file(chunks=["ab", None, HASH]),
        _file(chunks=[HASH]),
        _file(bytes=-1),
        lambda given: given.update(form=2),
        lambda given: given.update(kind="snapshot"),
        lambda given: given.update(files=[]),
        lambda given: given.update(chunk=0),
        lambda given: given["block"].update(chain_id="another"),
        lambda given: given["block"].update(height=6),
        lambda given: given["block"].update(height=float("inf")),
        lambda given: given.update(at=float("nan")),
        lambda given: given.update(chunk=1 << 40, files=[{**given["files"][0], "chunks": [HASH]}]),
        _file(path="state/a\0b"),
        lambda given: given.pop("block"),
    ],
)
def test_a_manifest_that_is_not_one_of_this_place_is_refused(change: Callable[[dict[str, Any]], None]) -> None:
    given = json.loads(written(BACKUP))
    change(given)
    where = manifest_name(CHAIN, Kind.BACKUP, BACKUP.name)
    with pytest.raises(Corrupt, match=where):
        parsed(Kind.BACKUP, json.dumps(given).encode(), where)


@pytest.mark.parametrize("identifier", ["../../outside", "a/b", ""])
def test_a_block_whose_id_is_a_path_is_refused(identifier: str) -> None:
    given = json.loads(written(SNAPSHOT))
    given["block"]["block_id"] = identifier
    name = f"0000000005-{identifier}"
    given["object"] = f"{CHAIN}/snapshots/{name}-0a.bin"
    with pytest.raises(Corrupt, match="no name"):
        parsed(Kind.SNAPSHOT, json.dumps(given).encode(), manifest_name(CHAIN, Kind.SNAPSHOT, name))


@pytest.mark.parametrize("end", [0, 10, -1])
def test_a_manifest_that_was_cut_off_is_refused(end: int) -> None:
    where = manifest_name(CHAIN, Kind.SNAPSHOT, SNAPSHOT.name)
    with pytest.raises(Corrupt):
        parsed(Kind.SNAPSHOT, written(SNAPSHOT)[:end], where)


def test_a_snapshot_names_an_object_of_its_own() -> None:
    given = json.loads(written(SNAPSHOT))
    given["object"] = f"{CHAIN}/chunks/{HASH}"
    with pytest.raises(Corrupt, match="is no object of this snapshot"):
        parsed(Kind.SNAPSHOT, json.dumps(given).encode(), manifest_name(CHAIN, Kind.SNAPSHOT, SNAPSHOT.name))
