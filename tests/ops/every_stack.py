"""Fixtures for tests that walk over every shipped stack."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ops import pulumi
from ops.app import app
from tests.ops.in_process import Programs
from tests.ops.nodeos_cluster import TOKEN
from tests.ops.shipped import Shipped, all_shipped
from tests.ops.stand_ins import Manner, Nodes, programs


@dataclass
class DeployedStack:
    """One that is up, with everything that its last `up` found missing done since."""

    name: str
    shipped: Shipped
    nodes: Nodes
    programs: Programs
    token: Path
    outputs: dict[str, Any]

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(app, words)

    def status(self, manner: Manner, *options: str) -> Result:
        self.nodes.answer(manner)
        keys = ["--key-file", str(self.token)] if self.shipped.kind == "nodeos" else []
        return self("status", self.name, *options, *keys)

    def has_disk(self, pod: str | None) -> bool:
        """Whether a pod's own container has a disk that outlives it."""
        for each in self.shipped.objects:
            if (each["kind"], each["metadata"]["name"]) == ("Pod", pod):
                claims = {one["name"] for one in each["spec"]["volumes"] if "persistentVolumeClaim" in one}
                return any(one["name"] in claims for one in each["spec"]["containers"][0].get("volumeMounts", []))
        return False

    def pods_of(self, part: str) -> int:
        """How many pods a part has; one, of what is on a machine."""
        name = "app.kubernetes.io/component"
        pods = [each for each in self.shipped.objects if each["kind"] == "Pod"]
        found = [each for each in pods if each["metadata"]["labels"][name] == part]
        return len(found) or 1

    def pulumi(self, arguments: Sequence[str], *_: object) -> str:
        """What its command line prints."""
        assert arguments[-2:] == ["--stack", self.name]
        return {"output": json.dumps(self.outputs), "history": "[]"}[arguments[1]]


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shipped]:
    base = tmp_path_factory.getbasetemp()
    return all_shipped(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with Nodes().listening() as listening:
        yield listening


Deploy = Callable[[str], DeployedStack]


@pytest.fixture
def deploy(shipped: dict[str, Shipped], nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deploy:
    """Makes a stack the one that `nodeyard` finds."""
    token = tmp_path / "token"
    token.write_text(TOKEN)
    nodes.answer(Manner.WELL)

    def up(name: str) -> DeployedStack:
        found = deepcopy(shipped[name])
        outputs = {**found.outputs, **({"missing": []} if "missing" in found.outputs else {})}
        installed = Programs(dict(programs(found, nodes)))
        stack = DeployedStack(name, found, nodes, installed, token, outputs)
        installed.take_over(monkeypatch)
        monkeypatch.setattr(pulumi, "_run", stack.pulumi)
        return stack

    return up


@pytest.fixture
def deployed(deploy: Deploy, request: pytest.FixtureRequest) -> DeployedStack:
    return deploy(request.param)
