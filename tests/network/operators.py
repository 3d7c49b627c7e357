"""`nodeyard` beside a network of real nodes: its kubectl is a stand-in that runs what it is told in their pods."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.network.harness import Network
from tests.network.node import Node
from tests.network.release import NAME
from tests.ops import tasks_cluster
from tests.ops.harness import CHECKOUT, TOOLS, Command, aws_stack, environment


@dataclass
class Operator:
    directory: Path
    network: Network

    def __post_init__(self) -> None:
        (self.directory / "bin").mkdir(parents=True)
        (self.directory / "bin/geth").symlink_to(self.network.cluster.geth)
        command = Command(self.directory, pytest.MonkeyPatch())
        command.install("pulumi")
        command.deploy(NAME, **aws_stack(**self.network.release.outputs))
        running = self.network.running
        genesis = self.network.release.objects["ConfigMap", f"{NAME}-chain"]
        genesis["metadata"]["namespace"] = NAME  # which Helm adds when it installs
        tasks_cluster.write(
            command,
            *tasks_cluster.network(*(node.task for node in running)),
            genesis,
            processes={f"{node.task}-0": _process(node) for node in running},
            services={node.task: node.address for node in running},
            forward={"program": str(TOOLS / "forward.py"), "address": self.address},
        )

    @property
    def address(self) -> str:
        """In place of 127.0.0.1, since several networks may run at once."""
        return self.network.cluster.address("operator")

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, **environment(self.directory)}

    def nodeyard(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ops", *words]
        return subprocess.run(
            command, cwd=CHECKOUT, env=self.env, capture_output=True, text=True, check=False, timeout=300
        )


def _process(node: Node) -> dict[str, Any]:
    places = {place: str(directory) for place, directory in node.places().items()}
    return {"places": places, "env": node.environment("node")}
