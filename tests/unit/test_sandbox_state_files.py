"""What a killed engine leaves of its state, as the sandbox's next call finds it."""

from pathlib import Path

import pytest

from sandbox.state_files import mend


@pytest.fixture
def state(tmp_path: Path) -> Path:
    state = tmp_path / ".pulumi/stacks/nodeyard/dev.json"
    state.parent.mkdir(parents=True)
    state.write_text("now")
    state.with_name("dev.json.bak").write_text("before")
    state.with_name("dev.json.attrs").write_text("{}")
    return state


def test_what_is_whole_stays_as_it_is(state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mend(tmp_path)
    assert sorted(file.read_text() for file in state.parent.iterdir()) == ["before", "now", "{}"]
    assert capsys.readouterr().err == ""


def test_empty_attributes_are_removed_and_the_state_stays(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attributes = state.with_name("dev.json.attrs")
    attributes.write_text("")
    mend(tmp_path)
    assert not attributes.exists()
    assert state.read_text() == "now"
    assert str(attributes) in capsys.readouterr().err


def test_an_empty_state_is_had_back_from_the_engines_backup(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state.write_text("")
    mend(tmp_path)
    assert state.read_text() == "before"
    assert "one step older" in capsys.readouterr().err


def test_an_empty_state_without_a_backup_is_left_to_pulumi(state: Path, tmp_path: Path) -> None:
    state.write_text("")
    state.with_name("dev.json.bak").unlink()
    mend(tmp_path)
    assert state.read_text() == ""
