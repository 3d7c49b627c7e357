"""One control plane for each module that wants one; the first test of all builds it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.harness import Kubernetes, Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    home = Path(tempfile.mkdtemp(prefix="nodeyard-cluster-"))
    made = Sandbox(home)
    yield made
    made.cluster("stop")
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def kubernetes(sandbox: Sandbox) -> Kubernetes:
    """A cluster with the pools of a sequencer, and the secrets' driver and provider."""
    sandbox.cloud.cluster()
    sandbox.cloud.secrets_store()
    sandbox.cloud.pool("l2geth", "us-east-2a")
    sandbox.cloud.pool("themis", "us-east-2b", size=2)
    sandbox.cluster("start")
    return sandbox.kubernetes()
