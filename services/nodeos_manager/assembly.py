"""What the manager of one node is put together from: a producer's, or an API node's."""

import argparse
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from lightkube import AsyncClient

from chain_store.clock import Clock

from .commands import Operator, OperatorSettings
from .http.http_api import application
from .http.proxy import Proxy
from .manager import Manager
from .nodeos.config_file import Ours
from .nodeos.configuration import Configuration, Keys
from .nodeos.nodeos import Data, NodeosSettings, NodeosSoftware
from .nodeos.nodeos_api import TIMEOUT, HttpNodeos
from .nodeos.process import SystemLauncher
from .nodeos.signers import Signer
from .nodeos.superviser import Limits, Superviser
from .plugins.block_lines import BlockLines
from .plugins.metrics import Metrics
from .plugins.peers import PeersWatchdog
from .plugins.plugins import Plugin, Plugins
from .plugins.readings import About, Readings
from .plugins.reloads import Reloads
from .production.api_node import NeverProduces
from .production.finalizer import Finalizer, FinalizerWatch
from .production.freshness import Freshness
from .production.http_fellows import HttpFellows
from .production.keeper import Keeper, KeeperSettings
from .production.kubernetes_lease import KubernetesLease, KubernetesLedger
from .production.production import Production, ProductionSettings
from .production.right import AutomaticRight, Identity, ManualRight, Right, Timing
from .store.assembly import copies, schedules
from .store.swap import complete
from .store.turns import never, produces


@dataclass(frozen=True)
class Node:
    """A manager that is put together and does not run yet."""

    manager: Manager
    plugins: Plugins
    applications: Sequence[tuple[Any, int]]
    """What is served, and on which port."""


@dataclass(frozen=True)
class Parts:
    """What both kinds of node have."""

    options: argparse.Namespace
    http: httpx2.AsyncClient
    clock: Clock
    log: logging.Logger
    nodeos: HttpNodeos
    keys: Keys
    freshness: Freshness
    fellows: HttpFellows
    timing: Timing

    @property
    def producers(self) -> frozenset[str]:
        return frozenset(self.options.producer)


@dataclass(frozen=True)
class Producing:
    """What only a producer has."""

    right: Right
    production: Production
    keeper: Keeper


def assembled(
    options: argparse.Namespace, http: httpx2.AsyncClient, clock: Clock, log: logging.Logger, timing: Timing
) -> Node:
    """Puts it together by the command line. Raises OSError, ValueError for a token that cannot be had."""
    token = options.token_file.read_text().strip()
    kubernetes = AsyncClient(namespace=options.namespace) if options.bp_mode else None
    nodeos = HttpNodeos(http, options.api_addr, clock)
    keys = _keys(options, http, clock, nodeos, kubernetes)
    fellows = HttpFellows(http, dict(fellow.split("=", 1) for fellow in options.fellow), token, clock)
    freshness = Freshness(max_latency=options.readiness_max_latency)
    parts = Parts(options, http, clock, log, nodeos, keys, freshness, fellows, timing)
    configuration = _configuration(parts)
    beside = Plugins(_plugins(parts, configuration), clock, log)
    superviser = _superviser(parts, configuration, beside)
    producing = None if kubernetes is None else _producing(parts, superviser, kubernetes)
    return _node(parts, token, configuration, superviser, producing, beside)


def _plugins(parts: Parts, configuration: Configuration) -> list[Plugin]:
    options, finalizer = parts.options, parts.keys.finalizer
    plugins: list[Plugin] = [
        BlockLines(),
        PeersWatchdog(parts.nodeos, options.peer, parts.clock, parts.log),
        Reloads(configuration, parts.fellows, parts.clock),
    ]
    if finalizer is not None:
        plugins.append(FinalizerWatch(finalizer, parts.clock))
    return plugins


def _node(
    parts: Parts,
    token: str,
    configuration: Configuration,
    superviser: Superviser,
    producing: Producing | None,
    beside: Plugins,
) -> Node:
    options, nodeos, clock = parts.options, parts.nodeos, parts.clock
    keeper: Keeper | NeverProduces = NeverProduces()
    production, right = None, None
    idle: Callable[[], Awaitable[str | None]] = never
    if producing is not None:
        production, right, keeper = producing.production, producing.right, producing.keeper
        idle = produces(superviser, production, right, nodeos, parts.producers, clock)
    kept = copies(options, nodeos, superviser, keeper, idle, clock, parts.log)
    plugins = Plugins([beside, schedules(options, kept, nodeos, clock, parts.log)], clock, parts.log)
    readings = Readings(_about(parts), nodeos, superviser, clock, production, right, plugins.status)
    operator = Operator(clock, OperatorSettings(), parts.log)
    manager = Manager(
        options.pod_name,
        superviser,
        keeper,
        production,
        nodeos,
        operator,
        clock,
        parts.freshness,
        readings,
        configuration,
        parts.keys.finalizer,
        kept,
    )
    applications = [
        (application(manager, token), options.manager_api_port),
        (Proxy(manager.health, parts.http, options.api_addr, clock).application(), options.proxy_port),
        (Metrics(readings, operator).application(), options.metrics_port),
    ]
    return Node(manager, Plugins([readings, plugins], clock, parts.log), applications)


def _about(parts: Parts) -> About:
    options = parts.options
    return About(
        options.pod_name, options.flavour, options.bp_mode, options.failover, parts.producers, options.data_dir
    )


def _keys(
    options: argparse.Namespace,
    http: httpx2.AsyncClient,
    clock: Clock,
    nodeos: HttpNodeos,
    kubernetes: AsyncClient | None,
) -> Keys:
    if kubernetes is None:
        return Keys()
    signer = Signer(http, options.signer_url, clock) if options.signer_url else None
    finalizer = None
    if options.finalizer_key_file is not None:
        # All ordinals write in one ledger: so a key that two of them have starts at one of them only.
        ledger = KubernetesLedger(kubernetes, options.namespace, f"{options.lease}-finalizers")
        finalizer = Finalizer(
            options.finalizer_key_file, Data(options.data_dir), options.disk_id, ledger, nodeos.active_finalizers
        )
    return Keys(options.signature_provider_file, signer, finalizer)


def _configuration(parts: Parts) -> Configuration:
    options = parts.options
    ours = Ours(urlsplit(options.api_addr).netloc, options.peer, options.producer)
    return Configuration(options.config_dir, options.run_dir, ours, parts.keys, options.nodeos_arg)


def _superviser(parts: Parts, configuration: Configuration, beside: Plugins) -> Superviser:
    options = parts.options
    settings = NodeosSettings(
        options.nodeos_path, options.config_dir, Data(options.data_dir), tuple(options.nodeos_arg), options.run_dir
    )
    software = NodeosSoftware(settings, logging.getLogger("nodeos"), beside.said)
    limits = Limits(stop=options.stop_wait)

    async def prepare() -> None:
        await complete(settings.data)
        await configuration.write()

    return Superviser(software, SystemLauncher(), parts.clock, limits, parts.log, prepare)


def _producing(parts: Parts, superviser: Superviser, kubernetes: AsyncClient) -> Producing:
    options, clock = parts.options, parts.clock
    store = KubernetesLease(kubernetes, options.namespace, options.lease)
    me = Identity(options.pod_name, options.pod_uid)
    right: Right = AutomaticRight(store, me, clock, parts.timing)
    if options.failover == "manual":
        right = ManualRight(store, me, clock)
    margin = parts.timing.fence + TIMEOUT
    how = ProductionSettings(parts.producers, parts.freshness, margin=margin)
    production = Production(parts.nodeos, superviser, clock, how)
    settings = KeeperSettings(
        parts.producers, parts.timing, parts.freshness, can_sign=parts.keys.can_sign, first=options.first
    )
    keeper = Keeper(right, production, parts.nodeos, superviser, parts.fellows, clock, settings, parts.log)
    return Producing(right, production, keeper)
