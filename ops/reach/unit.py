"""A node on a machine of its own: the systemd unit that runs its container."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime

from ..errors import Unreachable
from ..stacks import ThetaNode

UNIT = "theta-edge-node"


class Unit(ABC):
    """What `Way` asks, by commands on the machine."""

    @abstractmethod
    async def run(self, node: ThetaNode, command: Sequence[str]) -> str:
        """What a command on the machine prints."""

    @abstractmethod
    async def attach(self, node: ThetaNode, command: Sequence[str]) -> None:
        """Runs a command on the machine with this terminal as its own, until it ends or is interrupted."""

    async def logs(self, node: ThetaNode, lines: int) -> str:
        return await self.run(node, _journal(lines))

    async def follow(self, node: ThetaNode, lines: int) -> None:
        await self.attach(node, [*_journal(lines), "--follow"])

    async def restart(self, node: ThetaNode) -> str:
        await self.run(node, ["sudo", "systemctl", "restart", "--no-block", UNIT])
        await asyncio.sleep(1)
        shown = await self._show(node, "ActiveState")
        return shown.get("ActiveState") or "in no state"

    async def uptime(self, node: ThetaNode) -> int | None:
        try:
            shown = await self._show(node, "ActiveState", "ActiveEnterTimestamp")
        except Unreachable:
            return None
        # A unit that is not active keeps the time of when it was.
        if shown.get("ActiveState") != "active":
            return None
        try:
            began = datetime.strptime(shown["ActiveEnterTimestamp"], "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
        except (LookupError, ValueError):
            return None
        return max(0, round((datetime.now(UTC) - began).total_seconds()))

    async def _show(self, node: ThetaNode, *properties: str) -> dict[str, str]:
        printed = await self.run(
            node, ["systemctl", "show", "--property", ",".join(properties), "--timestamp=utc", UNIT]
        )
        return dict(line.strip().split("=", 1) for line in printed.splitlines() if "=" in line)


def _journal(lines: int) -> list[str]:
    return ["sudo", "journalctl", "--unit", UNIT, "--no-pager", "--lines", str(lines)]
