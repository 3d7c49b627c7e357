"""The package as its users have it: built from the checkout, and installed where the checkout is not."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.harness import CHECKOUT, Sandbox
from tests.package.yaml_engine import yaml_engine

STACK = "dev"


@dataclass(frozen=True)
class Built:
    """What `pip` makes of the checkout."""

    wheel: Path
    left_behind: set[Path]
    """What is new in the checkout."""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    into, before = tmp_path_factory.mktemp("wheel"), set(CHECKOUT.iterdir())
    # The build backend is installed already: requirements-dev.txt has the one that pyproject.toml names.
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--no-build-isolation", "--wheel-dir", into, CHECKOUT], check=True)
    return Built(next(into.glob("nodeyard-*.whl")), set(CHECKOUT.iterdir()) - before)


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the built package and what its extra `aws` brings."""

    directory: Path

    @property
    def package(self) -> Path:
        """Where `nodeyard` is installed."""
        return next(self.directory.glob("lib/python*/site-packages")) / "nodeyard"


@pytest.fixture(scope="session")
def environment(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    directory = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", directory], check=True)
    # Compiling every module of a cloud's SDK takes longer than all the rest.
    install = [directory / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--no-compile", f"{built.wheel}[aws]"], check=True)
    return Environment(directory)


class Program(Sandbox):
    """Somebody else's project, outside the checkout, on the stand-in clouds. The engine is the real one, with the
    language hosts for Python and for YAML."""

    def __init__(self, directory: Path, settings: dict[str, Any], home: Path | None = None) -> None:
        directory.mkdir()
        path = f"{yaml_engine()}{os.pathsep}{os.environ['PATH']}"
        super().__init__(home or directory / "home", directory, PATH=path)
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "second", **settings}, sort_keys=False))
        (directory / f"Pulumi.{STACK}.yaml").write_text("config: {}\n")
