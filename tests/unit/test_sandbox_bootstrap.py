"""What the sandbox runs on is found on PATH when it is new enough, and made once whoever asks."""

import threading
from pathlib import Path

import pytest

from sandbox import bootstrap


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bootstrap, "CACHE", tmp_path / "cache")
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def put(directory: Path, tool: str, version: str) -> Path:
    file = directory / tool
    file.write_text(f"#!/bin/sh\necho {version}\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("version", "used"), [("v3.274.1", True), ("v3.999.0", True), ("v3.249.9", False), ("v4.0.0", False)]
)
def test_a_tool_on_path_is_used_when_it_is_new_enough(on_path: Path, version: str, used: bool) -> None:
    tool = put(on_path, "pulumi", version)
    assert bootstrap.on_path("pulumi") == (tool if used else None)


def test_a_tool_that_changed_is_asked_again(on_path: Path) -> None:
    put(on_path, "pulumi", "v3.274.1")
    assert bootstrap.on_path("pulumi")
    put(on_path, "pulumi", "v3.1.0")
    assert bootstrap.on_path("pulumi") is None


def test_the_official_language_host_is_used_when_it_lies_beside_the_engine(on_path: Path) -> None:
    engine, host = put(on_path, "pulumi", "v3.274.1"), put(on_path, "pulumi-language-python", "")
    assert bootstrap.language_host(engine) == host


def test_two_callers_make_a_thing_once(cache: Path) -> None:
    target, made = cache / "thing", []

    def make() -> None:
        with bootstrap.once(target) as needed:
            if needed:
                made.append(1)
                target.touch()

    callers = [threading.Thread(target=make) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert made == [1]


def test_the_pins_are_those_of_the_go_module() -> None:
    assert bootstrap.pinned_version("pulumi") == "v3.274.1"
    assert bootstrap.pinned_version("helm") == "v3.21.4"
