"""Fixtures of the tests on the engine that themis embeds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.charts.conftest import stubs, themis
from tests.charts.harness import Stubs
from tests.consensus import harness
from tests.consensus.harness import Net, Reader

__all__ = ["engine", "net", "reader", "stubs", "themis"]


@pytest.fixture(scope="session")
def engine() -> Path:
    return harness.engine()


@pytest.fixture(scope="session")
def reader(engine: Path) -> Iterator[Reader]:
    asked = Reader(engine)
    yield asked
    asked.close()


@pytest.fixture
def net(tmp_path: Path, stubs: Stubs, engine: Path) -> Iterator[Net]:
    """A new validator, alone on its chain."""
    made = Net(tmp_path, stubs, engine, 1)
    yield made
    made.stop()
