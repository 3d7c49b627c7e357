"""A network's miners, and core-geth's console, by which they are asked: a miner has no RPC but a socket in its pod."""

import json
from collections.abc import Mapping
from typing import Any

from ..errors import BadInput, Unhealthy
from ..reach import processes
from ..stacks import MantisNetwork
from ..workloads.cluster import Cluster
from ..workloads.tasks import Task

_ATTACH = ("geth", "attach", "--datadir", "/run/node/console", "--exec")
_SOCKET = "/run/node/geth.ipc"
"""As the chart's start script has them: the console keeps its history in memory, since the rest is read-only."""


def console(script: str) -> list[str]:
    """The command by which a node's console runs a script, in the node's pod."""
    return [*_ATTACH, script, _SOCKET]


async def ask(cluster: Cluster, task: Task, script: str, limit_seconds: float = processes.COMMAND_LIMIT_SECONDS) -> str:
    """What the miner's console prints. Raises `Unhealthy` and `Unreachable`."""
    return (await cluster.run(task.running(), console(script), limit_seconds=limit_seconds)).strip()


def read(printed: str) -> Any:
    """What `JSON.stringify` gave, which the console prints as a text. Raises `ValueError` and `TypeError`."""
    return json.loads(json.loads(printed))


def account(network: MantisNetwork, name: str) -> str:
    """Raises `BadInput` for a name that no miner has."""
    task = network.tasks.get(name)
    if task is None or task.role != "miner" or not task.address:
        miners = ", ".join(each for each, found in network.tasks.items() if found.role == "miner")
        raise BadInput(f"{name} is no miner of this stack. It has: {miners}.")
    return task.address.lower()


async def running(cluster: Cluster, network: MantisNetwork) -> Mapping[str, Task]:
    """By account, those that run. Raises `Unhealthy` where none does, and `Unreachable`."""
    tasks = {task.name: task for task in await cluster.look()}
    found = {
        told.address.lower(): tasks[name]
        for name, told in network.tasks.items()
        if told.role == "miner" and told.address and name in tasks and any(pod.is_running for pod in tasks[name].pods)
    }
    if not found:
        raise Unhealthy("No miner runs: nobody can sign.")
    return found
