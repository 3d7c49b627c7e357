"""The copy of a stack file follows its source and keeps what was set in it."""

from pathlib import Path

import pytest
import yaml

from sandbox.stack_config import StackConfig, leaves, without_encryption

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
    assert read(config) == {
        "config": {"p:stack": {"size": 1, "keys": ["sandbox dummy for p:stack.keys[0]"]}, "p:name": "theirs"}
    }


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


def test_paths_are_spelt_as_pulumi_config_spells_them() -> None:
    assert dict(leaves(without_encryption(SOURCE)["config"])) == {
        "p:stack.size": 1,
        "p:stack.keys[0]": "sandbox dummy for p:stack.keys[0]",
        "p:name": "theirs",
    }
