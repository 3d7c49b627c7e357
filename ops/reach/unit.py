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
        printed = (await self.run(node, _show("ActiveState"))).split()
        return printed[-1] if printed else "in no state"

    async def uptime(self, node: ThetaNode) -> int | None:
        try:
            printed = await self.run(node, _show("ActiveEnterTimestamp", "--timestamp=utc"))
            began = datetime.strptime(printed.strip(), "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
        except (Unreachable, ValueError):  # it is empty until the unit was active once
            return None
        return max(0, round((datetime.now(UTC) - began).total_seconds()))


def _show(property_: str, *options: str) -> list[str]:
    return ["systemctl", "show", "--property", property_, "--value", *options, UNIT]


def _journal(lines: int) -> list[str]:
    return ["sudo", "journalctl", "--unit", UNIT, "--no-pager", "--lines", str(lines)]
