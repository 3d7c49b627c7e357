"""Sandboxes for tests: one for the checkout's own project, and small projects of a test's own."""

import shutil
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from tests.engine.harness import Sandbox

STACK = "dev"
REGION = "eu-central-1"


class Project(Sandbox):
    """A small project with a stack `dev`, which runs in the sandbox like any other."""

    def __init__(self, directory: Path, home: Path, name: str, **environment: str) -> None:
        directory.mkdir(parents=True)
        super().__init__(home, directory, **environment)
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump({"name": name, "runtime": "python"}))
        self.stack_file({"aws:region": REGION})

    def stack_file(self, config: dict[str, object]) -> None:
        (self.cwd / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": config}))

    def program(self, text: str) -> None:
        (self.cwd / "__main__.py").write_text(dedent(text))

    def fails(self, *arguments: str) -> str:
        """Everything that a command printed which must fail."""
        result = self.run(*arguments)
        assert result.returncode != 0, f"pulumi {' '.join(arguments)} succeeded\n{result.stdout}"
        return result.stdout + result.stderr


MakeProject = Callable[..., Project]


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """The checkout's own project in a sandbox of its own."""
    return Sandbox(tmp_path / "home")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One world for all the projects of a module."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def project(tmp_path: Path, home: Path) -> MakeProject:
    """Makes a small project: `project(program, **environment)`; `named` where a test needs more than one."""

    def make(program: str, named: str = "probe", **environment: str) -> Project:
        # The module's tests share a world, not a state: a project of each test's own.
        name = f"{named}-{abs(hash(tmp_path)) % 10**8}"
        made = Project(tmp_path / named, home, name, **environment)
        made.program(program)
        return made

    return make


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A chart with one ConfigMap."""
    directory = tmp_path / "chart"
    shutil.rmtree(directory, ignore_errors=True)
    (directory / "templates").mkdir(parents=True)
    (directory / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 0.1.0\n")
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {key: value}\n"
    (directory / "templates/settings.yaml").write_text(template)
    return directory
