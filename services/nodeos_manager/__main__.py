"""`python -m nodeos_manager`: manages one nodeos, as the first process of its container."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from datetime import UTC, datetime

import httpx2

from chain_store.clock import Clock, SystemClock

from .assembly import assembled
from .http.serving import server
from .options import arguments
from .production.keeper import stop_in_order
from .production.right import Timing

_LEVELS = {logging.WARNING: "warn"}


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": _LEVELS.get(record.levelno, record.levelname.lower()),
            "from": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


async def manage(options: argparse.Namespace, clock: Clock, timing: Timing) -> None:
    """Runs until SIGTERM or SIGINT, and stops nodeos in order then."""
    log = logging.getLogger("manager")
    # A connection that is used again may be closed by the other side at that moment: then nobody knows whether a resume
    # was heard.
    once = httpx2.Limits(max_keepalive_connections=0)
    async with httpx2.AsyncClient(trust_env=False, limits=once) as http:
        node = assembled(options, http, clock, log, timing)
        manager = node.manager
        servers = [server(application, options.host, port) for application, port in node.applications]
        serving = [asyncio.create_task(each.serve()) for each in servers]
        managing = asyncio.create_task(manager.run())
        beside = asyncio.create_task(node.plugins.run(manager))
        await _told_to_stop(managing, *serving)
        log.info("the manager stops")
        if managing.done():
            # Its fence has ended with it: nothing may produce from here on.
            await manager.keeper.pause_or_kill()
        # The fence looks on until nodeos is gone.
        await stop_in_order(manager.keeper, manager.superviser, options.stop_pause, options.stop_wait)
        for each in servers:
            each.should_exit = True
        managing.cancel()
        beside.cancel()
        await asyncio.gather(managing, beside, *serving, return_exceptions=True)
        if not managing.cancelled():
            managing.result()


async def _told_to_stop(*work: asyncio.Task[None]) -> None:
    """Until a signal comes, or one of the tasks ends, which none does in order."""
    told = asyncio.Event()
    for which in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(which, told.set)
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({*work, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


def log_as_json() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # It has a line for each request: several a second.
    logging.getLogger("httpx2").setLevel(logging.WARNING)


def main() -> None:
    log_as_json()
    asyncio.run(manage(arguments(sys.argv[1:]), SystemClock(), Timing()))


if __name__ == "__main__":
    main()
