"""AWS: Session Manager, which needs no inbound port, no key and no address, and records who opened a session."""

import json
import shlex
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from ..errors import BadInput, Unreachable
from ..stacks import Account, ThetaNode
from . import processes
from .contract import Line, MachineWay
from .http import loopback
from .unit import Unit

# What the plugin says itself, around what the command prints.
_FRAME = ("Starting session with SessionId:", "Exiting session with sessionId:")


def way(account: Account) -> MachineWay:
    """The way to a machine in this account."""
    return SessionManager(account)


class SessionManager(Unit):
    """Through the AWS CLI and its Session Manager plugin, with the operator's own credentials.

    Documents: AWS-StartPortForwardingSession, which reaches the node's loopback, and AWS-StartNonInteractiveCommand
    (AWS Systems Manager User Guide, "Start a session").
    """

    def __init__(self, account: Account) -> None:
        self._region = account.region

    @asynccontextmanager
    async def line(self, node: ThetaNode, ports: Sequence[int]) -> AsyncIterator[Line]:
        instance = await self._instance(node)
        near = dict(zip(ports, processes.free_ports(len(ports)), strict=True))
        async with AsyncExitStack() as tunnels:
            opening = []
            for far, local in near.items():
                parameters = {"portNumber": [str(far)], "localPortNumber": [str(local)]}
                command = self._session(instance, "AWS-StartPortForwardingSession", parameters)
                log = tunnels.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
                process = await tunnels.enter_async_context(processes.running(command, log))
                opening.append((process, command, [local], log))
            for each in opening:
                await processes.opened(*each)
            yield loopback(near)

    async def run(self, node: ThetaNode, command: Sequence[str]) -> str:
        # The plugin ends at once ("Cannot perform start session: EOF") when its input is at its end.
        printed = await processes.capture(await self._command(node, command), terminal=True)
        lines = printed.replace("\r", "").splitlines()
        return "\n".join(line for line in lines if not line.startswith(_FRAME)).strip("\n")

    async def attach(self, node: ThetaNode, command: Sequence[str]) -> None:
        await processes.attached(await self._command(node, command))

    async def _command(self, node: ThetaNode, command: Sequence[str]) -> list[str]:
        parameters = {"command": [shlex.join(command)]}
        return self._session(await self._instance(node), "AWS-StartNonInteractiveCommand", parameters)

    def _session(self, instance: str, document: str, parameters: dict[str, list[str]]) -> list[str]:
        where = ["--target", instance, "--region", self._region]
        return [
            "aws",
            "ssm",
            "start-session",
            *where,
            "--document-name",
            document,
            "--parameters",
            json.dumps(parameters),
        ]

    async def _instance(self, node: ThetaNode) -> str:
        """The one in the node's group now: a new one takes over the disk when the old one is gone."""
        if not node.group:
            raise BadInput("The stack's outputs do not name the node's auto-scaling group.")
        describe = ["aws", "autoscaling", "describe-auto-scaling-groups", "--auto-scaling-group-names", node.group]
        found = await processes.capture_json([*describe, "--region", self._region, "--output", "json"])
        groups = found["AutoScalingGroups"]
        if not groups:
            raise Unreachable(f"There is no auto-scaling group {node.group} in {self._region}.")
        running = [i["InstanceId"] for i in groups[0]["Instances"] if i["LifecycleState"] == "InService"]
        if not running:
            states = ", ".join(f"{i['InstanceId']} is {i['LifecycleState']}" for i in groups[0]["Instances"])
            raise Unreachable(f"Auto-scaling group {node.group} has no instance in service: {states or 'it is empty'}.")
        return str(running[0])
