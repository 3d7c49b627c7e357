"""Google Cloud: SSH through Identity-Aware Proxy, which needs no public address and lets in who IAM lets in."""

import shlex
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from ..errors import BadInput, Unreachable
from ..stacks import Account, ThetaNode
from . import processes
from .contract import Line, MachineWay
from .http import loopback
from .unit import Unit


def way(account: Account) -> MachineWay:
    """The way to a machine in this account."""
    return IdentityAwareProxy(account)


class IdentityAwareProxy(Unit):
    """Through the gcloud CLI, with the operator's own credentials. IAP reaches the node's network interface and not its
    loopback, so that the ports are forwarded by SSH inside of it."""

    def __init__(self, account: Account) -> None:
        self._project = account.account

    @asynccontextmanager
    async def line(self, node: ThetaNode, ports: Sequence[int]) -> AsyncIterator[Line]:
        near = dict(zip(ports, processes.free_ports(len(ports)), strict=True))
        forwards = [word for far, local in near.items() for word in ("-L", f"127.0.0.1:{local}:127.0.0.1:{far}")]
        command = [*await self._ssh(node), "--", "-N", "-o", "ExitOnForwardFailure=yes", *forwards]
        with tempfile.TemporaryFile() as log:
            async with processes.running(command, log) as process:
                await processes.opened(process, command, near.values(), log)
                yield loopback(near)

    async def run(self, node: ThetaNode, command: Sequence[str]) -> str:
        return (await processes.capture([*await self._ssh(node), "--command", shlex.join(command)])).strip("\n")

    async def attach(self, node: ThetaNode, command: Sequence[str]) -> None:
        await processes.attached([*await self._ssh(node), "--command", shlex.join(command)])

    async def _ssh(self, node: ThetaNode) -> list[str]:
        if not node.zone:
            raise BadInput("The stack's outputs do not name the node's zone.")
        where = ["--zone", node.zone, "--project", self._project]
        name = await self._instance(node, where)
        return ["gcloud", "compute", "ssh", name, *where, "--tunnel-through-iap", "--quiet"]

    async def _instance(self, node: ThetaNode, where: list[str]) -> str:
        if not node.group:
            raise BadInput("The stack's outputs do not name the node's instance group.")
        list_ = ["gcloud", "compute", "instance-groups", "managed", "list-instances", node.group, *where]
        found = await processes.capture_json([*list_, "--format", "json"])
        running = [each["instance"].rpartition("/")[2] for each in found if each.get("instanceStatus") == "RUNNING"]
        if not running:
            raise Unreachable(f"Instance group {node.group} has no running instance.")
        return str(running[0])
