"""Fixtures of the tests of the charts."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import tests.promtool
from tests.charts import tsm as tsm_node
from tests.charts.harness import Stubs
from tests.charts.metis import Release, rendered
from tests.charts.themis_home import Themis, bootstrap


@pytest.fixture(scope="session")
def release() -> Release:
    return rendered()


@pytest.fixture(scope="session")
def tsm() -> tsm_node.Tsm:
    """A player as on AWS."""
    return tsm_node.rendered()


@pytest.fixture(scope="session")
def promtool() -> Path:
    return tests.promtool.promtool()


@pytest.fixture(scope="module", params=["debian", "busybox"])
def programs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where sh and what it calls are: this machine's own (dash), or the l2geth image's kind."""
    if request.param == "debian":
        return "/usr/bin:/bin"
    directory = tmp_path_factory.mktemp("busybox")
    subprocess.run(["busybox", "--install", "-s", directory], check=True)
    return str(directory)


@pytest.fixture
def stubs(tmp_path: Path) -> Stubs:
    directory = tmp_path / "bin"
    directory.mkdir()
    return Stubs(directory)


@pytest.fixture
def themis(tmp_path: Path, stubs: Stubs) -> Themis:
    return Themis(tmp_path, stubs)


@pytest.fixture
def running(themis: Themis) -> Themis:
    """themis, bootstrapped on vol-1, which has signed at height 1000."""
    themis.started(**bootstrap())
    themis.sign(1000)
    return themis


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
