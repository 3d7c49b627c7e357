"""The metrics, for Prometheus. docs/services/nodeos-manager.md has them as a table, which the tests hold against these.

A scrape asks nobody: it says what `Readings` has read last. What is not known has no sample.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, make_asgi_app
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from .. import __version__
from ..commands import Operator
from ..nodeos.superviser import State
from ..production.proof import Standing
from ..production.schedule import Round
from .readings import Readings

Value = float | bool | None


class Metrics(Collector):
    """All metrics of one manager. They are the registry's only ones."""

    def __init__(self, readings: Readings, operator: Operator) -> None:
        self._readings = readings
        self._operator = operator

    def application(self) -> Any:
        """The ASGI application that answers scrapes."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return make_asgi_app(registry)

    def collect(self) -> Iterable[Metric]:
        yield from self._about_nodeos()
        yield from self._about_the_chain()
        if self._readings.about.bp_mode:
            yield from self._about_production()
        yield from self._about_room()
        yield from self._about_copies()
        yield from self._about_the_manager()

    def _about_nodeos(self) -> Iterable[Metric]:
        readings = self._readings
        yield _gauge("nodeos_up", "Whether nodeos answered when it was asked last.", readings.answers)
        yield _one_of("nodeos_state", "The state of nodeos' process: one is 1.", State, readings.superviser.state)
        yield _counter("nodeos_restarts", "Starts of nodeos after the first one.", readings.restarts())
        yield _gauge("nodeos_peers", "Peers whose handshake has come.", readings.peers)

    def _about_the_chain(self) -> Iterable[Metric]:
        head = self._readings.head
        number = head.number if head else None
        irreversible = head.irreversible if head else None
        yield _gauge("nodeos_head_block_number", "The newest block that nodeos has.", number)
        yield _gauge("nodeos_head_block_age_seconds", "Since the newest block's slot.", self._readings.head_age())
        yield _gauge("nodeos_irreversible_block_number", "The newest block that cannot be undone.", irreversible)

    def _about_production(self) -> Iterable[Metric]:
        readings = self._readings
        standing, right, blocks = readings.standing, readings.right, readings.blocks
        paused = None if standing is None else standing is not Standing.MAY_PRODUCE
        held = right.remaining() > 0 if right else None
        yield _gauge("nodeos_paused", "Whether it is proved that nodeos makes no block: paused or stopped.", paused)
        yield _gauge("nodeos_right_held", "Whether this ordinal holds the right to produce.", held)
        yield _gauge(
            "nodeos_in_schedule", "Whether the chain's schedule has one of our names.", readings.is_scheduled()
        )
        yield _one_of("nodeos_round", "Where we are in the round: one is 1.", Round, readings.round())
        yield _counter("nodeos_produced_blocks", "Blocks under our names, by any of our ordinals.", blocks.produced)
        yield _counter("nodeos_missed_blocks", "Slots of ours in which no block came.", blocks.missed)

    def _about_room(self) -> Iterable[Metric]:
        database, disk = self._readings.database, self._readings.disk
        yield _gauge(
            "nodeos_database_size_bytes", "Of the chain state's database.", database.size if database else None
        )
        yield _gauge("nodeos_database_free_bytes", "What is free of that.", database.free if database else None)
        yield _gauge("nodeos_disk_size_bytes", "Of the data directory's disk.", disk.size if disk else None)
        yield _gauge("nodeos_disk_free_bytes", "What is free of that.", disk.free if disk else None)

    def _about_copies(self) -> Iterable[Metric]:
        added = self._readings.added()
        for kind in ("snapshot", "backup"):
            newest = added.get(kind)
            age = newest.get("age") if isinstance(newest, Mapping) else None
            yield _gauge(f"nodeos_{kind}_age_seconds", f"Since the newest {kind} in the bucket was made.", age)

    def _about_the_manager(self) -> Iterable[Metric]:
        pending = bool(self._readings.added().get("reload_pending", False))
        yield _gauge("nodeos_reload_pending", "Whether the mounted configuration is not the one that runs.", pending)
        commands = CounterMetricFamily(
            "nodeos_commands", "Commands that have ended, by name and outcome.", labels=["command", "outcome"]
        )
        for (command, outcome), count in self._operator.ended.items():
            commands.add_metric([command, outcome], count)
        yield commands
        about = self._readings.about
        told = {"version": __version__, "ordinal": about.ordinal, "flavour": about.flavour, "failover": about.failover}
        yield InfoMetricFamily("nodeos_manager", "The manager.", value=told)


def _gauge(name: str, documentation: str, value: Value) -> Metric:
    family = GaugeMetricFamily(name, documentation)
    if value is not None:
        family.add_metric([], float(value))
    return family


def _counter(name: str, documentation: str, value: float) -> Metric:
    """Its sample's name ends in `_total`."""
    return CounterMetricFamily(name, documentation, value=value)


def _one_of(name: str, documentation: str, words: Iterable[str], word: str | None) -> Metric:
    """One sample a word, its label named as the metric's end. The text format has no type for a state set."""
    family = GaugeMetricFamily(name, documentation, labels=[name.removeprefix("nodeos_")])
    for each in words if word is not None else ():
        family.add_metric([each], float(each == word))
    return family
