"""The short waits that stand in the templates, run for real by sh."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.charts.harness import Stubs
from tests.charts.metis import Release


def start(container: dict[str, Any], stubs: Stubs) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*container["command"], *container["args"]],
        env={"PATH": f"{stubs.directory}:/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_bridge_waits_for_themis_and_then_is_bridge_itself(release: Release, stubs: Stubs, tmp_path: Path) -> None:
    stubs.add("curl", f"[ -e {tmp_path}/answers ] || {{ touch {tmp_path}/answers; exit 7; }}\n")
    stubs.add("sleep", "exit 0\n")
    stubs.add("themisd", 'echo "$$ $*"\n')
    process = start(release.containers()["themis/bridge"], stubs)
    out, _ = process.communicate(timeout=30)
    waiting, started = out.splitlines()
    assert waiting == "waiting for themis to answer"
    # The same process, so that it is bridge that is told to stop.
    assert started.startswith(f"{process.pid} --home=/var/lib/themis bridge start --all --node=tcp://127.0.0.1:26657")


def test_bridge_stops_at_once_while_it_waits(release: Release, stubs: Stubs) -> None:
    stubs.add("curl", "exit 7\n")
    process = start(release.containers()["themis/bridge"], stubs)
    assert process.stdout is not None
    process.stdout.readline()
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    assert time.monotonic() - asked < 2


def test_l2geth_waits_until_l1dtl_reaches_l1(release: Release, stubs: Stubs, tmp_path: Path) -> None:
    container = release.containers()["l2geth/wait-for-l1dtl"]
    stubs.add(
        "curl",
        f'echo "$*" >>{tmp_path}/asked; [ -e {tmp_path}/answers ] || {{ touch {tmp_path}/answers; exit 22; }}\n',
    )
    stubs.add("sleep", "exit 0\n")
    process = start(container, stubs)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out == "waiting for l1dtl to reach L1\n"
    asked = (tmp_path / "asked").read_text().splitlines()
    assert len(asked) == 2
    assert asked[0].endswith(" http://metis-l1dtl.metis.svc:7878/eth/context/latest")
