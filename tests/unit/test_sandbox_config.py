"""The copy of a stack file follows its source and keeps what was set in it."""

from pathlib import Path

import pytest
import yaml

from sandbox.stack_config import StackConfig
from sandbox.yaml_file import Unreadable, parsed, text_of

SOURCE = """
encryptionsalt: v1:of-the-owner
config:
  p:stack:
    size: 1
    keys: [{secure: v1:aa}]
  p:name: theirs
"""


@pytest.fixture
def config(tmp_path: Path) -> StackConfig:
    (tmp_path / "source.yaml").write_text(SOURCE)
    config = StackConfig(tmp_path / "source.yaml", tmp_path / "copy/Pulumi.dev.yaml")
    config.copy()
    return config


def read(config: StackConfig) -> dict:
    found: dict = yaml.safe_load(config.target.read_text())
    return found


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_owners_encryption_is_left_behind(config: StackConfig) -> None:
    assert read(config) == {"config": {"p:stack": {"size": 1}, "p:name": "theirs"}}


def test_what_was_left_out_is_told_by_its_path(config: StackConfig, capsys: pytest.CaptureFixture[str]) -> None:
    change(config.source, "size: 1", "size: 2")
    config.copy()
    assert "source.yaml: only its owner can decrypt p:stack.keys[0]: left out" in capsys.readouterr().err


def test_what_was_set_where_something_was_left_out_stays(config: StackConfig) -> None:
    change(config.target, "size: 1", "size: 1\n    keys: [mine]")
    change(config.source, "size: 1", "size: 2")
    config.copy()
    assert read(config)["config"]["p:stack"] == {"size": 2, "keys": ["mine"]}


def test_an_unchanged_source_leaves_the_copy_alone(config: StackConfig) -> None:
    config.target.write_text("encryptionsalt: ours\n")
    config.copy()
    assert read(config) == {"encryptionsalt": "ours"}


def test_a_changed_source_keeps_the_copys_own_salt_and_settings(config: StackConfig) -> None:
    change(config.target, "theirs", "mine")
    config.target.write_text("encryptionsalt: ours\n" + config.target.read_text())
    change(config.source, "size: 1", "size: 2\n    more: true")
    config.copy()
    assert read(config)["encryptionsalt"] == "ours"
    assert read(config)["config"]["p:name"] == "mine"
    assert read(config)["config"]["p:stack"]["size"] == 2
    assert read(config)["config"]["p:stack"]["more"] is True


def test_what_the_source_drops_is_dropped(config: StackConfig) -> None:
    change(config.source, "  p:name: theirs\n", "")
    config.copy()
    assert "p:name" not in read(config)["config"]


@pytest.mark.parametrize("scalar", ["y", "'y'", "off", "1:30", "0o14", "012", '"012"', "2026-01-01", "1e3", "~", "a b"])
def test_a_scalar_keeps_its_text_and_whether_it_was_quoted(scalar: str) -> None:
    copied = text_of(parsed(f"a: {scalar}\n", Path("a.yaml"))).removeprefix("a: ").strip()
    assert copied == scalar.replace("'", '"')


def test_what_is_merged_into_a_mapping_still_is(config: StackConfig) -> None:
    change(config.source, "  p:name: theirs\n", "  p:base: &base {a: 1}\n  p:more: {<<: *base, b: 2}\n")
    config.copy()
    assert read(config)["config"]["p:more"] == {"a": 1, "b": 2}


def test_quotes_that_pulumi_adds_are_no_setting_of_the_copys_own(config: StackConfig) -> None:
    change(config.target, "theirs", '"theirs"')
    change(config.source, "theirs", "newer")
    config.copy()
    assert read(config)["config"]["p:name"] == "newer"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [1\nb: 2\n", "a.yaml:2:2: did not find expected ',' or ']'"),
        ("a: 1\nb: {c: 1,\n  c: 2}\na: 2\n", "a.yaml:3: the key 'c' is already there in line 2"),
        ("a: 1\nb: {c: 1,\n  c: 2}\na: 2\n", "a.yaml:4: the key 'a' is already there in line 1"),
        ("? [x]\n: 1\n", "a.yaml:1: a key must be a text"),
        ("- a\n", "a.yaml:1: keys and values are needed here"),
        ("a: \x01\n", "a.yaml: unacceptable character #x0001"),
    ],
)
def test_what_is_no_stack_file_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parsed(text, Path("a.yaml"))
    assert any(line.startswith(reason) for line in str(refused.value).splitlines())


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "~\n"])
def test_an_empty_stack_file_is_one(text: str) -> None:
    assert parsed(text, Path("a.yaml")) == {}


def test_a_range_for_documentation_gets_a_stand_in_and_that_is_told(
    config: StackConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    change(config.source, "size: 1", "cidrs: [203.0.113.0/24, 8.8.8.0/24]")
    config.copy()
    assert read(config)["config"]["p:stack"] == {"cidrs": ["192.31.196.0/24", "8.8.8.0/24"]}
    assert "source.yaml: p:stack.cidrs[0] is to be replaced before a real" in capsys.readouterr().err


def test_a_range_for_documentation_that_somebody_sets_in_the_copy_stays(config: StackConfig) -> None:
    change(config.target, "size: 1", "size: 1\n    cidrs: [203.0.113.0/24]")
    change(config.source, "size: 1", "size: 2")
    config.copy()
    assert read(config)["config"]["p:stack"]["cidrs"] == ["203.0.113.0/24"]
