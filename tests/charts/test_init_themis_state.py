"""files/init-themis.sh: on which signing state themis starts without a word, and on which it does not."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from tests.charts.themis_home import Result, Themis, assert_tells_how_to_resume, bootstrap, resume, signed_state

Sentence = Callable[[Result], str]


def test_an_empty_volume_stops_with_both_ways_on(themis: Themis, sentence: Sentence) -> None:
    said = sentence(themis.start())
    assert "attach the disk" in said
    assert "signingState.bootstrap: true and signingState.volume: vol-1." in said
    assert not themis.state.exists()
    assert not themis.key("priv_validator_key.json").exists()


def test_bootstrap_writes_height_zero_on_an_empty_volume(themis: Themis) -> None:
    themis.started(**bootstrap())
    assert json.loads(themis.state.read_text()) == {"height": "0", "round": "0", "step": 0}
    assert themis.record.read_text() == "vol-1\n"


@pytest.mark.parametrize("named", ["vol-1", "vol-22", "vol", ""])
def test_bootstrap_left_in_the_config_does_not_start_on_another_empty_disk(
    themis: Themis, sentence: Sentence, named: str
) -> None:
    themis.volume = "vol-2"
    said = sentence(themis.start(**bootstrap(named)))
    assert f"is for the volume in signingState.volume, '{named}', and not for this one, vol-2:" in said
    assert "signingState.bootstrap: true and signingState.volume: vol-2." in said
    assert not themis.state.exists()
    assert not themis.key("priv_validator_key.json").exists()


def test_bootstrap_left_true_does_nothing_to_a_state_and_asks_to_be_taken_out(running: Themis) -> None:
    before = running.state.read_text()
    assert "take it out" in running.started(**bootstrap()).stdout
    assert running.state.read_text() == before


def test_a_restart_on_the_same_volume_needs_no_word(running: Themis) -> None:
    before = running.state.read_text()
    running.started()
    assert running.state.read_text() == before


def test_a_lost_state_beside_chain_data_is_never_bootstrapped(running: Themis, sentence: Sentence) -> None:
    running.state.unlink()
    said = sentence(running.start(**bootstrap()))
    assert "has held this validator before" in said
    assert_tells_how_to_resume(said, "vol-1")
    assert not running.state.exists()


def test_a_wiped_data_directory_is_never_bootstrapped(running: Themis, sentence: Sentence) -> None:
    subprocess.run(["rm", "-rf", str(running.home / "data")], check=True)
    assert "has held this validator before" in sentence(running.start(**bootstrap()))
    assert not running.state.exists()


def test_chain_data_without_a_key_is_never_bootstrapped(themis: Themis, sentence: Sentence) -> None:
    (themis.home / "data" / "application.db").mkdir(parents=True)
    assert "has held this validator before" in sentence(themis.start(**bootstrap()))


def test_a_state_reset_to_zero_by_another_tool_is_not_trusted(running: Themis, sentence: Sentence) -> None:
    # `themisd unsafe-reset-all` empties data, our record with it, and writes a state at height 0.
    subprocess.run(["rm", "-rf", str(running.home / "data")], check=True)
    running.state.parent.mkdir()
    running.state.write_text('{"height": "0", "round": "0", "step": 0}')
    assert "a volume nobody recorded" in sentence(running.start(**bootstrap()))


BROKEN = {
    "empty": "",
    "a brace": "{",
    "no number": '{"height": }',
    "nulls, as a file system leaves them": "\0" * 64,
    "an empty object, which themis takes for height 0": "{}",
    "null, which themis takes for height 0": "null",
    "cut in the height": '{"height": "12',
    "cut before its end": signed_state(1000)[:-2],
    "text after its end": signed_state(1000) + "x",
    "a null after its end": signed_state(1000) + "\0",
    "two states": signed_state(1000) * 2,
    "a byte order mark": "\ufeff" + signed_state(1000),
    "a height as a number": '{"height": 7, "round": "0", "step": 0}',
    "a round as a number": '{"height": "7", "round": 0, "step": 0}',
    "a step as text": '{"height": "7", "round": "0", "step": "0"}',
    "a step that no vote has": '{"height": "7", "round": "0", "step": 4}',
    "a height below zero": '{"height": "-7", "round": "0", "step": 0}',
    "no round": '{"height": "7", "step": 0}',
    "signed bytes without their signature, on which themis panics": signed_state(1000).replace("signature", "sig"),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_state_stops_and_is_left_as_it_is_until_a_word_for_this_volume(
    running: Themis, sentence: Sentence, broken: str
) -> None:
    running.state.write_text(broken)
    assert "no readable priv_validator_state.json" in sentence(running.start(**bootstrap()))
    assert running.state.read_text() == broken
    running.started(**resume("vol-1"))
    assert running.height == 5000


@pytest.mark.parametrize("length", range(0, len(signed_state(1000)), 7))
def test_no_beginning_of_a_state_passes_for_a_state(running: Themis, sentence: Sentence, length: int) -> None:
    running.state.write_text(signed_state(1000)[:length])
    assert "no readable priv_validator_state.json" in sentence(running.start())


def test_a_disk_made_from_a_snapshot_stops_and_is_left_as_it_is(running: Themis, sentence: Sentence) -> None:
    before = running.state.read_text()
    running.restored_to("vol-2")
    said = sentence(running.start(**bootstrap()))
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
