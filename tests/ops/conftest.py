import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ops.harness import Command, EdgeNode, environment


@pytest.fixture
def nodeyard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    (tmp_path / "bin").mkdir()
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    command = Command(tmp_path, monkeypatch)
    command.install("pulumi")
    return command


@pytest.fixture
def node() -> Iterator[EdgeNode]:
    edge_node = EdgeNode()
    with edge_node.serving():
        yield edge_node


@pytest.fixture(autouse=True)
def an_event_loop() -> Iterator[None]:
    """The command runs its own and leaves the thread without one; Pulumi's mocks, in other tests, take the thread's."""
    yield
    asyncio.set_event_loop(asyncio.new_event_loop())
