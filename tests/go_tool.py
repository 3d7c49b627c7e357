"""Programs of Go that tests judge by, built once from a module in tests/ that pins them, and kept in the cache."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox import bootstrap
from sandbox.progress import progress


def go_tool(name: str, module: Path, package: str, *flags: str, usual: str) -> Path:
    """The program `name` of a package. Where it is not there yet, the build takes as long as `usual` says."""
    go = shutil.which("go")
    if not go:
        pytest.fail(f"Go is missing: install it (https://go.dev/dl) so that {name} can be built.")
    version = subprocess.run([go, "env", "GOVERSION"], cwd=module, capture_output=True, text=True, check=True).stdout
    ours = [file.read_text() for file in sorted(module.glob("*.go"))]
    key = bootstrap.digest(version, (module / "go.mod").read_text(), (module / "go.sum").read_text(), *ours)
    binary = bootstrap.CACHE / f"{name}-{key}"
    binary.parent.mkdir(parents=True, exist_ok=True)
    with (bootstrap.CACHE / f"{name}.lock").open("w") as lock:  # several workers may want it at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            with progress(f"building {name} from its Go module", usual):
                _build([go, "build", "-trimpath", "-ldflags", "-s -w", *flags], module, package, binary)
    return binary


def _build(command: list[str], module: Path, package: str, binary: Path) -> None:
    unfinished = binary.with_suffix(".unfinished")
    environment = os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"}
    built = subprocess.run(
        [*command, "-o", str(unfinished), package],
        cwd=module,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        pytest.fail(f"{package} could not be built in {module}: {built.stderr}")
    unfinished.rename(binary)
