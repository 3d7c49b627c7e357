"""A network of real nodes on this machine: go-ethereum, run from what the component renders.

It shows the configuration, and nothing of Mantis.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.network.node import Node, until
from tests.network.pod import Cluster
from tests.network.release import Release


class Network:
    """The nodes of a release. Each is there once it is asked for, and runs once it is started."""

    def __init__(self, root: Path, geth: Path, release: Release, identity: Mapping[str, str]) -> None:
        # A net of its own in 127.0.0.0/8, since several may run at once.
        net = f"127.{random.randrange(64, 255)}.{random.randrange(1, 255)}"
        self.cluster = Cluster(root, geth, release, net, identity)
        self.nodes: dict[str, Node] = {}

    @property
    def release(self) -> Release:
        return self.cluster.release

    def up(self, release: Release) -> None:
        """Pods that run stay as they are."""
        self.cluster.release = release

    def __getitem__(self, task: str) -> Node:
        if task not in self.nodes:
            self.nodes[task] = Node(self.cluster, task)
        return self.nodes[task]

    def start(self, *tasks: str) -> None:
        """Together, as a cluster does."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(Node.start, [self[task] for task in tasks]))

    @property
    def miners(self) -> list[Node]:
        return [self[task] for task in sorted(self.release.values["nodes"]) if task.startswith("miner-")]

    @property
    def running(self) -> list[Node]:
        return [node for node in self.nodes.values() if node.processes]

    def agree(self, *nodes: Node) -> int:
        """The height at which all of them have one block, once they have a new one."""
        several = nodes or tuple(self.running)
        height = max(node.height for node in several) + 1
        for node in several:
            node.reach(height)
        until(f"one block {height}", lambda: len({node.hash(height) for node in several}) == 1)
        return height


@contextlib.contextmanager
def network(geth: Path, release: Release, identity: Mapping[str, str] | None = None) -> Iterator[Network]:
    # A short name: that of a socket has 107 characters at most.
    root = Path(tempfile.mkdtemp(prefix="network-"))
    made = Network(root, geth, release, identity or {})
    try:
        yield made
    finally:
        for node in made.running:
            node.end()
        shutil.rmtree(root, ignore_errors=True)
