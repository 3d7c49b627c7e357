"""Plugins: they run beside the manager, hear nodeos' lines, and never end the manager."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, cast

import pytest

from nodeos_manager.plugins.plugins import Plugin, Plugins
from tests.services.nodeos_manager.simulation.loop import simulated
from tests.services.nodeos_manager.stand_ins import clock

LOG = logging.getLogger("test")
NO_MANAGER = cast(Any, None)


class Counting(Plugin):
    name = "counting"

    def __init__(self, fails: int = 0) -> None:
        self.fails = fails
        self.runs = 0
        self.lines: list[str] = []

    async def run(self, manager: Any) -> None:
        self.runs += 1
        if self.runs <= self.fails:
            raise RuntimeError("broken")
        await asyncio.Event().wait()

    def said(self, line: str) -> None:
        if line == "broken":
            raise ValueError(line)
        self.lines.append(line)

    def status(self) -> Mapping[str, object]:
        return {"lines": len(self.lines)}


class Silent(Plugin):
    name = "silent"


def test_a_plugin_that_fails_runs_anew_and_the_others_go_on() -> None:
    failing, other = Counting(fails=2), Counting()

    async def run() -> None:
        running = asyncio.create_task(Plugins([failing, other], clock(), LOG).run(NO_MANAGER))
        await asyncio.sleep(70.0)
        assert (failing.runs, other.runs, running.done()) == (3, 1, False)
        running.cancel()

    simulated(run())


def test_every_plugin_hears_every_line_though_one_fails_on_it(caplog: pytest.LogCaptureFixture) -> None:
    first, second = Counting(), Counting()
    plugins = Plugins([first, second], clock_that_is_not_used(), LOG)
    plugins.said("broken")
    plugins.said("info a block")
    assert first.lines == second.lines == ["info a block"]
    assert "counting failed on a line" in caplog.text


def test_the_status_is_what_all_plugins_add() -> None:
    assert Plugins([Silent(), Counting()], clock_that_is_not_used(), LOG).status() == {"lines": 0}


def test_plugins_that_want_nothing_are_done_at_once() -> None:
    async def run() -> None:
        await Plugins([Silent()], clock(), LOG).run(NO_MANAGER)

    simulated(run())


def clock_that_is_not_used() -> Any:
    return None
