"""Asks every probe on an interval, each on its own: one that hangs holds up no other, and no scrape."""

import asyncio
import logging
from collections.abc import Iterable, Sequence

import httpx2
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ..rpc import client
from .metrics import Reading, families
from .probes import Probe

_LOG = logging.getLogger("chain_tools.exporter")


class Watch(Collector):
    """What all probes have read last. A probe that failed last tells that, and nothing else: an old value is none."""

    def __init__(self, probes: Sequence[Probe], interval: float) -> None:
        self._probes = probes
        self._interval = interval
        self._readings: dict[str, Sequence[Reading]] = {}

    async def run(self) -> None:
        async with client() as http, asyncio.TaskGroup() as tasks:
            for probe in self._probes:
                tasks.create_task(self._keep(probe, http))

    def collect(self) -> Iterable[Metric]:
        return families(dict(self._readings))

    async def _keep(self, probe: Probe, http: httpx2.AsyncClient) -> None:
        while True:
            self._readings[probe.name] = await self._ask(probe, http)
            await asyncio.sleep(self._interval)

    async def _ask(self, probe: Probe, http: httpx2.AsyncClient) -> Sequence[Reading]:
        try:
            async with asyncio.timeout(self._interval):
                return [*await probe.read(http), Reading("nodeyard_probe_success", 1)]
        # Whatever a node answers must not end the exporter. The message is not told: it may name a secret URL.
        except Exception as failed:
            _LOG.warning("%s does not answer: %s", probe.name, type(failed.__cause__ or failed).__name__)
            return [Reading("nodeyard_probe_success", 0)]
