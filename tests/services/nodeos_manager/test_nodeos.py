"""nodeos' arguments, its dirty database, and its lines."""

import logging
import time
from pathlib import Path

import pytest

from nodeos_manager.nodeos.nodeos import DATABASE_DIRTY, Data, NodeosSettings, NodeosSoftware
from nodeos_manager.nodeos.superviser import Unusable, Verdict

HEADER = b"EOSIODB3"


@pytest.fixture
def settings(tmp_path: Path) -> NodeosSettings:
    (tmp_path / "config").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "config/genesis.json").write_text("{}")
    return NodeosSettings(Path("/opt/nodeos"), tmp_path / "config", Data(tmp_path / "data"))


@pytest.fixture
def software(settings: NodeosSettings) -> NodeosSoftware:
    return NodeosSoftware(settings, logging.getLogger("nodeos"))


def blocks(settings: NodeosSettings) -> None:
    (settings.data.directory / "blocks").mkdir()
    (settings.data.directory / "blocks/blocks.log").write_text("blocks")


def state(settings: NodeosSettings, flag: bytes) -> None:
    (settings.data.directory / "state").mkdir(exist_ok=True)
    (settings.data.directory / "state/shared_memory.bin").write_bytes(HEADER + flag + b"rest")


def test_the_first_boot_of_an_empty_directory_takes_the_genesis(
    settings: NodeosSettings, software: NodeosSoftware
) -> None:
    assert f"--genesis-json={settings.config}/genesis.json" in software.command()


def test_a_directory_that_has_blocks_takes_no_genesis(settings: NodeosSettings, software: NodeosSoftware) -> None:
    blocks(settings)
    assert not any("genesis" in argument for argument in software.command())


def test_nodeos_always_starts_paused(settings: NodeosSettings, software: NodeosSoftware) -> None:
    assert "--pause-on-startup" in software.command()
    blocks(settings)
    assert "--pause-on-startup" in software.command()


def test_a_snapshot_is_given_once_without_genesis_and_never_again(
    settings: NodeosSettings, software: NodeosSoftware
) -> None:
    snapshot = settings.data.directory / "0000000100.bin"
    snapshot.write_text("snapshot")
    settings.data.leave_snapshot(snapshot)
    first = software.command()
    assert f"--snapshot={snapshot}" in first
    assert not any("genesis" in argument for argument in first)
    state(settings, b"\0")
    assert not any(argument.startswith("--snapshot") for argument in software.command())
    (settings.data.directory / "state/shared_memory.bin").unlink()
    assert not any(argument.startswith("--snapshot") for argument in software.command())


def test_a_nodeos_that_ended_before_it_had_a_state_gets_the_snapshot_again_and_never_genesis(
    settings: NodeosSettings, software: NodeosSoftware
) -> None:
    snapshot = settings.data.directory / "0000000100.bin"
    snapshot.write_text("snapshot")
    settings.data.leave_snapshot(snapshot)
    first = software.command()
    assert software.command() == first
    snapshot.unlink()
    for _ in range(2):
        with pytest.raises(Unusable, match=r"0000000100\.bin is gone"):
            software.command()


def test_a_restored_snapshot_that_is_gone_is_no_reason_to_begin_at_genesis(
    settings: NodeosSettings, software: NodeosSoftware
) -> None:
    settings.data.leave_snapshot(settings.data.directory / "gone.bin")
    with pytest.raises(Unusable, match=r"gone\.bin"):
        software.command()


def test_a_dirty_database_is_not_started(settings: NodeosSettings, software: NodeosSoftware) -> None:
    state(settings, b"\1")
    with pytest.raises(Unusable, match="dirty"):
        software.command()


def test_a_database_that_was_closed_is_started(settings: NodeosSettings, software: NodeosSoftware) -> None:
    state(settings, b"\0")
    assert software.command()


def test_the_exit_of_a_dirty_database_ends_the_starts(software: NodeosSoftware) -> None:
    assert software.ended(DATABASE_DIRTY, asked=False) is Verdict.UNUSABLE
    assert software.ended(1, asked=False) is Verdict.RESTART


def test_the_line_of_a_dirty_database_ends_the_starts(software: NodeosSoftware) -> None:
    software.said("error 2026-11-29T15:25:00.500 nodeos main.cpp:160 main ] database dirty flag set (likely due to ...")
    assert software.ended(-2, asked=False) is Verdict.UNUSABLE


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("warn  2026-11-29T15:25:00.500 nodeos net_plugin.cpp:1] x", logging.WARNING),
        ("error 2026-11-29T15:25:00.500 nodeos main.cpp:1] x", logging.ERROR),
        ("debug 2026-11-29T15:25:00.500 nodeos main.cpp:1] x", logging.DEBUG),
        ("information about nothing", logging.INFO),
    ],
)
def test_a_line_keeps_its_level(
    software: NodeosSoftware, caplog: pytest.LogCaptureFixture, line: str, level: int
) -> None:
    with caplog.at_level(logging.DEBUG, "nodeos"):
        software.said(line)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [(level, line)]


def test_a_line_of_blanks_does_not_keep_the_fence_from_looking(software: NodeosSoftware) -> None:
    began = time.monotonic()
    software.said(" " * 50_000 + "x")
    assert time.monotonic() - began < 1.0
