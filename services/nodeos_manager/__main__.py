"""`python -m nodeos_manager`: manages one nodeos, as the first process of its container."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from datetime import UTC, datetime

import httpx2
from lightkube import AsyncClient

from .clock import Clock, SystemClock
from .commands import Operator, OperatorSettings
from .freshness import Freshness
from .http_api import application
from .http_fellows import HttpFellows
from .keeper import Keeper, KeeperSettings, stop_in_order
from .kubernetes_lease import KubernetesLease
from .manager import Manager
from .metrics import Metrics
from .nodeos import Data, NodeosSettings, NodeosSoftware
from .nodeos_api import TIMEOUT, HttpNodeos
from .options import arguments
from .peers import PeersWatchdog
from .plugins import Plugin, Plugins
from .process import SystemLauncher
from .production import Production, ProductionSettings
from .proxy import Proxy
from .readings import About, Readings
from .right import AutomaticRight, Identity, ManualRight, Right, Timing
from .serving import server
from .superviser import Limits, Superviser

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
    token = options.token_file.read_text().strip()
    freshness, ours = Freshness(max_latency=options.readiness_max_latency), frozenset(options.producer)
    kubernetes = AsyncClient(namespace=options.namespace)
    store = KubernetesLease(kubernetes, options.namespace, options.lease)
    me = Identity(options.pod_name, options.pod_uid)
    right: Right = AutomaticRight(store, me, clock, timing)
    if options.failover == "manual":
        right = ManualRight(store, me, clock)
    # A connection that is used again may be closed by the other side at that moment: then nobody knows whether a resume
    # was heard.
    once = httpx2.Limits(max_keepalive_connections=0)
    async with httpx2.AsyncClient(trust_env=False, limits=once) as http:
        nodeos = HttpNodeos(http, options.api_addr, clock)
        data = Data(options.data_dir)
        program = NodeosSettings(options.nodeos_path, options.config_dir, data, tuple(options.nodeos_arg))
        software = NodeosSoftware(program, logging.getLogger("nodeos"))
        superviser = Superviser(software, SystemLauncher(), clock, Limits(stop=options.stop_wait), log)
        production = Production(
            nodeos, superviser, clock, ProductionSettings(ours, freshness, margin=timing.fence + TIMEOUT)
        )
        fellows = HttpFellows(http, dict(fellow.split("=", 1) for fellow in options.fellow), token, clock)
        settings = KeeperSettings(ours, timing, freshness, first=options.first)
        keeper = Keeper(right, production, nodeos, superviser, fellows, clock, settings, log)
        operator = Operator(clock, OperatorSettings(), log)
        about = About(options.pod_name, options.flavour, options.bp_mode, options.failover, ours, options.data_dir)
        others: list[Plugin] = [PeersWatchdog(nodeos, options.peer, clock, log)]
        readings = Readings(about, nodeos, superviser, clock, production, right, Plugins(others, clock, log).status)
        plugins = Plugins([readings, *others], clock, log)
        manager = Manager(
            options.pod_name, superviser, keeper, production, nodeos, operator, clock, freshness, readings
        )
        proxy = Proxy(manager.health, http, options.api_addr, clock).application()
        servers = [
            server(application(manager, token), options.host, options.manager_api_port),
            server(proxy, options.host, options.proxy_port),
            server(Metrics(readings, operator).application(), options.host, options.metrics_port),
        ]
        serving = [asyncio.create_task(each.serve()) for each in servers]
        managing = asyncio.create_task(manager.run())
        beside = asyncio.create_task(plugins.run(manager))
        await _told_to_stop(managing, *serving)
        log.info("the manager stops")
        if managing.done():
            # Its fence has ended with it: nothing may produce from here on.
            await keeper.pause_or_kill()
        # The fence looks on until nodeos is gone.
        await stop_in_order(keeper, superviser, options.stop_pause, options.stop_wait)
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


def main() -> None:
    log_as_json()
    asyncio.run(manage(arguments(sys.argv[1:]), SystemClock(), Timing()))


if __name__ == "__main__":
    main()
