"""One control plane for each module and cloud that wants one; the first test of all builds it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.harness import Kubernetes, Sandbox
from tests.cluster.worlds import WORLDS


@pytest.fixture(scope="session", autouse=True)
def started_warm(warm: None) -> None:
    """Programs do not import the SDKs each."""


@pytest.fixture(scope="module")
def cloud_name() -> str:
    """EKS, unless a module asks for every cloud."""
    return "aws"


@pytest.fixture(scope="module", params=WORLDS)
def every_cloud(request: pytest.FixtureRequest) -> str:
    """What a module's `cloud_name` is, when its sentences hold on every cloud."""
    return str(request.param)


@pytest.fixture(scope="module")
def sandbox(cloud_name: str) -> Iterator[Sandbox]:
    home = Path(tempfile.mkdtemp(prefix="nodeyard-cluster-"))
    made = Sandbox(home, cloud_name)
    yield made
    made.cluster("stop")
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A world without a cluster, in which whatever cluster a stack makes has its control plane."""
    made = Sandbox(tmp_path_factory.mktemp("clusters"))
    made.cluster("start")
    yield made
    made.cluster("stop")


@pytest.fixture(scope="module")
def kubernetes(sandbox: Sandbox) -> Kubernetes:
    """A cluster with the pools of a sequencer, and the secrets' driver and provider."""
    cloud = sandbox.cloud
    cloud.cluster()
    cloud.secrets_store()
    cloud.pool("l2geth", cloud.zones[0])
    cloud.pool("themis", cloud.zones[1], size=2)
    sandbox.cluster("start")
    return sandbox.kubernetes()
