"""Programs of npm that tests run, installed once from a lock file in tests/ that pins them, and kept in the cache."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox import bootstrap
from sandbox.progress import progress


def npm_tool(name: str, module: Path, *, usual: str) -> Path:
    """The directory whose node_modules has what `module` locks. The first time takes as long as `usual` says."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        pytest.fail(f"Node.js is missing: install it (https://nodejs.org) so that {name} can be installed.")
    files = [module / "package.json", module / "package-lock.json"]
    directory = bootstrap.CACHE / f"{name}-{bootstrap.digest(*(file.read_text() for file in files))}"
    bootstrap.CACHE.mkdir(parents=True, exist_ok=True)
    with (bootstrap.CACHE / f"{name}.lock").open("w") as lock:  # several workers may want it at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            with progress(f"installing {name} by npm", usual):
                _install(npm, files, directory)
    return directory


def _install(npm: str, files: list[Path], directory: Path) -> None:
    unfinished = directory.with_name(f"{directory.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    for file in files:
        shutil.copy(file, unfinished)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    installed = subprocess.run(command, cwd=unfinished, capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.fail(f"{files[0]} could not be installed: {installed.stderr}")
    unfinished.rename(directory)
