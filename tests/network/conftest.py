"""Fixtures of the tests on a real network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.network.geth import geth


@pytest.fixture(scope="session")
def program() -> Path:
    return geth()
