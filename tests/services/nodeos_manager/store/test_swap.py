"""A restore that is killed at any step goes on at the next start; what it restores is all there or not at all."""

import asyncio
import itertools
import shutil
from pathlib import Path

import pytest

from chain_store.manifests import Kind
from chain_store.tree import Unkeepable
from nodeos_manager.nodeos.superviser import Unusable
from nodeos_manager.store.layout import entries, files, log_holds
from nodeos_manager.store.swap import Swap, complete
from tests.services.nodeos_manager.store.nodes import Node, kept, node


async def fetched(directory: Path, url: str, kind: Kind) -> Node:
    """A node on whose disk all of a copy has come, and nothing is moved yet."""
    await kept(directory / "bp-0", url, "alpha", kind)
    made = Node(directory / "bp-1", url, "old")
    plan = await made.restore.fetch(await made.library().get(kind), made.library())
    made.swap.begin(plan)
    return made


STEPS = {
    Kind.BACKUP: [
        "blocks is moved away",
        "state is moved away",
        "all is moved away",
        "blocks is in place",
        "state is in place",
        "all is in place",
        "old is removed",
        "new is removed",
        "the journal is removed",
    ],
    Kind.SNAPSHOT: [
        "state is moved away",
        "blocks/reversible is moved away",
        "all is moved away",
        "the snapshot is in place",
        "the snapshot is marked",
        "all is in place",
        "old is removed",
        "new is removed",
        "the journal is removed",
    ],
}
CASES = [(kind, number) for kind, steps in STEPS.items() for number in range(len(steps) + 1)]


@pytest.mark.parametrize(
    ("kind", "number"),
    CASES,
    ids=[f"{kind} killed after {(['begun', *STEPS[kind]])[number]}" for kind, number in CASES],
)
def test_a_restore_that_is_killed_goes_on_at_the_next_start(
    kind: Kind, number: int, one_url: str, tmp_path: Path
) -> None:
    async def run() -> None:
        made = await fetched(tmp_path, one_url, kind)
        said = list(itertools.islice(Swap(made.data).steps(), number))
        named = [step.replace(f"snapshots/restored-{'0' * 7}105-", "") for step in said]
        assert [step if "in place" not in step or "all" in step else step[-11:] for step in named] == [
            step if "in place" not in step or "all" in step else step[-11:] for step in STEPS[kind][:number]
        ]
        await complete(made.data)
        if kind is Kind.BACKUP:
            assert made.on_disk() == "alpha"
        else:
            assert not (made.data.directory / "state").exists()
            assert (made.data.directory / "blocks/blocks.log").exists()
            snapshot = made.data.take_snapshot()
            assert snapshot is not None
            assert '"alpha"' in snapshot.read_text()
        assert made.data.safety.read_text() == "votes of bp-1"
        assert list(Swap(made.data).steps()) == []
        assert not (made.data.directory / ".restore/old").exists()

    asyncio.run(run())


def test_a_restored_node_runs_after_a_kill_in_the_middle(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        await kept(tmp_path / "bp-0", one_url, "alpha", Kind.SNAPSHOT)
        async with node(tmp_path / "bp-1", one_url, "old") as made:
            made.swap.begin(await made.restore.fetch(await made.library().get(Kind.SNAPSHOT), made.library()))
            list(itertools.islice(made.swap.steps(), 2))
            assert await made.start() == "alpha"

    asyncio.run(run())


def test_what_was_not_all_there_at_a_kill_is_forgotten(one_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with node(tmp_path / "bp-1", one_url, "old") as made:
            (made.swap.new / "state").mkdir(parents=True)
            (made.swap.new / "state/shared_memory.bin").write_bytes(b"half")
            assert await made.start() == "old"
            assert not (made.data.directory / ".restore").exists()

    asyncio.run(run())


def test_nodeos_does_not_start_between_two_states(
    one_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    async def run() -> None:
        made = await fetched(tmp_path, one_url, Kind.BACKUP)
        list(itertools.islice(made.swap.steps(), 1))
        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", full)
            with pytest.raises(Unusable, match="resume goes on with it: No space left"):
                await made.superviser.start()
        assert made.superviser.running() is None
        await complete(made.data)
        assert made.on_disk() == "alpha"

    asyncio.run(run())


@pytest.mark.parametrize(("first", "blocks", "keeps"), [(100, 10, True), (100, 5, False), (110, 10, False)])
def test_a_block_log_is_kept_only_where_it_has_the_block_of_the_snapshot(
    first: int, blocks: int, keeps: bool, one_url: str, tmp_path: Path
) -> None:
    async def run() -> None:
        await kept(tmp_path / "bp-0", one_url, "alpha", Kind.SNAPSHOT)
        async with node(tmp_path / "bp-1", one_url) as made:
            made.write("old", dirty=True, first=first, blocks=blocks)
            plan = await made.restore.fetch(await made.library().get(Kind.SNAPSHOT), made.library())
            log = made.data.directory / "blocks/blocks.log"
            made.swap.begin(plan)
            made.swap.finish()
            assert log.exists() is keeps
            # nodeos itself refuses a log without that block.
            assert await made.start() == "alpha"

    asyncio.run(run())


def test_a_log_that_was_pruned_is_not_trusted(tmp_path: Path) -> None:
    made = Node(tmp_path / "bp-0", "gs://none", "old")
    blocks = made.data.directory / "blocks"
    assert log_holds(blocks, 105)
    pruned = (0x80000003).to_bytes(4, "little")
    (blocks / "blocks.log").write_bytes(pruned + (blocks / "blocks.log").read_bytes()[4:])
    assert not log_holds(blocks, 105)


def test_only_what_belongs_to_nodeos_state_is_kept(tmp_path: Path) -> None:
    made = Node(tmp_path / "bp-0", "gs://none", "old")
    for name in ("snapshots/a.bin", "lost+found/b", ".restore/c", "other/safety.dat", "state-history/log"):
        (made.data.directory / name).parent.mkdir(exist_ok=True)
        (made.data.directory / name).write_text("x")
    assert entries(made.data.directory) == ["blocks", "state", "state-history"]
    assert len(list(files(made.data.directory))) == 5
    # What says that a key was used on this disk is no more to be restored than its votes.
    made.data.safety.rename(made.data.finalizers / "keys.json")
    assert entries(made.data.directory) == ["blocks", "state", "state-history"]


def test_a_link_is_refused_for_what_lies_behind_it_would_be_missing(tmp_path: Path) -> None:
    made = Node(tmp_path / "bp-0", "gs://none", "old")
    shutil.move(made.data.directory / "blocks", tmp_path / "elsewhere")
    (made.data.directory / "blocks").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unkeepable, match="blocks is a link"):
        list(files(made.data.directory))
