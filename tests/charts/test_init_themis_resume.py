"""files/init-themis.sh: a height that the operator gives, and how it is taken back."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.charts.themis_home import Result, Themis, assert_tells_how_to_resume, bootstrap, resume

Sentence = Callable[[Result], str]


def test_a_height_and_a_word_resume_on_the_volume_they_name_and_keep_the_old_state(running: Themis) -> None:
    before = running.state.read_text()
    running.restored_to("vol-2")
    assert "from this height on: 5000, on volume vol-2" in running.started(**resume("vol-2")).stdout
    assert json.loads(running.state.read_text()) == {"height": "5000", "round": "0", "step": 0}
    assert running.record.read_text() == "vol-2\nsigned 1000\nresumed-at 5000\n"
    (backup,) = running.copies
    assert backup.read_text() == before


@pytest.mark.parametrize("missing", ["RESUME_AT_HEIGHT", "VOUCHED_VOLUME", "KEY_RAN_NOWHERE_ELSE"])
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
@pytest.mark.parametrize("more", [{}, {"BOOTSTRAP": "true"}])
def test_a_height_left_in_config_does_not_resume_on_a_new_empty_disk(
    themis: Themis, sentence: Sentence, named: str, more: dict[str, str]
) -> None:
    themis.volume = "vol-2"
    assert_refused_for_another_volume(sentence(themis.start(**resume(named), **more)), named, "vol-2")
    assert not themis.state.exists()
    assert not themis.record.exists()
    assert not themis.key("priv_validator_key.json").exists()
    themis.started(**resume("vol-2", 9000))
    assert themis.height == 9000


def test_a_height_left_in_config_does_not_resume_an_older_snapshot(running: Themis, sentence: Sentence) -> None:
    before = running.state.read_text()  # the snapshot is taken here: nothing in it knows of height 5000
    running.restored_to("vol-3")
    assert_refused_for_another_volume(sentence(running.start(**resume("vol-2"))), "vol-2", "vol-3")
    assert running.state.read_text() == before
    assert not running.copies


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
    assert len(running.copies) == 1


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
    assert themis.record.read_text() == "vol-1\nsigned 0\nresumed-at 5000\n"


def test_a_height_goes_before_a_bootstrap_left_true(themis: Themis) -> None:
    themis.started(**bootstrap() | resume("vol-1"))
    assert themis.height == 5000


def test_a_height_alone_does_not_bootstrap(themis: Themis, sentence: Sentence) -> None:
    said = sentence(themis.start(**bootstrap("vol-1"), RESUME_AT_HEIGHT="5000"))
    assert "without signingState.keyRanNowhereElse: true" in said
    assert_tells_how_to_resume(said, "vol-1")
    assert not themis.state.exists()


@pytest.mark.parametrize("height", ["9223372036854775808", "10000000000", "0x10", "-5", "1e3", "007"])
def test_what_is_no_height_of_a_chain_is_refused_before_anything_is_written(
    running: Themis, sentence: Sentence, height: str
) -> None:
    running.restored_to("vol-2")
    said = sentence(running.start(**resume("vol-2") | {"RESUME_AT_HEIGHT": height}))
    assert f"signingState.resumeAtHeight {height} is no height" in said
    assert running.height == 1000


# --- a height that was typed wrong ----------------------------------------------------------------------------------


@pytest.fixture
def too_high(running: Themis) -> Themis:
    """Signed up to 1000 on vol-1, and resumed on vol-2 at a height that the chain will not see for years."""
    running.restored_to("vol-2")
    running.started(**resume("vol-2", 90_000_000))
    return running


def test_a_height_that_nothing_was_signed_at_is_replaced_by_the_next_word(too_high: Themis) -> None:
    said = too_high.started(**resume("vol-2")).stdout
    assert "from this height on: 5000, on volume vol-2" in said
    assert too_high.height == 5000
    assert too_high.record.read_text() == "vol-2\nsigned 1000\nresumed-at 5000\n"
    too_high.started(**resume("vol-2", 6000))
    assert too_high.height == 6000


@pytest.mark.parametrize("height", [999, 1000])
def test_it_is_not_replaced_by_one_that_was_signed_before(too_high: Themis, sentence: Sentence, height: int) -> None:
    said = sentence(too_high.start(**resume("vol-2", height)))
    assert f"{height} is not above height 1000" in said
    assert_tells_how_to_resume(said, "vol-2")
    assert too_high.height == 90_000_000


def test_what_was_signed_before_is_known_after_two_resumes(too_high: Themis, sentence: Sentence) -> None:
    too_high.started(**resume("vol-2"))
    too_high.state.unlink()  # lost while it may have been signed at 5000 and above
    too_high.started(**resume("vol-2", 80_000_000))
    assert "5000 is not above height 5000" in sentence(too_high.start(**resume("vol-2", 5000)))
    too_high.started(**resume("vol-2", 5001))
    assert too_high.height == 5001


def test_a_wrong_height_on_an_empty_disk_is_replaced_too(themis: Themis) -> None:
    themis.started(**resume("vol-1", 90_000_000))
    themis.started(**resume("vol-1", 7))
    assert themis.height == 7


def test_a_bootstrap_of_a_key_that_had_run_is_put_right_while_nothing_was_signed(themis: Themis) -> None:
    themis.started(**bootstrap())
    themis.started(**resume("vol-1"))
    assert themis.height == 5000


def test_once_signed_at_a_height_is_not_replaced_and_what_does_nothing_says_so(running: Themis) -> None:
    running.restored_to("vol-2")
    running.started(**resume("vol-2"))
    signed = running.sign(6000)
    for height in (4000, 7000):
        said = running.started(**resume("vol-2", height)).stdout
        assert (
            f"resumeAtHeight {height} does nothing here: volume vol-2 holds its own signing state, at height 6000"
            in said
        )
        assert running.state.read_text() == signed


@pytest.mark.parametrize("words", [resume("vol-1"), {"RESUME_AT_HEIGHT": "5000", "VOUCHED_VOLUME": "vol-2"}])
def test_a_wrong_height_is_not_replaced_without_the_word_for_this_very_volume(
    too_high: Themis, words: dict[str, str]
) -> None:
    assert "does nothing here" in too_high.started(**words).stdout
    assert too_high.height == 90_000_000


def test_the_same_height_again_says_that_it_was_written(too_high: Themis) -> None:
    assert "was written, and nothing was signed at it yet" in too_high.started(**resume("vol-2", 90_000_000)).stdout
    assert len(too_high.copies) == 1
