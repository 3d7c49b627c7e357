"""Prometheus's own rule tester, built once from tests/tools/go.mod into the user's cache."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parent / "tools"


def promtool() -> Path:
    """Where it is, once it is built."""
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
            _build(go, binary)
    return binary


def _build(go: str, binary: Path) -> None:
    unfinished = binary.with_suffix(".unfinished")
    # Service discovery is most of Prometheus's code, and a rule tester has no use for it.
    build = [go, "build", "-trimpath", "-tags", "remove_all_sd", "-ldflags", "-s -w", "-o", str(unfinished)]
    command = [*build, "github.com/prometheus/prometheus/cmd/promtool"]
    built = subprocess.run(command, cwd=TOOLS, capture_output=True, text=True, check=False)
    if built.returncode:
        pytest.fail(f"promtool could not be built in tests/tools: {built.stderr}")
    unfinished.rename(binary)
