"""What nodeos' own lines say of blocks. It is for people and metrics: nothing is decided by it.

The lines are `Produced block` and `Received block`: `log_applied` in libraries/chain/controller.cpp of
AntelopeIO/spring, and `producer_plugin.cpp` of EOSIO 2. What follows a producer's name differs between them, and only
the latency of a received block is read of it. A nodeos that catches up writes one line for a thousand blocks.
"""

import re

from .plugins import Plugin

_BLOCK = re.compile(r"\b(Produced|Received) block [0-9a-f]+\.\.\. #\d+ @ \S+ signed by \S+ \[")
_LATENCY = re.compile(r"\blatency: (-?\d+) ms\b")


class BlockLines(Plugin):
    name = "the lines of blocks"

    def __init__(self) -> None:
        self.produced = 0
        """Blocks that this nodeos said it made, whether or not the chain kept them."""
        self.received = 0
        self.latency: float | None = None
        """Seconds from the slot of the last received block until this node had it. Below zero where its maker was
        early."""

    def said(self, line: str) -> None:
        block = _BLOCK.search(line)
        if block is None:
            return
        if block[1] == "Produced":
            self.produced += 1
            return
        self.received += 1
        latency = _LATENCY.search(line, block.end())
        self.latency = int(latency[1]) / 1000 if latency else None
