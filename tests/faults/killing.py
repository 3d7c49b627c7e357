"""`kill -9` of an `up`'s processes at a moment that a test chooses."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.plugins import standstill
from tests.engine.harness import CHECKOUT, Sandbox

VICTIMS = ("engine", "host", "program", "plugin", "all")
PATIENCE = 300
"""Seconds."""
LOG = "killed.log"
"""In the sandbox's home: what the engine printed."""


@dataclass(frozen=True)
class Moment:
    """Before or after a call of a plugin for one resource, or so many seconds after the start."""

    when: str = ""
    call: str = ""
    urn: str = ""
    seconds: float = 0

    def __str__(self) -> str:
        return f"{self.when} {self.call} of {self.urn.split('::', 2)[-1]}" if self.urn else f"at {self.seconds:.2f} s"


def killed(sandbox: Sandbox, command: Sequence[str], moment: Moment, victim: str) -> bool:
    """Whether the command was still at work at that moment. It has ended, and all that it started."""
    reached = sandbox.home / standstill.REACHED
    named = {standstill.NAMED: f"{moment.when} {moment.call} {moment.urn}"} if moment.urn else {}
    engine = started(sandbox, command, named)
    begun = time.monotonic()
    while engine.poll() is None and not (reached.exists() if moment.urn else time.monotonic() - begun > moment.seconds):
        assert time.monotonic() - begun < PATIENCE, f"not reached: {moment}"
        time.sleep(0.01)
    at_work = engine.poll() is None
    family = kill(engine, victim)
    if victim in ("host", "program"):
        reached.unlink(missing_ok=True)  # the engine lives, and waits for the call
    wait_for_the_end(engine, family)
    reached.unlink(missing_ok=True)
    sandbox.printed += (sandbox.home / LOG).read_text()
    return at_work


def started(sandbox: Sandbox, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """The engine at work, with what a user's has: it writes its state down after each step. Whoever is killed is the
    program or the plugin itself, and not one that waits for it."""
    habits = {"PULUMI_SKIP_CHECKPOINTS": "false", "SANDBOX_LAUNCHER": ""}
    with (sandbox.home / LOG).open("w") as log:
        return subprocess.Popen(
            [CHECKOUT / "sandbox/pulumi", *command, "--non-interactive"],
            cwd=sandbox.cwd,
            env={**os.environ, **sandbox.environment, **habits, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def kill(engine: subprocess.Popen[bytes], victim: str) -> dict[int, str]:
    """Returns the processes that there were, with their command lines."""
    family = processes_of(engine.pid)
    for pid in chosen(victim, engine.pid, family):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return family


def wait_for_the_end(engine: subprocess.Popen[bytes], family: Iterable[int]) -> None:
    begun = time.monotonic()
    engine.wait(PATIENCE)
    for pid in family:
        while alive(pid):
            assert time.monotonic() - begun < PATIENCE, f"process {pid} goes on"
            time.sleep(0.02)


def chosen(victim: str, engine: int, family: Mapping[int, str]) -> list[int]:
    """The engine comes first: whoever goes before it would be reported to it."""
    if victim == "all":
        return [engine, *(pid for pid in family if pid != engine)]
    if victim == "engine":
        return [engine]
    marks = {"host": "language_host.py", "program": "pulumi-language-python-exec", "plugin": "sandbox/plugins/"}
    return [pid for pid, command in family.items() if marks[victim] in command]


def processes_of(pid: int) -> dict[int, str]:
    """It and all that it started, with their command lines."""
    return {one: command_of(one) for one in descendants(pid)}


def descendants(pid: int) -> Iterator[int]:
    yield pid
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in file.read_text().split():
                yield from descendants(int(child))


def command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
