"""Fixtures of the tests on a real network."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.network import harness
from tests.network.geth import geth
from tests.network.harness import Network


@pytest.fixture(scope="session")
def program() -> Path:
    return geth()


@pytest.fixture
def place() -> Path:
    """A directory with a short name: that of a socket has 107 characters at most."""
    return Path(tempfile.mkdtemp(prefix="network-"))


@pytest.fixture(scope="module")
def network(program: Path) -> Iterator[Network]:
    """Three miners and a passive node, which the tests of a file share in their order."""
    root = Path(tempfile.mkdtemp(prefix="network-"))
    with harness.network(root, program) as made:
        for place in range(3):
            made.miner(place).start()
        made.passive(0).start()
        yield made
