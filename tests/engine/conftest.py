"""Sandboxes for tests: one for the checkout's own project, and small projects of a test's own."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.harness import Project, Sandbox

MakeProject = Callable[..., Project]


@pytest.fixture(scope="session", autouse=True)
def started_warm(warm: None) -> None:
    """All but the tests that ask for `cold`."""


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs start as they do for a user."""
    monkeypatch.delenv("SANDBOX_LAUNCHER")


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
