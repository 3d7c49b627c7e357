"""Fixtures of the tests of the charts."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.charts.harness import REPO, Release, Stubs, rendered

TOOLS = REPO / "tests" / "tools"


@pytest.fixture(scope="session")
def release() -> Release:
    return rendered()


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Prometheus's own rule tester, built once from tests/tools/go.mod into the user's cache."""
    go = shutil.which("go")
    if not go:
        pytest.fail("Go is missing: install it (https://go.dev/dl) so that promtool can be built.")
    version = subprocess.run([go, "env", "GOVERSION"], cwd=TOOLS, capture_output=True, text=True, check=True).stdout
    key = hashlib.sha256((TOOLS / "go.sum").read_bytes() + version.encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nodeyard"
    binary = cache / f"promtool-{key}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "promtool.lock").open("w") as lock:  # several workers may want it at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            unfinished = binary.with_suffix(".unfinished")
            # Service discovery is most of Prometheus's code, and a rule tester has no use for it.
            build = [go, "build", "-trimpath", "-tags", "remove_all_sd", "-ldflags", "-s -w", "-o", unfinished]
            built = subprocess.run(
                [*build, "github.com/prometheus/prometheus/cmd/promtool"],
                cwd=TOOLS,
                capture_output=True,
                text=True,
                check=False,
            )
            if built.returncode:
                pytest.fail(f"promtool could not be built in tests/tools: {built.stderr}")
            unfinished.rename(binary)
    return binary


@pytest.fixture
def stubs(tmp_path: Path) -> Stubs:
    directory = tmp_path / "bin"
    directory.mkdir()
    return Stubs(directory)


@pytest.fixture
def sentence() -> Callable[[subprocess.CompletedProcess[str]], str]:
    """The one sentence that a script stopped with."""

    def read(result: subprocess.CompletedProcess[str]) -> str:
        assert result.returncode == 1, result
        lines = result.stderr.strip().splitlines()
        assert len(lines) == 1, lines
        assert lines[0].endswith("."), lines
        return lines[0]

    return read
