"""A node on a machine of its own: the systemd unit that runs its container."""

import asyncio
import re
import shlex
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ..errors import Unreachable
from ..stacks import ThetaNode
from . import df
from .contract import Lines, Machine

UNIT = "theta-edge-node"
_DATA = "/data"
_MEASURED = f"/run/{UNIT}/metrics.json"


class Unit(ABC):
    """What `Way` asks, by commands on the machine."""

    @abstractmethod
    async def run(self, node: ThetaNode, command: Sequence[str]) -> str:
        """What a command on the machine prints."""

    @abstractmethod
    async def attach(self, node: ThetaNode, command: Sequence[str]) -> None:
        """Runs a command on the machine with this terminal as its own, until it ends or is interrupted."""

    async def logs(self, node: ThetaNode, wanted: Lines) -> str:
        return await self.run(node, _journal(wanted))

    async def follow(self, node: ThetaNode, wanted: Lines) -> None:
        await self.attach(node, [*_journal(wanted), "--follow"])

    async def restart(self, node: ThetaNode) -> str:
        await self.run(node, ["sudo", "systemctl", "restart", "--no-block", UNIT])
        await asyncio.sleep(1)
        shown = await self._show(node, "ActiveState")
        return shown.get("ActiveState") or "in no state"

    async def machine(self, node: ThetaNode) -> Machine:
        # In one command: on Azure each takes half a minute.
        asked = "; ".join(
            [
                shlex.join(_shown("ActiveState", "ActiveEnterTimestamp")),
                f"sudo cat {_MEASURED} 2>/dev/null || true",
                f"echo; {shlex.join(df.command(_DATA))} 2>/dev/null || true",
            ]
        )
        try:
            printed = await self.run(node, ["sh", "-c", asked])
        except Unreachable:
            return Machine()
        disk = df.read(printed.strip().splitlines()[-2:])
        return Machine(uptime=_uptime(_properties(printed)), gpu_up=_gpu_up(printed), disk=disk)

    async def _show(self, node: ThetaNode, *properties: str) -> dict[str, str]:
        return _properties(await self.run(node, _shown(*properties)))


def _shown(*properties: str) -> list[str]:
    return ["systemctl", "show", "--property", ",".join(properties), "--timestamp=utc", UNIT]


def _properties(printed: str) -> dict[str, str]:
    return dict(line.strip().split("=", 1) for line in printed.splitlines() if "=" in line)


def _uptime(shown: Mapping[str, str]) -> int | None:
    # A unit that is not active keeps the time of when it was.
    if shown.get("ActiveState") != "active":
        return None
    try:
        began = datetime.strptime(shown["ActiveEnterTimestamp"], "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except (LookupError, ValueError):
        return None
    return max(0, round((datetime.now(UTC) - began).total_seconds()))


def _gpu_up(printed: str) -> bool | None:
    """As the machine's collector measured it in the last minute."""
    found = re.search(r'"gpu_up": ([01])', printed)
    return found and found[1] == "1"


def _journal(wanted: Lines) -> list[str]:
    since = [f"--since=-{wanted.since}"] if wanted.since else []
    last = "all" if wanted.last is None else wanted.last
    return ["sudo", "journalctl", "--unit", UNIT, "--no-pager", f"--lines={last}", *since]
