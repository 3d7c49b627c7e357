"""files/init-themis.sh, run for real by sh in a directory of its own."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.charts.harness import FILES, Stubs, rendered

Result = subprocess.CompletedProcess[str]
Sentence = Callable[[Result], str]

GENESIS = b'{"chain_id": "andromeda"}\n'
KEY = '{"priv_key": {"type": "tendermint/PrivKeySecp256k1", "value": "AAAA"}}\n'
PEERS = f"{'0123456789abcdef' * 2 + '01234567'}@192.0.2.1:26656,{'fedcba98' * 5}@peer.invalid:26656"
RAN = {"BOOTSTRAP": "true"}


def resume(volume: str, height: int = 5000) -> dict[str, str]:
    return {"RESUME_AT_HEIGHT": str(height), "RESUME_VOLUME": volume, "KEY_RAN_NOWHERE_ELSE": "true"}


class Themis:
    """A volume, the pod's secrets, and the script between them."""

    def __init__(self, root: Path, stubs: Stubs) -> None:
        self.stubs = stubs
        self.home, self.files, self.secrets = root / "home", root / "files", root / "secrets"
        for directory in (self.home, self.files, self.secrets):
            directory.mkdir()
        for name in ("config.toml", "app.toml", "themis-config.toml"):
            (self.files / name).write_text(rendered().config_file("themis", name))
        for name in ("node_key.json", "priv_validator_key.json"):
            (self.secrets / name).write_text(KEY)
        (self.secrets / "persistent_peers").write_text(PEERS + "\n")
        (self.secrets / "genesis.json").write_bytes(GENESIS)
        self.volume = "vol-1"
        stubs.add("curl", 'echo "curl $*" >&2; exit 22\n')

    def start(self, **env: str) -> Result:
        return self.stubs.run(
            FILES / "init-themis.sh",
            HOME_DIR=str(self.home),
            CONFIG_DIR=str(self.files),
            SECRETS_DIR=str(self.secrets),
            VOLUME_ID=self.volume,
            GENESIS_URL="https://example.invalid/genesis.json",
            GENESIS_SHA256=hashlib.sha256(GENESIS).hexdigest(),
            **env,
        )

    def started(self, **env: str) -> Result:
        result = self.start(**env)
        assert result.returncode == 0, result.stderr
        return result

    @property
    def state(self) -> Path:
        return self.home / "data" / "priv_validator_state.json"

    @property
    def record(self) -> Path:
        return self.home / "data" / ".nodeyard-volume-id"

    @property
    def height(self) -> int:
        return int(json.loads(self.state.read_text())["height"])

    def sign(self, height: int) -> str:
        """themis runs and signs."""
        (self.home / "data" / "blockstore.db").mkdir(exist_ok=True)
        self.state.write_text(
            json.dumps(
                {"height": str(height), "round": "0", "step": 3, "signature": "c2ln", "signbytes": "AA"}, indent=2
            )
        )
        return self.state.read_text()

    def restored_to(self, volume: str) -> None:
        """The same files on another volume, as a snapshot brings them back."""
        self.volume = volume


@pytest.fixture
def themis(tmp_path: Path, stubs: Stubs) -> Themis:
    return Themis(tmp_path, stubs)


@pytest.fixture
def running(themis: Themis) -> Themis:
    themis.started(**RAN)
    themis.sign(1000)
    return themis


def assert_tells_how_to_resume(said: str, volume: str) -> None:
    assert (
        "signingState.resumeAtHeight to a height above the chain's head of today, to sign from this height on" in said
    )
    assert f"signingState.volume: {volume} and signingState.keyRanNowhereElse: true." in said


# --- the signing state ----------------------------------------------------------------------------------------------


def test_an_empty_volume_stops_with_both_ways_on(themis: Themis, sentence: Sentence) -> None:
    said = sentence(themis.start())
    assert "attach the disk" in said
    assert "signingState.bootstrap: true" in said
    assert not themis.state.exists()
    assert not (themis.home / "config" / "priv_validator_key.json").exists()


def test_bootstrap_writes_height_zero_on_an_empty_volume(themis: Themis) -> None:
    themis.started(**RAN)
    assert json.loads(themis.state.read_text()) == {"height": "0", "round": "0", "step": 0}
    assert themis.record.read_text() == "vol-1\n"


def test_bootstrap_left_true_does_nothing_to_a_state_and_asks_to_be_taken_out(running: Themis) -> None:
    before = running.state.read_text()
    assert "take it out" in running.started(**RAN).stdout
    assert running.state.read_text() == before


def test_a_restart_on_the_same_volume_needs_no_word(running: Themis) -> None:
    before = running.state.read_text()
    running.started()
    assert running.state.read_text() == before


def test_a_lost_state_beside_chain_data_is_never_bootstrapped(running: Themis, sentence: Sentence) -> None:
    running.state.unlink()
    said = sentence(running.start(**RAN))
    assert "has held this validator before" in said
    assert_tells_how_to_resume(said, "vol-1")
    assert not running.state.exists()


def test_a_wiped_data_directory_is_never_bootstrapped(running: Themis, sentence: Sentence) -> None:
    subprocess.run(["rm", "-rf", str(running.home / "data")], check=True)
    assert "has held this validator before" in sentence(running.start(**RAN))
    assert not running.state.exists()


def test_chain_data_without_a_key_is_never_bootstrapped(themis: Themis, sentence: Sentence) -> None:
    (themis.home / "data" / "application.db").mkdir(parents=True)
    assert "has held this validator before" in sentence(themis.start(**RAN))


def test_a_state_reset_to_zero_by_another_tool_is_not_trusted(running: Themis, sentence: Sentence) -> None:
    # `themisd unsafe-reset-all` empties data, our record with it, and writes a state at height 0.
    subprocess.run(["rm", "-rf", str(running.home / "data")], check=True)
    running.state.parent.mkdir()
    running.state.write_text('{"height": "0", "round": "0", "step": 0}')
    assert "a volume nobody recorded" in sentence(running.start(**RAN))


@pytest.mark.parametrize("broken", ["", "{", '{"height": }', "\0" * 64])
def test_a_broken_state_stops_and_is_left_as_it_is(running: Themis, sentence: Sentence, broken: str) -> None:
    running.state.write_text(broken)
    assert "no readable priv_validator_state.json" in sentence(running.start(**RAN))
    assert running.state.read_text() == broken


def test_a_disk_made_from_a_snapshot_stops_and_is_left_as_it_is(running: Themis, sentence: Sentence) -> None:
    before = running.state.read_text()
    running.restored_to("vol-2")
    said = sentence(running.start(**RAN))
    assert "vol-2" in said
    assert "vol-1" in said
    assert_tells_how_to_resume(said, "vol-2")
    assert running.state.read_text() == before
    assert running.record.read_text() == "vol-1\n"


def test_the_right_disk_attached_again_goes_on(running: Themis, sentence: Sentence) -> None:
    running.restored_to("vol-2")
    sentence(running.start())
    running.volume = "vol-1"
    running.started()
    assert running.height == 1000


def test_a_height_and_a_word_resume_on_the_volume_they_name_and_keep_the_old_state(running: Themis) -> None:
    before = running.state.read_text()
    running.restored_to("vol-2")
    assert "from this height on: 5000, on volume vol-2" in running.started(**resume("vol-2")).stdout
    assert json.loads(running.state.read_text()) == {"height": "5000", "round": "0", "step": 0}
    assert running.record.read_text() == "vol-2\nresumed-at 5000\n"
    (backup,) = running.state.parent.glob("priv_validator_state.json.*.bak")
    assert backup.read_text() == before


@pytest.mark.parametrize("missing", ["RESUME_AT_HEIGHT", "RESUME_VOLUME", "KEY_RAN_NOWHERE_ELSE"])
def test_a_height_a_volume_and_a_word_are_not_enough_without_each_other(
    running: Themis, sentence: Sentence, missing: str
) -> None:
    running.restored_to("vol-2")
    words = resume("vol-2")
    del words[missing]
    assert_tells_how_to_resume(sentence(running.start(**words)), "vol-2")
    assert running.height == 1000
    assert running.record.read_text() == "vol-1\n"


def assert_refused_for_another_volume(said: str, named: str, here: str) -> None:
    assert f"is for the volume in signingState.volume, '{named}', and not for this one, {here}:" in said
    assert_tells_how_to_resume(said, here)


@pytest.mark.parametrize("named", ["vol-1", "vol-22", "vol", ""])
@pytest.mark.parametrize("more", [{}, RAN])
def test_a_height_left_in_config_does_not_resume_on_a_new_empty_disk(
    themis: Themis, sentence: Sentence, named: str, more: dict[str, str]
) -> None:
    themis.volume = "vol-2"
    assert_refused_for_another_volume(sentence(themis.start(**resume(named), **more)), named, "vol-2")
    assert not themis.state.exists()
    assert not themis.record.exists()
    assert not (themis.home / "config" / "priv_validator_key.json").exists()
    themis.started(**resume("vol-2", 9000))
    assert themis.height == 9000


def test_a_height_left_in_config_does_not_resume_an_older_snapshot(running: Themis, sentence: Sentence) -> None:
    before = running.state.read_text()  # the snapshot is taken here: nothing in it knows of height 5000
    running.restored_to("vol-3")
    assert_refused_for_another_volume(sentence(running.start(**resume("vol-2"))), "vol-2", "vol-3")
    assert running.state.read_text() == before
    assert not list(running.state.parent.glob("*.bak"))


def test_a_height_for_another_volume_does_not_repair_a_broken_state(running: Themis, sentence: Sentence) -> None:
    running.state.write_text("")
    assert_refused_for_another_volume(sentence(running.start(**resume("vol-0"))), "vol-0", "vol-1")
    assert running.state.read_text() == ""


def test_a_height_for_another_volume_is_nothing_to_the_one_that_signed_last(running: Themis) -> None:
    before = running.state.read_text()
    running.started(**resume("vol-0"))
    assert running.state.read_text() == before
    assert running.record.read_text() == "vol-1\n"


@pytest.mark.parametrize("height", [999, 1000])
def test_a_height_that_is_already_signed_is_refused(running: Themis, sentence: Sentence, height: int) -> None:
    before = running.state.read_text()
    running.restored_to("vol-2")
    said = sentence(running.start(**resume("vol-2", height)))
    assert f"{height} is not above height 1000" in said
    assert_tells_how_to_resume(said, "vol-2")
    assert running.state.read_text() == before


def test_the_same_height_on_later_starts_rewrites_nothing(running: Themis) -> None:
    running.restored_to("vol-2")
    running.started(**resume("vol-2"))
    signed = running.sign(6000)
    running.started(**resume("vol-2"))
    assert running.state.read_text() == signed
    assert len(list(running.state.parent.glob("*.bak"))) == 1


def test_a_height_left_in_config_never_lowers_a_state_lost_later(running: Themis, sentence: Sentence) -> None:
    running.restored_to("vol-2")
    running.started(**resume("vol-2"))
    running.sign(6000)
    running.state.unlink()
    said = sentence(running.start(**resume("vol-2")))
    assert "5000 was already used" in said
    assert_tells_how_to_resume(said, "vol-2")
    running.started(**resume("vol-2", 9000))
    assert running.height == 9000


def test_a_height_left_in_config_does_not_resume_a_snapshot_taken_after_it(running: Themis, sentence: Sentence) -> None:
    running.restored_to("vol-2")
    running.started(**resume("vol-2"))  # the snapshot is taken here; then themis signs on on vol-2
    running.restored_to("vol-3")
    assert_refused_for_another_volume(sentence(running.start(**resume("vol-2"))), "vol-2", "vol-3")
    assert "5000 was already used" in sentence(running.start(**resume("vol-3")))


def test_a_lost_disk_resumes_on_an_empty_one(themis: Themis) -> None:
    themis.started(**resume("vol-1"))
    assert themis.height == 5000
    assert themis.record.read_text() == "vol-1\nresumed-at 5000\n"


def test_a_height_goes_before_a_bootstrap_left_true(themis: Themis) -> None:
    themis.started(**RAN, **resume("vol-1"))
    assert themis.height == 5000


def test_a_height_alone_does_not_bootstrap(themis: Themis, sentence: Sentence) -> None:
    said = sentence(themis.start(**RAN, RESUME_AT_HEIGHT="5000", RESUME_VOLUME="vol-1"))
    assert "without signingState.keyRanNowhereElse: true" in said
    assert_tells_how_to_resume(said, "vol-1")
    assert not themis.state.exists()


def test_a_broken_state_resumes_with_a_height_and_a_word(running: Themis) -> None:
    running.state.write_text("")
    running.started(**resume("vol-1"))
    assert running.height == 5000


# --- stopped half-way -----------------------------------------------------------------------------------------------


def stop_at(themis: Themis, command: str, number: int) -> None:
    """Makes the script die at the nth call of a command, as a node that loses its power does."""
    count = themis.stubs.directory / "count"
    count.write_text("0")
    themis.stubs.add(
        command,
        f"n=$(($(/bin/cat {count}) + 1)); echo $n >{count}\n[ $n -ne {number} ] || kill -9 0\n"
        f'exec /bin/{command} "$@"\n',
    )


def contents(themis: Themis) -> dict[str, str]:
    return {
        str(f.relative_to(themis.home)): f.read_text()
        for f in themis.home.rglob("*")
        if f.is_file() and f.suffix != ".bak"  # its name is the time
    }


@pytest.mark.parametrize("command", ["mv", "sync", "cat"])
@pytest.mark.parametrize("case", ["bootstrap", "resume", "resume on an empty volume"])
def test_a_start_stopped_anywhere_ends_like_one_that_was_not(
    tmp_path: Path, stubs: Stubs, command: str, case: str
) -> None:
    def prepared(root: Path) -> Themis:
        root.mkdir()
        themis = Themis(root, stubs)
        if case == "resume":
            themis.started(**RAN)
            themis.sign(1000)
            themis.restored_to("vol-2")
        return themis

    env = RAN if case == "bootstrap" else resume("vol-2" if case == "resume" else "vol-1")
    whole = prepared(tmp_path / "whole")
    whole.started(**env)
    expected = contents(whole)
    for number in range(1, 100):
        themis = prepared(tmp_path / f"stopped-{number}")
        stop_at(themis, command, number)
        stopped = themis.start(**env).returncode != 0
        stubs.remove(command)
        if case == "resume" and themis.record.read_text().startswith("vol-2"):
            assert themis.height == 5000, "an old state must never pass for the current volume's"
        themis.started(**env)
        assert contents(themis) == expected, number
        if not stopped:
            assert number > 3
            return
    pytest.fail("the script never came to its end")


# --- keys -----------------------------------------------------------------------------------------------------------


def test_keys_are_copied_once_for_their_owner_only(running: Themis) -> None:
    for name in ("node_key.json", "priv_validator_key.json"):
        key = running.home / "config" / name
        assert key.read_text() == KEY
        assert key.stat().st_mode & 0o777 == 0o600
    assert running.state.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["node_key.json", "priv_validator_key.json"])
def test_another_key_in_the_secret_stops_and_overwrites_nothing(running: Themis, sentence: Sentence, name: str) -> None:
    (running.secrets / name).write_text(KEY.replace("AAAA", "BBBB"))
    assert f"another {name}" in sentence(running.start())
    assert (running.home / "config" / name).read_text() == KEY


def test_a_newline_does_not_make_another_key(running: Themis) -> None:
    (running.secrets / "priv_validator_key.json").write_text(KEY.strip())
    running.started()
    assert (running.home / "config" / "priv_validator_key.json").read_text() == KEY


@pytest.mark.parametrize("name", ["node_key.json", "priv_validator_key.json"])
@pytest.mark.parametrize("content", [None, "", "changeme"])
def test_a_secret_without_a_key_stops(themis: Themis, sentence: Sentence, name: str, content: str | None) -> None:
    if content is None:
        (themis.secrets / name).unlink()
    else:
        (themis.secrets / name).write_text(content)
    assert f"the secret {name} holds no key" in sentence(themis.start(**RAN))
    assert not themis.state.exists()


def test_no_message_shows_a_secret(themis: Themis) -> None:
    results = [themis.start(), themis.start(**RAN), themis.start()]
    (themis.secrets / "node_key.json").write_text(KEY.replace("AAAA", "BBBB"))
    results.append(themis.start())
    for result in results:
        assert not re.search(r"AAAA|BBBB|192\.0\.2\.1", result.stdout + result.stderr)


# --- genesis --------------------------------------------------------------------------------------------------------


def test_genesis_comes_from_the_operator_before_the_network(themis: Themis) -> None:
    themis.started(**RAN)  # curl would fail
    assert (themis.home / "config" / "genesis.json").read_bytes() == GENESIS


def test_genesis_on_the_volume_is_not_fetched_again(running: Themis) -> None:
    (running.secrets / "genesis.json").unlink()
    running.started()


def test_genesis_is_fetched_when_nobody_gave_it(themis: Themis, tmp_path: Path) -> None:
    (themis.secrets / "genesis.json").rename(tmp_path / "served")
    themis.stubs.add("curl", f'while [ "$1" != -o ]; do shift; done; cp {tmp_path}/served "$2"\n')
    themis.started(**RAN)
    assert (themis.home / "config" / "genesis.json").read_bytes() == GENESIS


def test_a_genesis_that_cannot_be_fetched_stops(themis: Themis) -> None:
    (themis.secrets / "genesis.json").unlink()
    result = themis.start(**RAN)
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
    said = sentence(themis.start(**RAN))
    assert hashlib.sha256(b"{}").hexdigest() in said
    assert "refused" in said
    assert not (themis.home / "config" / "genesis.json").exists()


def test_a_changed_genesis_on_the_volume_is_put_right(running: Themis) -> None:
    (running.home / "config" / "genesis.json").write_text("{}")
    running.started()
    assert (running.home / "config" / "genesis.json").read_bytes() == GENESIS


# --- configuration --------------------------------------------------------------------------------------------------


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
    assert "whitelisted" in sentence(themis.start(**RAN))


@pytest.mark.parametrize("content", ['a@b:1"\nunsafe = true', "a@b:1/&", "a@b:1;c"])
def test_peers_that_could_write_other_settings_are_refused(themis: Themis, sentence: Sentence, content: str) -> None:
    (themis.secrets / "persistent_peers").write_text(content)
    assert "id@host:port" in sentence(themis.start(**RAN))


def test_nothing_half_written_is_left(running: Themis) -> None:
    assert not list(running.home.rglob("*.nodeyard-tmp"))
    assert not list(running.home.rglob("*.fetched"))
