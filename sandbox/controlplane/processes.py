"""Processes that outlive the command that started them, and are ended by it or by another: by their own ids only."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process by id and start time: another one that was later given the same id is not taken for it."""

    name: str
    pid: int
    started: str

    @property
    def alive(self) -> bool:
        return start_time(self.pid) == self.started

    def end(self) -> None:
        if self.alive:
            # Nothing here is worth a farewell: a control plane's state is thrown away with it.
            os.kill(self.pid, signal.SIGKILL)


def spawn(name: str, executable: Path, command: Sequence[str], log: Path) -> Process:
    """`command` begins with what the program is to be called."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            executable=executable,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # so that no Ctrl-C in the terminal reaches it
            cwd="/",
        )
    return Process(name, child.pid, start_time(child.pid))


def end_all(processes: Sequence[Process]) -> None:
    """Ends them all, but not the caller, and returns when they are gone."""
    others = [process for process in processes if process.pid != os.getpid()]
    for process in others:
        process.end()
    while any(process.alive for process in others):
        time.sleep(0.005)


def start_time(pid: int) -> str:
    """When the process started, as text to compare; empty when there is none, or only what waits to be reaped."""
    if Path("/proc/self/stat").exists():
        try:
            state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        # Ticks since the machine booted, so the boot belongs to it.
        return "" if state in "ZX" else f"{rest[18]} {Path('/proc/sys/kernel/random/boot_id').read_text().strip()}"
    asked = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True).stdout
    state, _, started = asked.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()


def resident_mib(pid: int) -> int:
    """Memory of a process, without the pages that several share counted in full, in MiB."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("Pss:"))) // 1024
