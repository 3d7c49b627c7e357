"""Machines for the tests of what runs on them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.boot.harness import AWS, BOOTS, WITH_SBIN, Boot, Machine


@pytest.fixture(params=list(BOOTS))
def boot(request: pytest.FixtureRequest) -> Boot:
    return BOOTS[request.param]


@pytest.fixture(scope="session")
def as_root() -> None:
    """Loop devices and network namespaces are root's, and in a container only if it was given them."""
    for what, probe in (("loop devices", "losetup --find"), ("network namespaces", "unshare --net true")):
        found = subprocess.run(["sh", "-c", probe], env=WITH_SBIN, capture_output=True, text=True, check=False)
        if os.geteuid() != 0 or found.returncode != 0:
            reason = found.stderr.strip() or "not as root"
            pytest.fail(f"this test needs root and {what}, in a container --privileged ({reason})", pytrace=False)


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., Machine]:
    """Makes a machine, on AWS unless told."""

    def make(boot: Boot = AWS, **settings: str) -> Machine:
        made = Machine(tmp_path, boot, **settings)
        made.program("sleep", f"n=$(grep -c ^sleep {made.calls}); [ $n -lt ${{MOST:-40}} ] || kill -9 $PPID")
        return made

    return make
