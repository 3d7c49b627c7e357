"""Machines for the tests of what runs on them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from components.theta_edge_node.boot import BootSpec
from tests.boot.harness import AWS, SPECS, Machine


@pytest.fixture(params=list(SPECS))
def spec(request: pytest.FixtureRequest) -> BootSpec:
    return SPECS[request.param]


@pytest.fixture(scope="session")
def as_root() -> None:
    """Loop devices and network namespaces are root's."""
    if os.geteuid() != 0:
        pytest.fail("this test makes loop devices or network namespaces: run it as root")


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., Machine]:
    """Makes a machine, on AWS unless told."""

    def make(spec: BootSpec = AWS, **settings: str) -> Machine:
        made = Machine(tmp_path, spec, **settings)
        made.program("sleep", f"n=$(grep -c ^sleep {made.calls}); [ $n -lt ${{MOST:-40}} ] || kill -9 $PPID")
        return made

    return make
