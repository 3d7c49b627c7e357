"""Waits until a node is at the tip of its chain."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from chain_store.clock import Clock

from .rpc import Block, Node, Unanswered
from .running import Failure

WITHIN = 2
"""Blocks that a node may be behind."""
SILENCE = 60.0
"""Seconds in which no peer answers until that is a failure: nobody says where the tip is then."""
_POLL = 3.0
_SAID = 60.0
"""Seconds from one line of the log to the next."""


@dataclass(frozen=True)
class Tip:
    """The highest head among the peers that answer, and who has it."""

    block: Block
    peer: Node


class Waiting:
    """One wait of a node for the tip that its peers know."""

    def __init__(self, node: Node, peers: Sequence[Node], genesis_hash: str, clock: Clock, log: logging.Logger) -> None:
        self._node = node
        self._peers = peers
        self._genesis_hash = genesis_hash
        self._clock = clock
        self._log = log
        self._heard = clock.monotonic()
        self._said = -_SAID
        self._last = "It was not asked yet."

    async def ends(self, deadline: float) -> Block:
        """The node's head, once it is within two blocks of the tip and on the same chain as the peer that is there.
        Raises Failure: after `deadline` seconds, where no peer answers, and where the node is of another genesis."""
        until = self._clock.monotonic() + deadline
        while True:
            head = await self._look()
            if head is not None:
                return head
            if self._clock.monotonic() >= until:
                raise Failure(f"{self._node.url} is not at the tip after {deadline:g} s. {self._last}")
            await self._clock.sleep(_POLL)

    async def _look(self) -> Block | None:
        tip = await self._tip()
        if tip is None:
            return None
        try:
            return await self._arrived(tip)
        except Unanswered as silent:
            self._say(str(silent))
            return None

    async def _tip(self) -> Tip | None:
        tips = [tip for tip in await asyncio.gather(*map(self._asked, self._peers)) if tip is not None]
        if tips:
            self._heard = self._clock.monotonic()
            return max(tips, key=lambda tip: tip.block.number)
        if self._clock.monotonic() - self._heard >= SILENCE:
            raise Failure(f"No peer has answered for {SILENCE:g} s, so that nobody says where the tip is. {self._last}")
        return None

    async def _asked(self, peer: Node) -> Tip | None:
        try:
            return Tip(await peer.head(), peer)
        except Unanswered as silent:
            self._say(str(silent))
            return None

    async def _arrived(self, tip: Tip) -> Block | None:
        first, head = await self._node.block(0), await self._node.head()
        if first is None or first.hash != self._genesis_hash:
            raise Failure(f"{self._node.url} begins with block {first and first.hash}, not with {self._genesis_hash}.")
        if head.number < tip.block.number - WITHIN:
            self._say(f"It is at block {head.number}, and {tip.peer.url} at {tip.block.number}.")
            return None
        # A node may also have a chain of its own.
        common = min(head.number, tip.block.number)
        ours, theirs = await self._node.block(common), await tip.peer.block(common)
        if ours is None or ours != theirs:
            self._say(f"Its block {common} is not that of {tip.peer.url}.")
            return None
        return head

    def _say(self, what: str) -> None:
        self._last = what
        if self._clock.monotonic() - self._said >= _SAID:
            self._said = self._clock.monotonic()
            self._log.info("waiting for the tip: %s", what)
