"""Measures Metis in the sandbox, on each cloud: `make bench`.

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
#: The same component on every cloud.
CLOUDS = {
    "platform-aws": "metis-sepolia",
    "platform-azure": "metis-sepolia-azure",
    "platform-gcp": "metis-sepolia-gcp",
}
UP = ("--yes", "--skip-preview")


@dataclass(frozen=True)
class Measured:
    wall: float
    cpu: float
    peak_mib: float


Row = tuple[str, Measured]


def measure(home: Path, *arguments: str, command: str = "pulumi") -> Measured:
    """Runs ./sandbox/<command> with its output thrown away; a failure ends the bench."""
    measured = tried(home, *arguments, command=command)
    return measured or sys.exit(f"{command} {' '.join(arguments)} failed")


def tried(home: Path, *arguments: str, command: str = "pulumi", root: Path = ROOT) -> Measured | None:
    """The same, in the checkout `root`; None for a failure."""
    began = time.monotonic()
    process = subprocess.Popen(
        [root / "sandbox" / command, *arguments],
        cwd=root,
        env={**os.environ, "SANDBOX_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        return None
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


def without_cluster() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        rows = [(f"{PLATFORM}: up", measure(home, "up", "-s", PLATFORM, *UP))]
        preview = ("preview", "-s", STACK)
        rows.append((f"{STACK}: preview, nothing there", measure(home, *preview)))
        rows.append((f"{STACK}: up", measure(home, "up", "-s", STACK, *UP)))
        rows.append((f"{STACK}: preview, no change", measure(home, *preview)))
        rows.append((f"{STACK}: up, no change", measure(home, "up", "-s", STACK, *UP)))
        rows.append(("for comparison, pulumi version", measure(home, "version")))
        counts = {stack: resources(home, stack) for stack in (PLATFORM, STACK)}
        print("resources in the state:", ", ".join(f"{stack} {count}" for stack, count in counts.items()))
        return rows


def on_each_cloud() -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        home, rows = Path(directory), []
        for platform, stack in CLOUDS.items():
            rows.append((f"{platform}: up", measure(home, "up", "-s", platform, *UP)))
            rows.append((f"{stack}: up", measure(home, "up", "-s", stack, *UP)))
            rows.append((f"{stack}: preview, no change", measure(home, "preview", "-s", stack)))
        counts = {stack: resources(home, stack) for both in CLOUDS.items() for stack in both}
        print("resources in the state:", ", ".join(f"{stack} {count}" for stack, count in counts.items()))
        return rows


def with_cluster() -> list[Row]:
    """The same on a real API server. `cluster start` comes before the first cluster, and again on the whole world."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        measure(home, "start", command="cluster")
        try:
            rows = [(f"{PLATFORM}: up, with a control plane", measure(home, "up", "-s", PLATFORM, *UP))]
            rows.append((f"{STACK}: up, with a control plane", measure(home, "up", "-s", STACK, *UP)))
            rows.append((f"{STACK}: preview, no change, so too", measure(home, "preview", "-s", STACK)))
            print(status(home))
            measure(home, "stop", command="cluster")
            rows.append(("cluster start, the whole world", measure(home, "start", command="cluster")))
        finally:
            measure(home, "stop", command="cluster")
        return rows


def status(home: Path) -> str:
    environment = {**os.environ, "SANDBOX_HOME": str(home)}
    asked = subprocess.run([ROOT / "sandbox/cluster", "status"], env=environment, capture_output=True, check=True)
    return asked.stdout.decode().strip()


def main() -> None:
    rows = [*without_cluster(), *on_each_cloud(), *with_cluster()]
    print(f"{'':44}{'wall s':>8}{'CPU s':>8}{'peak MiB':>10}")
    for label, measured in rows:
        print(f"{label:44}{measured.wall:8.1f}{measured.cpu:8.1f}{measured.peak_mib:10.0f}")


if __name__ == "__main__":
    main()
