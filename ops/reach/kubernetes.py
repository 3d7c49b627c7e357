"""A node in a cluster: kubectl, with its current context, which has to be the platform's."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from ..errors import BadInput, Unreachable
from ..stacks import ThetaNode
from . import processes
from .contract import Answer, Line, Machine, NoAnswer
from .http import loopback, send

CONTAINER = "edgelauncher"


class Pod:
    """Needs `get` and `portforward` of pods: an operator of the namespace has them."""

    @asynccontextmanager
    async def line(self, node: ThetaNode, ports: Sequence[int]) -> AsyncIterator[Line]:
        async with forwarded(_kubectl("port-forward", node), ports) as near:
            yield loopback(near)

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


async def get(port_forward: Sequence[str], port: int, paths: Sequence[str], limit: float) -> list[Answer | NoAnswer]:
    """What a pod's port answers to a GET of each path, which gets `limit` seconds. Raises as `forwarded` does."""
    async with forwarded(port_forward, [port]) as near, httpx.AsyncClient(timeout=limit, trust_env=False) as client:
        requests = [client.build_request("GET", f"http://127.0.0.1:{near[port]}{path}") for path in paths]
        return await asyncio.gather(*(send(client, request, limit) for request in requests))


def _started(pod: Any) -> datetime:
    states = {each["name"]: each["state"] for each in pod["status"]["containerStatuses"]}
    return datetime.fromisoformat(states[CONTAINER]["running"]["startedAt"])


def _kubectl(verb: str, node: ThetaNode) -> list[str]:
    namespace, _, pod = (node.pod or "").partition("/")
    if not pod:
        raise BadInput("The stack's outputs do not name the node's namespace and pod.")
    return ["kubectl", verb, f"pod/{pod}", "--namespace", namespace]
