"""The peers' watchdog, in simulated time."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast

from nodeos_manager.nodeos.nodeos_api import Connection, Unanswered
from nodeos_manager.plugins.peers import PeersWatchdog
from tests.services.nodeos_manager.simulation.loop import simulated
from tests.services.nodeos_manager.stand_ins import clock

NO_MANAGER = cast(Any, None)


class Net:
    def __init__(self) -> None:
        self.up = {"a:9876", "b:9876"}
        self.asked: list[tuple[int, str, str]] = []
        self.is_silent = False

    async def connections(self) -> list[Connection]:
        if self.is_silent:
            raise Unanswered("hangs")
        return [Connection(peer, peer in self.up) for peer in ("a:9876", "b:9876")]

    async def connect(self, peer: str) -> None:
        self._ask("connect", peer)

    async def disconnect(self, peer: str) -> None:
        self._ask("disconnect", peer)

    def _ask(self, what: str, peer: str) -> None:
        self.asked.append((round(asyncio.get_running_loop().time()), what, peer))


def watched(net: Net, seconds: float, *changes: tuple[float, Callable[[], None]]) -> list[tuple[int, str, str]]:
    """What it asks within so many seconds, and when."""

    async def run() -> None:
        watchdog = PeersWatchdog(net, ["a:9876", "b:9876"], clock(), logging.getLogger("test"))
        running = asyncio.create_task(watchdog.run(NO_MANAGER))
        for moment, change in changes:
            asyncio.get_running_loop().call_later(moment, change)
        await asyncio.sleep(seconds)
        running.cancel()

    simulated(run())
    return net.asked


def test_peers_that_are_connected_are_left_alone() -> None:
    assert watched(Net(), 300) == []


def test_a_peer_that_stays_away_is_connected_anew_and_then_left_alone_for_a_while() -> None:
    net = Net()
    net.up.discard("b:9876")
    again = [(moment, what, "b:9876") for moment in (15, 55) for what in ("disconnect", "connect")]
    assert watched(net, 60) == again


def test_a_peer_that_comes_back_by_itself_is_left_alone() -> None:
    net = Net()
    net.up.discard("b:9876")
    assert watched(net, 100, (12.0, lambda: net.up.add("b:9876"))) == []


def test_a_nodeos_that_does_not_answer_says_nothing_of_its_peers() -> None:
    net = Net()
    net.is_silent = True
    assert watched(net, 100) == []
