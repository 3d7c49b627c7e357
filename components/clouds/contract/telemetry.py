"""What is watched of a machine: its dashboard and its alarms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi import Output

from .disk import Disk
from .machine import Machine


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Tells somebody when a metric of a machine says what nobody wants to hear."""

    name: str
    description: str
    metric: str
    condition: Literal["not advancing", "below", "above", "missing"]
    """`not advancing`: the same value for `minutes`. `missing`: no value for `minutes`. A metric without values also
    raises the others."""
    threshold: float = 0
    minutes: int = 15


SystemPanel = Literal[
    "cpu", "network", "memory", "iowait", "disk iops", "disk latency", "disk throughput", "disk used", "none"
]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel of a dashboard: metrics of the collector, or of the cloud itself (`system`)."""

    title: str
    metrics: Sequence[str] = ()
    system: SystemPanel = "none"
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class TelemetrySpec:
    """A machine's dashboard and alarms."""

    node: str
    """The value of the metrics' one dimension."""
    machine: Machine
    disk: Disk
    namespace: str
    panels: Sequence[Panel]
    alarms: Sequence[Alarm]
    notify: str | None = None
    """ARN of an SNS topic (AWS), id of an action group (Azure) or of a notification channel (Google Cloud)."""


class Telemetry(pulumi.ComponentResource):
    dashboard: Output[str]
    """Where to look at it."""
    alarms: Output[list[str]]
