"""What runs beside the core: log parsing, metrics, the peers' watchdog, the schedules of snapshots and backups.

Nothing here decides who produces. A plugin that fails is logged and runs anew: it never ends the manager.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from chain_store.clock import Clock

if TYPE_CHECKING:
    from ..manager import Manager

_AGAIN = 30.0
"""Seconds after which a plugin that failed runs anew."""


class Plugin:
    """A subclass overrides what it wants. What it needs besides the manager, its own constructor takes.

    What changes something goes through `manager.operator.submit(name, work)`: one command runs at a time. What stops
    nodeos, or needs it paused, does so inside `manager.keeper.resting(timeout)`, which an API node has as well."""

    name = "a plugin"
    """In the field's words, for the log."""

    async def run(self, manager: "Manager") -> None:
        """Runs beside the manager until it is cancelled, and waits by the manager's clock. One that returns is done."""

    def said(self, line: str) -> None:
        """nodeos wrote a line. It is called on the event loop, for each one: it is quick."""

    def status(self) -> Mapping[str, object]:
        """What this plugin adds to the answer of GET `status`. It asks nobody: it says what it last saw."""
        return {}


class Plugins(Plugin):
    """Several plugins, as one."""

    name = "plugins"

    def __init__(self, plugins: Sequence[Plugin], clock: Clock, log: logging.Logger) -> None:
        self._plugins = plugins
        self._clock = clock
        self._log = log

    async def run(self, manager: "Manager") -> None:
        """Runs until it is cancelled, or all plugins are done."""
        await asyncio.gather(*(self._keep_running(plugin, manager) for plugin in self._plugins))

    def said(self, line: str) -> None:
        for plugin in self._plugins:
            try:
                plugin.said(line)
            except Exception:
                self._log.exception("%s failed on a line", plugin.name)

    def status(self) -> dict[str, object]:
        """What all plugins add to GET `status`."""
        told: dict[str, object] = {}
        for plugin in self._plugins:
            try:
                told.update(plugin.status())
            except Exception:
                self._log.exception("%s has no status", plugin.name)
        return told

    async def _keep_running(self, plugin: Plugin, manager: "Manager") -> None:
        while True:
            try:
                await plugin.run(manager)
            except Exception:
                self._log.exception("%s failed, and runs anew in %g s", plugin.name, _AGAIN)
            else:
                return
            await self._clock.sleep(_AGAIN)
