"""A chain: who signed which slot, and what each node has seen of it. Two branches may grow while the net is split."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from random import Random

from nodeos_manager.nodeos.nodeos_api import Head
from nodeos_manager.production.schedule import Schedule, slot_at, slot_time

from .machine import START, true_wall

OURS = "ours"
NET = "net"
"""The node of all producers that are not ours. They never fail."""


@dataclass(frozen=True)
class Block:
    number: int
    slot: int
    producer: str
    signer: str

    @property
    def id(self) -> str:
        return f"{self.number:08x}-{self.slot}-{self.signer}"

    def head(self) -> Head:
        return Head(self.number, self.id, slot_time(self.slot), self.producer, max(0, self.number - 30), "simulated")


class Chain:
    def __init__(self, producers: int, random: Random) -> None:
        self.schedule = Schedule(1, (OURS, *(f"other{number}" for number in range(1, producers))))
        self.signed: dict[int, list[str]] = defaultdict(list)
        """Who signed which slot of ours."""
        self.first = slot_at(START)
        genesis = Block(1, self.first, NET, NET)
        self._heads: dict[str, Block] = defaultdict(lambda: genesis)
        self.cut_off: set[str] = set()
        """Nodes that have no peers now."""
        self._random = random

    def head(self, node: str) -> Block:
        return self._heads[node]

    def sign(self, node: str, signer: str, slot: int, producer: str) -> None:
        """A node signs a block on its own head, and sends it to its peers."""
        if producer == OURS:
            self.signed[slot].append(signer)
        block = Block(self._heads[node].number + 1, slot, producer, signer)
        self._heads[node] = block
        if node not in self.cut_off:
            for peer in (NET, *list(self._heads)):
                if peer != node and peer not in self.cut_off:
                    delay = self._random.uniform(0.02, 0.15)
                    asyncio.get_running_loop().call_later(delay, self._receive, peer, block)

    def join(self, node: str) -> None:
        """The node has peers again: it and they learn of the longer branch."""
        self.cut_off.discard(node)
        longest = max(self._heads[node], self._heads[NET], key=lambda block: block.number)
        self._heads[node] = self._heads[NET] = longest

    async def others(self) -> None:
        """The producers that are not ours sign, each in its slots."""
        slot = self.first
        while True:
            slot += 1
            await asyncio.sleep(max(0.0, slot_time(slot) - true_wall()))
            producer = self.schedule.producer_at(slot)
            if producer != OURS:
                self.sign(NET, NET, slot, producer)

    def doubles(self) -> dict[int, list[str]]:
        """The slots that were signed more than once."""
        return {slot: signers for slot, signers in self.signed.items() if len(signers) > 1}

    def missed(self, since: float, until: float) -> list[int]:
        """The slots of ours that nobody signed, between two moments of simulated time."""
        slots = range(slot_at(START + since) + 1, slot_at(START + until))
        return [slot for slot in slots if self.schedule.producer_at(slot) == OURS and slot not in self.signed]

    def _receive(self, node: str, block: Block) -> None:
        if node not in self.cut_off and block.number > self._heads[node].number:
            self._heads[node] = block
