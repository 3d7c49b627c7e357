"""files/init-themis.sh: genesis, configuration and peers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.charts.themis_home import GENESIS, PEERS, Result, Themis, bootstrap

Sentence = Callable[[Result], str]


def test_genesis_comes_from_the_operator_before_the_network(themis: Themis) -> None:
    themis.started(**bootstrap())  # curl would fail
    assert (themis.home / "config" / "genesis.json").read_bytes() == GENESIS


def test_genesis_on_the_volume_is_not_fetched_again(running: Themis) -> None:
    (running.secrets / "genesis.json").unlink()
    running.started()


def test_genesis_is_fetched_when_nobody_gave_it(themis: Themis, tmp_path: Path) -> None:
    (themis.secrets / "genesis.json").rename(tmp_path / "served")
    themis.stubs.add("curl", f'while [ "$1" != -o ]; do shift; done; cp {tmp_path}/served "$2"\n')
    themis.started(**bootstrap())
    assert (themis.home / "config" / "genesis.json").read_bytes() == GENESIS


def test_a_genesis_that_cannot_be_fetched_stops(themis: Themis) -> None:
    (themis.secrets / "genesis.json").unlink()
    result = themis.start(**bootstrap())
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        "init-themis: genesis.json could not be fetched from https://example.invalid/genesis.json."
    )


@pytest.mark.parametrize("source", ["the operator", "the network"])
def test_a_genesis_with_another_digest_is_refused(
    themis: Themis, sentence: Sentence, tmp_path: Path, source: str
) -> None:
    (themis.secrets / "genesis.json").write_text("{}")
    if source == "the network":
        (themis.secrets / "genesis.json").rename(tmp_path / "served")
        themis.stubs.add("curl", f'while [ "$1" != -o ]; do shift; done; cp {tmp_path}/served "$2"\n')
    said = sentence(themis.start(**bootstrap()))
    assert hashlib.sha256(b"{}").hexdigest() in said
    assert "refused" in said
    assert not (themis.home / "config" / "genesis.json").exists()


def test_a_changed_genesis_on_the_volume_is_put_right(running: Themis) -> None:
    (running.home / "config" / "genesis.json").write_text("{}")
    running.started()
    assert (running.home / "config" / "genesis.json").read_bytes() == GENESIS


# --- configuration ----------------------------------------------------------------------------------------------------


def test_configuration_is_renewed_at_every_start(running: Themis) -> None:
    for name in ("app.toml", "themis-config.toml", "config.toml"):
        (running.home / "config" / name).write_text("old = true")
        (running.files / name).write_text('new = true # "@PERSISTENT_PEERS@"')
    running.started()
    for name in ("app.toml", "themis-config.toml"):
        assert (running.home / "config" / name).read_text() == 'new = true # "@PERSISTENT_PEERS@"'
    assert (running.home / "config" / "config.toml").read_text() == f'new = true # "{PEERS}"'


def test_the_peers_come_from_the_secret(running: Themis) -> None:
    assert f'persistent_peers = "{PEERS}"' in (running.home / "config" / "config.toml").read_text()


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_missing_peers_stop(themis: Themis, sentence: Sentence, content: str | None) -> None:
    if content is None:
        (themis.secrets / "persistent_peers").unlink()
    else:
        (themis.secrets / "persistent_peers").write_text(content)
    assert "whitelisted" in sentence(themis.start(**bootstrap()))


@pytest.mark.parametrize(
    "content", ['a@b:1"\nunsafe = true', "a@b:1/&", "a@b:1;c", PEERS[:30], PEERS + ",", PEERS + "0", PEERS.upper()]
)
def test_peers_that_could_write_other_settings_are_refused(themis: Themis, sentence: Sentence, content: str) -> None:
    (themis.secrets / "persistent_peers").write_text(content)
    assert "id@host:port" in sentence(themis.start(**bootstrap()))


def test_nothing_half_written_is_left(running: Themis) -> None:
    assert not list(running.home.rglob("*.nodeyard-tmp"))
    assert not list(running.home.rglob("*.fetched"))
