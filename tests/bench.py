"""Measures metis-mainnet in the sandbox: `make bench`.

Wall and CPU seconds of the whole process tree, and the peak memory of its largest process, as the operating system
accounts them. One run each; the machine's own noise is part of the figures, so compare rows of one run only.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STACK, PLATFORM = "metis-mainnet", "platform-aws"


@dataclass(frozen=True)
class Measured:
    wall: float
    cpu: float
    peak_mib: float


def measure(home: Path, *arguments: str) -> Measured:
    """Runs ./sandbox/pulumi with its output thrown away; a failure ends the bench."""
    began = time.monotonic()
    process = subprocess.Popen(
        [ROOT / "sandbox/pulumi", *arguments],
        cwd=ROOT,
        env={**os.environ, "SANDBOX_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"pulumi {' '.join(arguments)} failed")
    return Measured(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def resources(home: Path, stack: str) -> int:
    exported = subprocess.run(
        [ROOT / "sandbox/pulumi", "stack", "export", "-s", stack],
        cwd=ROOT,
        env={**os.environ, "SANDBOX_HOME": str(home)},
        capture_output=True,
        check=True,
    )
    return len(json.loads(exported.stdout)["deployment"]["resources"])


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        rows = [(f"{PLATFORM}: up", measure(home, "up", "-s", PLATFORM, "--yes", "--skip-preview"))]
        preview = ("preview", "-s", STACK)
        rows.append((f"{STACK}: preview, nothing there", measure(home, *preview)))
        rows.append((f"{STACK}: up", measure(home, "up", "-s", STACK, "--yes", "--skip-preview")))
        rows.append((f"{STACK}: preview, no change", measure(home, *preview)))
        rows.append((f"{STACK}: up, no change", measure(home, "up", "-s", STACK, "--yes", "--skip-preview")))
        rows.append(("for comparison, pulumi version", measure(home, "version")))
        counts = {stack: resources(home, stack) for stack in (PLATFORM, STACK)}
    print("resources in the state:", ", ".join(f"{stack} {count}" for stack, count in counts.items()))
    print(f"{'':38}{'wall s':>8}{'CPU s':>8}{'peak MiB':>10}")
    for label, measured in rows:
        print(f"{label:38}{measured.wall:8.1f}{measured.cpu:8.1f}{measured.peak_mib:10.0f}")


if __name__ == "__main__":
    main()
