"""A program in the sandbox behaves as under Pulumi's own language host, and leaves nothing behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.engine.conftest import MakeProject
from tests.engine.harness import CHECKOUT, STACK, Project

pytestmark = pytest.mark.usefixtures("cold")

HANGS = """
    import pathlib, time
    pathlib.Path("started").touch()
    time.sleep(600)
"""


def start(project: Project, *arguments: str) -> subprocess.Popen[bytes]:
    """Runs until the program itself does."""
    process = subprocess.Popen(
        [CHECKOUT / "sandbox/pulumi", *arguments, "--stack", STACK, "--non-interactive"],
        cwd=project.cwd,
        env={**os.environ, **project.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Tests that a shell runs in the background inherit that interrupts are ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_for((project.cwd / "started").exists, 30)
    return process


def wait_for(condition: object, seconds: float) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not after {seconds} s: {condition}"
        time.sleep(0.05)


def processes(home: Path) -> list[str]:
    """Command lines of what still runs for this sandbox."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if f"SANDBOX_HOME={home}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # not a process, not ours to read, or gone meanwhile
    return found


def locks(home: Path) -> list[Path]:
    return list(home.glob("state/.pulumi/locks/**/*.json"))


def test_an_exception_shows_the_users_own_frames_and_fails(project: MakeProject) -> None:
    said = project(
        """
        def careless():
            raise ValueError("not today")

        careless()
        """
    ).fails("preview", "--stack", STACK)
    assert "ValueError: not today" in said
    assert "in careless" in said
    assert "pulumi/runtime" not in said
    assert "pulumi-language-python-exec" not in said


def test_an_exit_code_of_the_program_is_reported(project: MakeProject) -> None:
    said = project("import sys; sys.exit(3)").fails("preview", "--stack", STACK)
    assert "Program exited with non-zero exit code: 3" in said


def test_what_a_program_prints_reaches_the_console(project: MakeProject) -> None:
    assert "here is the program" in project('print("here is the program")').ok("preview", "--stack", STACK)


def test_a_program_runs_beside_its_files_and_sees_its_configuration(project: MakeProject) -> None:
    probe = project(
        """
        import pathlib, pulumi
        pulumi.export("cwd", str(pathlib.Path.cwd()))
        pulumi.export("region", pulumi.Config("aws").require("region"))
        """
    )
    probe.up(STACK)
    assert probe.outputs(STACK) == {"cwd": str(probe.cwd), "region": "eu-central-1"}


def test_an_interrupt_stops_at_once_and_leaves_no_lock(project: MakeProject) -> None:
    probe = project(HANGS)
    process = start(probe, "up", "--yes", "--skip-preview")
    assert locks(probe.home)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) != 0
    assert time.monotonic() - began < 4  # the engine's own patience with a host that does not answer is five seconds
    assert locks(probe.home) == []


def test_a_killed_engine_leaves_no_process_of_ours(project: MakeProject, tmp_path: Path) -> None:
    probe = project(HANGS)
    probe.home = tmp_path / "home"  # its own, so that the processes found are its own
    probe.environment["SANDBOX_HOME"] = str(probe.home)
    process = start(probe, "up", "--yes", "--skip-preview")
    assert len(processes(probe.home)) >= 3  # the engine, the host, the program
    process.kill()
    process.wait()
    wait_for(lambda: not processes(probe.home), 10)
