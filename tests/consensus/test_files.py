"""What the engine's own readers make of the keys, states and settings that the init script lets through."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from nodeyard.metis_sequencer.secrets import persistent_peers_problem
from ops import metis_keys
from ops.metis_keys import NODE_FILE, VALIDATOR_FILE
from tests.charts.metis import FILES as CHART_FILES
from tests.charts.themis_home import PEERS, Themis, bootstrap, keys, resume, signed_state
from tests.consensus.harness import Reader

FILES = {NODE_FILE: "node_key", VALIDATOR_FILE: "validator_key"}
STATE = signed_state(1000)


# --- keys -----------------------------------------------------------------------------------------------------------


def test_the_engine_reads_new_keys_as_nodeyard_shows_them(reader: Reader) -> None:
    made = metis_keys.make()
    node = reader.read("node_key", made.files()[NODE_FILE])
    assert node["id"] == made.node_id
    validator = reader.read("validator_key", made.files()[VALIDATOR_FILE])
    assert validator["id"] == validator["address"] == made.address.removeprefix("0x").upper()
    assert validator["pub_key"].endswith("04" + made.public_key.removeprefix("0x"))


@pytest.mark.parametrize("name", FILES)
def test_every_key_that_the_script_takes_the_engine_takes(themis: Themis, reader: Reader, name: str) -> None:
    """Characters of a real file changed, one after the other, and left out: what passes is still a key."""
    text = keys().files()[name]
    changed = [text[:i] + other + text[i + 1 :] for i in range(0, len(text), 9) for other in ("", "A")]
    asked = [text, *changed, text.replace("\n", "\r\n"), "\ufeff" + text, text + "\0", text * 2, f"[{text}]", "{}"]
    taken = [one for one in asked if amino(themis, FILES[name], one) == "good"]
    assert text in taken
    assert len(taken) < len(asked) / 2
    for one in taken:
        assert "error" not in reader.read(FILES[name], one), one


def test_the_engine_takes_neither_stock_tendermints_key_nor_a_stand_in(reader: Reader) -> None:
    stand_in = '{"priv_key": {"type": "tendermint/PrivKeySecp256k1", "value": "AAAA"}}'
    for kind in FILES.values():
        assert "error" in reader.read(kind, stand_in)


# --- the signing state ----------------------------------------------------------------------------------------------


def amino(themis: Themis, what: str, text: str) -> str:
    """What the script makes of a text."""
    file = themis.home / "asked"
    file.write_bytes(text.encode())
    function = re.search(
        r"^amino\(\) \{.*?^\}\n", (CHART_FILES / "init-themis.sh").read_text(), re.DOTALL | re.MULTILINE
    )
    assert function
    found = subprocess.run(
        ["sh", "-euc", function[0] + 'amino "$0" "$1"', what, str(file)],
        env={"CONFIG_DIR": str(themis.files), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.strip()


STATES: dict[str, str] = {
    "signed": STATE,
    "made": '{"height": "0", "round": "0", "step": 0}',
    "of windows": STATE.replace("\n", "\r\n"),
    "empty": "",
    "null": "null",
    "an empty object": "{}",
    "no height": '{"round": "0", "step": 0}',
    "a height that is null": '{"height": null, "round": "0", "step": 0}',
    "a height as a number": '{"height": 7, "round": "0", "step": 0}',
    "a round as a number": '{"height": "7", "round": 0, "step": 0}',
    "a step as text": '{"height": "7", "round": "0", "step": "0"}',
    "a height with a zero before it": '{"height": "07", "round": "0", "step": 0}',
    "a height below zero": '{"height": "-7", "round": "0", "step": 0}',
    "a height above int64": '{"height": "9223372036854775808", "round": "0", "step": 0}',
    "a step above int8": '{"height": "7", "round": "0", "step": 128}',
    "text after its end": STATE + "x",
    "a null after its end": STATE + "\0",
    "two": STATE * 2,
    "in a list": f"[{STATE}]",
    "a byte order mark": "\ufeff" + STATE,
    "half a byte signed": STATE.replace('"7208', '"208'),
    "no base64": STATE.replace('"StBt', '"!tBt'),
    "two heights": STATE.replace('"round"', '"height": "5", "round"'),
}
REFUSED_BY_THE_ENGINE = {
    "empty", "a height as a number", "a round as a number", "a step as text", "a height with a zero before it",
    "a height above int64", "a step above int8", "text after its end", "a null after its end", "two", "in a list",
    "a byte order mark", "half a byte signed", "no base64",
}  # fmt: skip


@pytest.mark.parametrize("what", STATES)
def test_a_state_that_the_script_reads_the_engine_reads_as_the_same(themis: Themis, reader: Reader, what: str) -> None:
    said, judged = amino(themis, "state", STATES[what]), reader.read("state", STATES[what])
    assert ("error" in judged) == (what in REFUSED_BY_THE_ENGINE), judged
    if said:
        signed = "signed" if judged["signed"] or judged["step"] or judged["round"] else "unsigned"
        assert said == f"{judged['height']} {signed}"
    # The script is stricter where the engine would start at a height that nobody wrote.
    assert bool(said) == (what in ("signed", "made", "of windows", "two heights"))


def test_no_beginning_of_a_real_state_is_read_by_either(themis: Themis, reader: Reader) -> None:
    for length in range(len(STATE)):
        assert "error" in reader.read("state", STATE[:length])
    for length in range(0, len(STATE), 8):
        assert not amino(themis, "state", STATE[:length])


@pytest.mark.parametrize(("words", "height"), [(bootstrap(), 0), (resume("vol-1", 7_000_000), 7_000_000)])
def test_the_engine_reads_the_state_that_the_script_writes(
    themis: Themis, reader: Reader, words: dict[str, str], height: int
) -> None:
    themis.started(**words)
    assert reader.read("state", themis.state.read_bytes()) == {"height": height, "round": 0, "step": 0, "signed": False}


# --- peers ----------------------------------------------------------------------------------------------------------

ID = "0123456789abcdef0123456789abcdef01234567"
PEERS_OF_ALL_KINDS = {
    f"{ID}@192.0.2.1:26656": True,
    f"{ID}@192.0.2.1:65535": True,
    f"{ID}@192.0.2.1:65536": False,
    f"{ID}@192.0.2.1": False,
    f"{ID}@192.0.2.1:": False,
    f"{ID}@:26656": False,
    f"{ID[:-1]}@192.0.2.1:26656": False,
    f"{ID}0@192.0.2.1:26656": False,
    f"{ID[:-1]}g@192.0.2.1:26656": False,
    "192.0.2.1:26656": False,
    f"{ID}@{ID}@192.0.2.1:26656": False,
    f"{ID}@192.0.2.1:http": False,
    f"{ID}@192.0.2.1:26656;{ID}@192.0.2.2:26656": False,
}


@pytest.mark.parametrize(("peer", "taken"), PEERS_OF_ALL_KINDS.items())
def test_component_script_and_engine_agree_on_what_a_peer_is(
    themis: Themis, reader: Reader, peer: str, taken: bool
) -> None:
    assert ("error" not in reader.read("peer", peer)) == taken
    assert (persistent_peers_problem(peer) == "") == taken
    (themis.secrets / "persistent_peers").write_text(f"{PEERS},{peer}")
    assert (themis.start(**bootstrap()).returncode == 0) == taken


# --- config.toml ----------------------------------------------------------------------------------------------------


def decoded(engine: Path, file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([engine, "config", file], capture_output=True, text=True, check=False)


def flat(settings: dict[str, Any], under: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found |= flat(value, f"{key}.") if isinstance(value, dict) else {under + key: value}
    return found


def test_every_setting_of_config_toml_is_one_of_the_engines_and_arrives_as_it_is_written(
    themis: Themis, engine: Path
) -> None:
    themis.started(**bootstrap())
    file = themis.home / "config" / "config.toml"
    written = flat(tomllib.loads(file.read_text()))
    result = decoded(engine, file)
    assert result.returncode == 0, result.stderr
    arrived = json.loads(result.stdout)
    durations = {"consensus.timeout_commit": 5_000_000_000}
    assert {key: arrived[key] for key in written} == written | durations
    assert arrived["p2p.persistent_peers"] == PEERS
    assert len(written) > 40


def test_a_setting_that_the_engine_does_not_know_would_show(themis: Themis, engine: Path) -> None:
    themis.started(**bootstrap())
    file = themis.home / "config" / "config.toml"
    file.write_text(file.read_text().replace("timeout_commit", "timeout_comit"))
    result = decoded(engine, file)
    assert result.returncode == 1
    assert "timeout_comit" in result.stderr
