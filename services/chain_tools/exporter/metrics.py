"""The metrics. docs/services/chain-exporter.md has them as a table, which the tests hold against these."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

PROBE: Final = "probe"
"""The label that says which probe read it. Every metric has it."""

GAUGES: Final[Mapping[str, str]] = {
    "nodeyard_probe_success": "Whether the probe got its answer when it asked last.",
    "nodeyard_account_balance_ether": "The balance of an account in the chain's own coin.",
    "nodeyard_head_block_number": "The newest block that the node has.",
    "nodeyard_head_block_age_seconds": "Since the time in the newest block.",
    "nodeyard_peers": "Peers that the node is connected to.",
    "nodeyard_syncing": "Whether the node says that it still catches up.",
    "nodeyard_voting_power": "The voting power of the node's key in the newest set of validators.",
}
COUNTERS: Final[Mapping[str, str]] = {
    "nodeyard_signed_blocks": "Blocks whose commit has the signature of the node's key, while it was a validator.",
    "nodeyard_missed_blocks": "Blocks whose commit lacks it.",
    "nodeyard_mined_blocks": "Blocks by who made them.",
}
LABELS: Final[Mapping[str, Sequence[str]]] = {
    "nodeyard_account_balance_ether": ("address",),
    "nodeyard_mined_blocks": ("miner",),
}
"""What a metric has besides `probe`."""


@dataclass(frozen=True)
class Reading:
    """One sample."""

    metric: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def families(readings: Mapping[str, Iterable[Reading]]) -> Iterable[Metric]:
    """As Prometheus reads them: what each probe has read last, by the probe's name."""
    for metric, text in [*GAUGES.items(), *COUNTERS.items()]:
        kind = CounterMetricFamily if metric in COUNTERS else GaugeMetricFamily
        extra = LABELS.get(metric, ())
        family = kind(metric, text, labels=[PROBE, *extra])
        for probe, found in readings.items():
            for reading in found:
                if reading.metric == metric:
                    family.add_metric([probe, *(reading.labels[label] for label in extra)], reading.value)
        if family.samples:
            yield family
