"""One platform for all of these tests, and worlds of their own that begin with it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.contract.platform import CloudName, PlatformContract
from sandbox.mocks import SandboxMocks
from tests.unit.azure.world import Make, deploy
from tests.unit.recording import Recording, record

CLOUD = clouds.named(CloudName.AZURE)


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> tuple[SandboxMocks, Recording]:
    return deploy(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def recording(deployed: tuple[SandboxMocks, Recording]) -> Recording:
    return deployed[1]


@pytest.fixture(scope="session")
def platform(recording: Recording) -> PlatformContract:
    contract: PlatformContract = recording.exports["value"]
    return contract


@pytest.fixture
def make(deployed: tuple[SandboxMocks, Recording], platform: PlatformContract, tmp_path: Path) -> Make:
    """Runs a program on a platform of the test's own; what it returns ends in the recording's exports, resolved."""
    home = shutil.copytree(deployed[0].home, tmp_path / "world")

    def run(program: Callable[[PlatformContract, ResourceOptions], Any], *secrets: str) -> Recording:
        mocks, made = SandboxMocks(home, region="eastus2"), {}

        def on_platform() -> None:
            parent = pulumi.ComponentResource("nodeyard:index:Test", "test")
            providers = CLOUD.providers("test", platform, ResourceOptions(parent=parent))
            returned = program(platform, ResourceOptions(parent=parent, providers=list(providers)))
            pulumi.Output.from_input(returned or {}).apply(made.update)

        own = record(on_platform, mocks)
        own.check(*secrets)
        own.exports.update(made)
        return own

    return run
