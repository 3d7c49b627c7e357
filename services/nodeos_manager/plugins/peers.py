"""The peers' watchdog: connects anew a peer that nodeos was told of and does not get.

nodeos tries again by itself, but not where it believes that a dead connection lives. manageos had this watchdog, and
these times.
"""

import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chain_store.clock import Clock

from ..nodeos.nodeos_api import Connection, Refused, Unanswered
from .plugins import Plugin

if TYPE_CHECKING:
    from ..manager import Manager


class Net(Protocol):
    """A nodeos' net API. Every method raises Unanswered, Refused."""

    async def connections(self) -> list[Connection]: ...

    async def connect(self, peer: str) -> None: ...

    async def disconnect(self, peer: str) -> None: ...


@dataclass(frozen=True)
class Patience:
    """Times are in seconds."""

    poll: float = 5.0
    failures: int = 3
    """So many looks in a row without the peer's handshake, and it is connected anew."""
    rest: float = 30.0
    """For so long it is left alone then."""


class PeersWatchdog(Plugin):
    """`peers`: HOST:PORT of those that nodeos is to be connected to."""

    name = "the peers' watchdog"

    def __init__(
        self, net: Net, peers: Collection[str], clock: Clock, log: logging.Logger, patience: Patience | None = None
    ) -> None:
        self._net = net
        self._peers = peers
        self._clock = clock
        self._log = log
        self._patience = patience or Patience()
        self._failures: Counter[str] = Counter()
        self._rests_until: dict[str, float] = {}

    async def run(self, manager: "Manager") -> None:
        while True:
            await self._clock.sleep(self._patience.poll)
            try:
                await self._look()
            except (Unanswered, Refused) as silent:
                self._log.debug("the peers are not known: %s", silent)

    async def _look(self) -> None:
        up = {connection.peer for connection in await self._net.connections() if connection.is_up}
        now = self._clock.monotonic()
        for peer in self._peers:
            if peer in up:
                del self._failures[peer]
                continue
            if now < self._rests_until.get(peer, now):
                continue
            self._failures[peer] += 1
            if self._failures[peer] >= self._patience.failures:
                await self._again(peer)

    async def _again(self, peer: str) -> None:
        del self._failures[peer]
        self._rests_until[peer] = self._clock.monotonic() + self._patience.rest
        self._log.warning("peer %s does not stay connected: it is connected anew", peer)
        await self._net.disconnect(peer)
        await self._net.connect(peer)
