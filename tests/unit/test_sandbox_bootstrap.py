"""What the sandbox runs on is found on PATH when it is new enough, and made once whoever asks."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sandbox import bootstrap, progress


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


#: Builds a Helm that prints its name, in the time that $SECONDS says, and notes what it found in its cache.
GO = """#!/bin/sh
while [ "$1" != -o ]; do shift; done
echo "begin $(ls "$GOCACHE" | tr '\\n' ' ')" >> "$LOG"
touch "$GOCACHE/object"
sleep "$SECONDS"
[ ! -e "$FAILS" ] || { echo "$FAILS" >&2; exit 1; }
echo "end" >> "$LOG"
printf '#!/bin/sh\\necho built\\n' > "$2"
chmod +x "$2"
"""


@pytest.fixture
def go(on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Go of the test's own; the file that it notes in. It fails while the file `fails` is there."""
    (on_path / "go").write_text(GO)
    (on_path / "go").chmod(0o755)
    for name, value in {"LOG": tmp_path / "log", "FAILS": tmp_path / "fails", "SECONDS": 0}.items():
        monkeypatch.setenv(name, str(value))
    bootstrap.announce_all.cache_clear()
    return tmp_path / "log"


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


def test_an_environment_is_made_anew_when_a_file_that_its_own_includes_changes(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[object, ...]] = []

    def run(*command: str | Path) -> None:
        ran.append(command)
        if command[1:3] == ("-m", "venv"):
            Path(command[3]).mkdir()

    monkeypatch.setattr(bootstrap, "run", run)
    (tmp_path / "all.txt").write_text("-r inner/some.txt\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/some.txt").write_text("a==1\n")

    def made() -> Path:
        return bootstrap.virtual_environment(tmp_path / "all.txt", "developer").parent.parent

    first = made()
    assert first == made()
    assert first.name.startswith("developer-")
    assert len(ran) == 2, "a venv, and what goes into it, once"
    (tmp_path / "inner/some.txt").write_text("a==2\n")
    assert made() != first


def test_the_pins_are_those_of_the_go_module() -> None:
    assert bootstrap.pinned_version("pulumi") == "v3.274.1"
    assert bootstrap.pinned_version("helm") == "v3.21.4"


def names(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir())


def test_a_first_call_says_what_it_keeps_before_it_builds_and_lives_while_it_does(
    go: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SECONDS", "0.5")
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.1)
    bootstrap.built("helm")
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = printed.err.splitlines()
    started = lines.index("sandbox: building helm v3.21.4 from its Go module (about 1 to 2 minutes on two cores)")
    assert any(f"it is kept in {cache}: about " in line and " GB" in line for line in lines[:started])
    assert any(f"rm -rf {cache}; go clean -modcache; pip cache purge" in line for line in lines[:started])
    alive = "sandbox: building helm v3.21.4 from its Go module: 0 s of about 1 to 2 minutes on two cores"
    assert lines[started + 1 : -1].count(alive) >= 2
    assert lines[-1].startswith("sandbox: building helm v3.21.4 from its Go module: done after ")


def test_a_terminal_gets_one_line_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.progress("building", "about a minute"):
        time.sleep(1.3)
    assert isinstance(sys.stderr, Terminal)
    first, counting, last = sys.stderr.getvalue().replace("\r\x1b[K", "\n", 1).split("\n", 2)
    assert first == "sandbox: building (about a minute)"
    assert counting == ""
    assert last.split("\r\x1b[K") == ["sandbox: building: 1 s of about a minute", "sandbox: building: done after 1 s\n"]


def test_a_warm_call_says_nothing(go: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bootstrap.built("helm")
    capsys.readouterr()
    bootstrap.built("helm")
    assert capsys.readouterr() == ("", "")


def test_a_build_that_was_cut_off_goes_on_and_leaves_only_binaries(go: Path, tmp_path: Path, cache: Path) -> None:
    (tmp_path / "fails").touch()
    with pytest.raises(subprocess.CalledProcessError):
        bootstrap.built("helm")
    (tmp_path / "fails").unlink()
    bootstrap.built("helm")
    assert go.read_text().splitlines() == ["begin tmp ", "begin object tmp ", "end"]
    engine = bootstrap.engine_directory()
    assert names(engine) == ["go-build", "helm"]  # Pulumi is still to be built, of much the same
    bootstrap.built("pulumi")
    assert names(engine) == ["helm", "pulumi"]


def test_the_next_call_waits_for_what_a_killed_one_left_running(
    go: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SECONDS", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parent))
    monkeypatch.setattr(bootstrap, "CACHE", cache.parent / "nodeyard")
    first = subprocess.Popen([sys.executable, bootstrap.__file__, "helm"], stderr=subprocess.DEVNULL)
    while not go.exists():
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    first.wait()
    bootstrap.built("helm")
    assert [line.split()[0] for line in go.read_text().splitlines()] == ["begin", "end", "begin", "end"]
    assert "waiting for another call, which is setting up the sandbox" in capsys.readouterr().err


def test_a_failed_build_ends_with_what_the_compiler_said(go: Path, tmp_path: Path) -> None:
    (tmp_path / "fails").touch()
    command = [sys.executable, bootstrap.__file__, "helm"]
    failed = subprocess.run(
        command, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert failed.returncode == 1
    assert "sandbox: set-up failed (exit 1): go build" in failed.stderr
    assert failed.stderr.splitlines()[-1] == str(tmp_path / "fails")


def test_what_another_version_of_the_sandbox_left_is_named(
    go: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (cache / "engine-old").mkdir()
    bootstrap.built("helm")
    assert f"of another version of the sandbox, and made again if that is used: rm -rf {cache}/engine-old" in (
        capsys.readouterr().err
    )
