"""Pulumi's engine with the language host for YAML beside it, where the engine looks for one."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox import bootstrap

MODULE = Path(__file__).parent / "yaml"
HOST = "pulumi-language-yaml"


def yaml_engine() -> Path:
    """The directory that both are in. Built once into the user's cache, as the engine is."""
    engine = bootstrap.language_host(bootstrap.tool("pulumi")).parent
    if (engine / HOST).exists():  # an official release has it
        return engine
    stat = (engine / "pulumi").stat()
    home = bootstrap.CACHE / f"yaml-{bootstrap.digest((MODULE / 'go.sum').read_text(), engine, stat.st_mtime_ns)}"
    home.mkdir(parents=True, exist_ok=True)
    with (bootstrap.CACHE / "yaml.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / HOST).exists():
            for file in engine.iterdir():
                if file.name.startswith("pulumi") and not file.name.endswith(".part"):
                    shutil.copy2(file, home / file.name)
            _build(home / HOST)
    return home


def _build(binary: Path) -> None:
    unfinished = binary.with_suffix(".unfinished")
    command = ["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", str(unfinished)]
    environment = os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"}
    package = f"github.com/pulumi/pulumi-yaml/cmd/{HOST}"
    built = subprocess.run(
        [*command, package], cwd=MODULE, env=environment, capture_output=True, text=True, check=False
    )
    if built.returncode:
        pytest.fail(f"{HOST} could not be built in {MODULE}: {built.stderr}")
    unfinished.rename(binary)
