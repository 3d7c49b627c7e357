"""A clique chain that stands still because signers stand at one height, each on a block of its own.

Just over half of the signers run. Two of them signed out of turn at once, so that neither block weighs more, and
neither may sign the next one. One that takes the other's block may.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from ..errors import BadInput, Unhealthy, Unreachable
from ..reach.answers import Wrong, shaped
from ..workloads.cluster import Cluster
from ..workloads.tasks import Task
from . import miners

ASK: Final = (
    'var head = eth.getBlock("latest"); JSON.stringify({number: head.number, hash: head.hash, '
    "difficulty: head.difficulty, signer: head.number ? clique.getSigner(head.hash) : null})"
)
"""What a miner is asked."""
_IN_TURN: Final = 2
"""The difficulty of a block whose signer's turn it was (EIP-225)."""
_PERIODS: Final = 3
"""So long no miner takes a block, where a chain stands still. The number is ours."""
_OUT_OF_TURN_SECONDS: Final = 10.0
"""What signers out of turn may wait besides: half a second for every second signer, of 30 at most."""
_ANSWER_SECONDS: Final = 30.0
"""For one console to answer."""
_LOOK_SECONDS = 5.0


class Block(BaseModel):
    """A miner's newest one."""

    number: int
    hash: str
    difficulty: int
    signer: str | None
    """None of the genesis, which nobody signed."""

    @property
    def is_in_turn(self) -> bool:
        return self.difficulty == _IN_TURN


@dataclass(frozen=True)
class Miner:
    """One that runs."""

    task: Task
    account: str
    head: Block | None
    """None where its console did not answer."""

    @property
    def name(self) -> str:
        return self.task.name


@dataclass(frozen=True)
class Sight:
    """What was seen of the miners that run."""

    miners: Sequence[Miner]
    moved: str
    """A miner that took another block meanwhile; empty where none did."""

    @property
    def silent(self) -> list[str]:
        return [each.name for each in self.miners if each.head is None]

    @property
    def height(self) -> int:
        """The highest."""
        return max((each.head.number for each in self.miners if each.head), default=0)

    def opposed(self) -> list[tuple[Miner, Block]]:
        """The miners at the highest height at which there are two blocks, with theirs."""
        found = [(each, each.head) for each in self.miners if each.head]
        for height in sorted({head.number for _, head in found}, reverse=True):
            there = [(each, head) for each, head in found if head.number == height]
            if len({head.hash for _, head in there}) > 1:
                return there
        return []

    def able(self) -> list[Miner]:
        """Those of which one may go back, the best first: it made its block, and so waits for another's. The lighter
        block goes, and the one on which fewer stand."""
        there = self.opposed()
        hashes = [head.hash for _, head in there]
        own = [(each, head) for each, head in there if (head.signer or "").lower() == each.account]
        return [each for each, _ in sorted(own, key=lambda one: (one[1].difficulty, hashes.count(one[1].hash)))]


def back_to(number: int) -> str:
    """The script that takes a miner back to a block, and parts it from its peers: a node looks for a heavier chain when
    a peer comes. They dial it again."""
    return f'debug.setHead("{number:#x}"); admin.peers.forEach(function (peer) {{ admin.removePeer(peer.enode) }})'


def watched_seconds(period: int) -> float:
    return _PERIODS * period + _OUT_OF_TURN_SECONDS


async def watch(cluster: Cluster, running: Mapping[str, Task], period: int) -> Sight:
    """Looks twice. By no clock of ours, which may be wrong."""
    before = await _look(cluster, running)
    await asyncio.sleep(watched_seconds(period))
    after = await _look(cluster, running)
    pairs = list(zip(before, after, strict=True))
    moved = next((new.name for old, new in pairs if old.head and new.head and old.head != new.head), "")
    return Sight([new if old.head else old for old, new in pairs], moved)


def chosen(sight: Sight, stack: str, wanted: str | None) -> Miner:
    """The miner that goes back. Raises `BadInput`, `Unhealthy` and `Unreachable`, each in one sentence, where none
    should."""
    if sight.silent:
        raise Unreachable(f"{', '.join(sight.silent)} did not say at which block it stands: nothing was changed.")
    able = sight.able()
    if not able:
        raise Unhealthy(
            f"The chain of {stack} stands still at block {sight.height}, and no miner that runs stands on a block of "
            "its own against another's: no step back would help, and nothing was changed."
        )
    if wanted is None:
        return able[0]
    for each in able:
        if each.name == wanted:
            return each
    names = ", ".join(each.name for each in able)
    raise BadInput(f"{wanted} stands on no block of its own against another's. One of these may go back: {names}.")


async def step_back(cluster: Cluster, miner: Miner) -> None:
    """Raises `Unhealthy` and `Unreachable`."""
    now = await _head(cluster, miner.task)
    if now != miner.head:
        raise Unhealthy(f"{miner.name} has another block by now: nothing was changed.")
    printed = await miners.ask(cluster, miner.task, back_to(now.number - 1), _ANSWER_SECONDS)
    if printed != "undefined":  # what a script that came to its end leaves
        raise Unhealthy(f"{miner.name} did not do all of it: {printed}")


async def goes_on(cluster: Cluster, running: Mapping[str, Task], above: int, patience: float) -> str:
    """Waits until a miner has a block above this height. Returns that in a sentence. Raises `Unhealthy`."""
    end = time.monotonic() + patience
    while True:
        for each in await _look(cluster, running):
            if each.head and each.head.number > above:
                return f"The chain goes on: {each.name} has block {each.head.number}."
        if time.monotonic() > end:
            raise Unhealthy(f"No block above {above} came in {patience:g} seconds: look again later.")
        await asyncio.sleep(_LOOK_SECONDS)


async def _look(cluster: Cluster, running: Mapping[str, Task]) -> list[Miner]:
    async def one(account: str, task: Task) -> Miner:
        try:
            return Miner(task, account, await _head(cluster, task))
        except Unreachable:
            return Miner(task, account, None)

    return list(await asyncio.gather(*(one(account, task) for account, task in running.items())))


async def _head(cluster: Cluster, task: Task) -> Block:
    """Raises `Unreachable`."""
    printed = await miners.ask(cluster, task, ASK, _ANSWER_SECONDS)
    try:
        return shaped(miners.read(printed), Block, "core-geth's console")
    except (Wrong, ValueError, TypeError):
        raise Unreachable(f"{task.name} did not say at which block it stands.") from None
