"""A finalizer key starts on the disk that it was used on, with its votes, or not at all."""

import asyncio
import os
import shutil
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from nodeos_manager.nodeos.nodeos import Data
from nodeos_manager.nodeos.nodeos_api import Unanswered
from nodeos_manager.nodeos.superviser import NotYet, Unusable
from nodeos_manager.production.finalizer import Finalizer, FinalizerKey, FinalizerWatch
from nodeos_manager.production.finalizer_ledger import Ledger, Start
from nodeos_manager.production.right import Conflict, Unreachable
from tests.services.nodeos_manager.keys import finalizer, finalizer_bytes, finalizer_public
from tests.services.nodeos_manager.simulation.loop import simulated
from tests.services.nodeos_manager.stand_ins import clock

IN_A_THREAD = asyncio.to_thread
NEW_KEY = r"Generate a new finalizer key .* \(regfinkey, actfinkey\)"
SECRET = finalizer().rpartition(":")[2]


class Outside:
    """The ledger on the API server."""

    def __init__(self) -> None:
        self.ledger = Ledger({})
        self.is_down = False
        self.loses = False

    async def read(self) -> Ledger:
        if self.is_down:
            raise Unreachable("down")
        return self.ledger

    async def write(self, ledger: Ledger) -> Ledger:
        if self.is_down:
            raise Unreachable("down")
        if ledger.version != self.ledger.version or self.loses:
            raise Conflict
        self.ledger = replace(ledger, version=str(int(self.ledger.version or "0") + 1))
        return self.ledger


class Node:
    """An ordinal: its disk, its key, and what nodeos does with both."""

    def __init__(self, directory: Path, outside: Outside | None = None, disk: str = "vol-1") -> None:
        self.directory, self.disk = directory, disk
        self.outside = outside or Outside()
        self.data = Data(directory / "data")
        self.data.directory.mkdir(parents=True, exist_ok=True)
        self.file = directory / "finalizer-key"
        self.active: Collection[str] | Exception = frozenset()
        self.use(1)

    def use(self, key: int) -> None:
        self.file.write_text(f"{finalizer(key)}\n")
        self.finalizer = self.manager()

    def manager(self) -> Finalizer:
        async def active() -> Collection[str]:
            if isinstance(self.active, Exception):
                raise self.active
            return self.active

        return Finalizer(self.file, self.data, self.disk, self.outside, active)

    def start(self) -> FinalizerKey:
        """The next process of the manager admits the key."""
        self.finalizer = self.manager()
        return simulated(self.finalizer.admit())

    def vote(self, *keys: int) -> None:
        """As Spring writes it: every key with its length before it."""
        self.data.safety.write_bytes(b"head" + b"".join(b"\x60" + finalizer_bytes(key) + b"votes" for key in keys))

    def note(self) -> bool:
        return simulated(self.finalizer.note_votes())

    def on_a_copy(self, disk: str) -> "Node":
        """Another disk, made from a snapshot of this one."""
        shutil.copytree(self.directory, self.directory.parent / disk)
        return Node(self.directory.parent / disk, self.outside, disk)


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated time waits for none."""

    async def at_once(work: Callable[..., object], *given: object) -> object:
        return work(*given)

    monkeypatch.setattr(asyncio, "to_thread", at_once)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path / "first")


def test_a_key_that_was_never_used_starts_and_is_written_down_on_the_disk_and_outside(node: Node) -> None:
    assert node.start().provider == finalizer(1)
    assert node.outside.ledger.starts == {finalizer_public(1): Start("vol-1", voted=False)}
    assert sorted(file.name for file in node.data.finalizers.iterdir()) == ["node-manager.json"]


def test_a_key_starts_again_and_again_on_its_own_disk_before_it_votes_and_after(node: Node) -> None:
    node.start()
    node.start()
    node.vote(1)
    assert node.start().public == finalizer_public(1)
    assert node.outside.ledger.starts[finalizer_public(1)].voted


def test_a_key_that_has_voted_never_starts_without_its_votes(node: Node) -> None:
    node.start()
    node.vote(1)
    assert node.note()
    node.data.safety.unlink()
    with pytest.raises(Unusable, match=f"has voted, and safety.dat has lost its votes. {NEW_KEY}"):
        node.start()


def test_votes_of_another_key_are_not_its_votes(node: Node) -> None:
    node.start()
    node.vote(1)
    node.note()
    node.vote(2)
    with pytest.raises(Unusable, match="has lost its votes"):
        node.start()


@pytest.mark.parametrize("with_its_votes", [True, False])
def test_a_used_key_never_starts_on_a_copy_of_its_disk(node: Node, with_its_votes: bool) -> None:
    node.start()
    if with_its_votes:
        node.vote(1)
    with pytest.raises(Unusable, match=f"was used before, and not on this disk.* {NEW_KEY}"):
        node.on_a_copy("vol-2").start()


def test_a_used_key_never_starts_on_an_empty_disk(node: Node) -> None:
    node.start()
    with pytest.raises(Unusable, match="not on this disk"):
        Node(node.directory.parent / "empty", node.outside).start()
    with pytest.raises(Unusable, match="not on this disk"):
        Node(node.directory.parent / "another", node.outside, "vol-2").start()


def test_a_copy_is_known_as_one_even_where_the_record_outside_is_lost(node: Node) -> None:
    node.start()
    node.outside.ledger = Ledger({})
    with pytest.raises(Unusable, match="not on this disk"):
        node.on_a_copy("vol-2").start()


def test_votes_on_a_disk_that_never_said_whose_they_are_may_be_a_copy(node: Node) -> None:
    node.data.finalizers.mkdir()
    node.vote(1)
    with pytest.raises(Unusable, match="not on this disk"):
        node.start()


def test_a_lost_record_outside_is_written_again_from_the_disk(node: Node) -> None:
    node.start()
    node.vote(1)
    node.outside.ledger = Ledger({})
    node.start()
    assert node.outside.ledger.starts == {finalizer_public(1): Start("vol-1", voted=True)}


def test_one_key_at_two_ordinals_starts_at_one_only(node: Node) -> None:
    node.start()
    with pytest.raises(Unusable, match="not on this disk"):
        Node(node.directory.parent / "second", node.outside, "vol-2").start()


def test_a_new_key_starts_where_the_old_one_may_not_and_the_old_one_never_again(node: Node) -> None:
    node.start()
    node.vote(1)
    copy = node.on_a_copy("vol-2")
    copy.use(2)
    assert copy.start().public == finalizer_public(2)
    copy.vote(1, 2)
    assert copy.start().public == finalizer_public(2)
    copy.use(1)
    with pytest.raises(Unusable, match="not on this disk"):
        copy.start()


def test_a_disk_that_is_slow_to_keep_a_vote_does_not_keep_the_fence_from_looking(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.start()
    node.vote(1)
    monkeypatch.setattr(os, "fsync", lambda _file: time.sleep(0.5))
    monkeypatch.setattr(asyncio, "to_thread", IN_A_THREAD)

    async def longest_pause() -> float:
        noting = asyncio.create_task(node.finalizer.note_votes())
        longest = 0.0
        while not noting.done():
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - before)
        assert await noting
        return longest

    assert asyncio.run(longest_pause()) < 0.4


def test_without_an_answer_of_the_api_server_no_key_starts(node: Node) -> None:
    node.outside.is_down = True
    with pytest.raises(NotYet, match="is not known: down"):
        node.start()
    node.outside.is_down = False
    node.start()
    node.outside.is_down = True
    with pytest.raises(NotYet):
        node.start()
    assert node.finalizer.key is None


def test_a_start_that_was_cut_off_between_its_two_records_is_no_start_on_another_disk(node: Node) -> None:
    node.outside.loses = True
    with pytest.raises(NotYet, match="at the same time"):
        node.start()
    node.outside.loses = False
    assert node.start().public == finalizer_public(1)


def test_a_disk_without_an_id_takes_no_key(node: Node) -> None:
    node.disk = ""
    with pytest.raises(Unusable, match="needs --disk-id"):
        node.start()


def test_a_record_on_the_disk_that_cannot_be_read_stops_the_start(node: Node) -> None:
    node.start()
    (node.data.finalizers / "node-manager.json").write_text("[]")
    with pytest.raises(Unusable, match=r"node-manager\.json cannot be read. Remove it"):
        node.start()


@pytest.mark.parametrize("text", ["", finalizer()[:-3], finalizer() * 2, f"{finalizer(1)}\n{finalizer(2)}", SECRET])
def test_a_key_of_another_form_is_refused_and_not_repeated(node: Node, text: str) -> None:
    node.file.write_text(text)
    with pytest.raises(Unusable, match="finalizer-key") as refused:
        node.start()
    assert SECRET not in repr(refused.value)
    assert SECRET not in repr(FinalizerKey.read(Node(node.directory / "b").file))


def test_the_first_vote_is_written_down_within_seconds_also_where_the_api_server_was_away(node: Node) -> None:
    node.start()

    async def run() -> None:
        watch = FinalizerWatch(node.finalizer, clock())
        running = asyncio.create_task(watch.run(cast(Any, None)))
        node.active = {finalizer_public(1)}
        await asyncio.sleep(5.0)
        node.vote(1)
        node.outside.is_down = True
        await asyncio.sleep(20.0)
        assert not node.outside.ledger.starts[finalizer_public(1)].voted
        node.outside.is_down = False
        await asyncio.sleep(2.0)
        assert node.outside.ledger.starts[finalizer_public(1)].voted
        assert watch.status() == {"finalizer": {"key": finalizer_public(1), "active": True}}
        running.cancel()

    simulated(run())


@pytest.mark.parametrize(
    ("active", "said"), [({finalizer_public(1)}, True), ({finalizer_public(2)}, False), (Unanswered("silent"), None)]
)
def test_whether_the_key_is_active_is_the_chains_word(
    node: Node, active: Collection[str] | Exception, said: bool | None
) -> None:
    node.start()
    node.active = active
    assert simulated(node.finalizer.is_active()) is said


def test_the_record_is_on_the_disk_before_it_is_outside(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    node.outside.loses = True
    with pytest.raises(NotYet):
        node.start()
    assert len(synced) == 2
