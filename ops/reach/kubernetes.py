"""A node in a cluster: kubectl, with its current context, which has to be the platform's."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from ..errors import BadInput, Unreachable
from ..stacks import ThetaNode
from . import processes
from .contract import Line, Machine
from .http import loopback

CONTAINER = "edgelauncher"


class Pod:
    """Needs `get`, `delete`, `portforward` and the log of pods: an operator of the namespace has them."""

    @asynccontextmanager
    async def line(self, node: ThetaNode, ports: Sequence[int]) -> AsyncIterator[Line]:
        async with forwarded(_kubectl("port-forward", node), ports) as near:
            yield loopback(near)

    async def logs(self, node: ThetaNode, lines: int) -> str:
        return await processes.capture(_logs(node, lines))

    async def follow(self, node: ThetaNode, lines: int) -> None:
        await processes.attached([*_logs(node, lines), "--follow"])

    async def restart(self, node: ThetaNode) -> str:
        # Who operates a namespace may delete its pods, and not patch its stateful sets as a rollout would.
        await processes.capture([*_kubectl("delete", node), "--wait=false"])
        return "restarting"

    async def machine(self, node: ThetaNode) -> Machine:
        try:
            began = _started(await processes.capture_json([*_kubectl("get", node), "--output", "json"]))
        except (Unreachable, LookupError, TypeError, ValueError):  # it does not run
            return Machine()
        return Machine(uptime=max(0, round((datetime.now(UTC) - began).total_seconds())))


@asynccontextmanager
async def forwarded(port_forward: Sequence[str], ports: Sequence[int]) -> AsyncIterator[dict[int, int]]:
    """The local port of each of a pod's ports, while the context is open. `port_forward` is kubectl's command without
    its ports. Raises `Unreachable` with what kubectl said."""
    near = dict(zip(ports, processes.free_ports(len(ports)), strict=True))
    pairs = [f"{local}:{far}" for far, local in near.items()]
    command = [*port_forward, "--address", "127.0.0.1", *pairs]
    with tempfile.TemporaryFile() as log:
        async with processes.running(command, log) as process:
            await processes.opened(process, command, near.values(), log)
            yield near


def _started(pod: Any) -> datetime:
    states = {each["name"]: each["state"] for each in pod["status"]["containerStatuses"]}
    return datetime.fromisoformat(states[CONTAINER]["running"]["startedAt"])


def _logs(node: ThetaNode, lines: int) -> list[str]:
    return [*_kubectl("logs", node), "--container", CONTAINER, "--tail", str(lines)]


def _kubectl(verb: str, node: ThetaNode) -> list[str]:
    namespace, _, pod = (node.pod or "").partition("/")
    if not pod:
        raise BadInput("The stack's outputs do not name the node's namespace and pod.")
    return ["kubectl", verb, f"pod/{pod}", "--namespace", namespace]
