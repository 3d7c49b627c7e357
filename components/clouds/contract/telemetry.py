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
    """A condition on one metric of a machine. Somebody is told while the condition holds."""

    name: str
    description: str
    """What the reader of the alarm should know."""
    metric: str
    """The name of a metric that the machine's collector sends."""
    condition: Literal["not advancing", "below", "above", "missing"]
    """`not advancing`: the value stays the same. `below`, `above`: the value is beyond `threshold`. `missing`: there is
    no value. A metric without values raises the other three as well."""
    threshold: float = 0
    """For `below` and `above`."""
    minutes: int = 15
    """How long the condition must hold."""


SystemPanel = Literal[
    "cpu", "network", "memory", "iowait", "disk iops", "disk latency", "disk throughput", "disk used", "none"
]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel of a dashboard."""

    title: str
    metrics: Sequence[str] = ()
    """The names of the metrics of the machine's collector."""
    system: SystemPanel = "none"
    """A metric that the cloud itself or its agent has of every machine."""
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class TelemetrySpec:
    """A machine's dashboard and alarms."""

    node: str
    """The node's name, which is the value of the metrics' one dimension."""
    machine: Machine
    disk: Disk
    namespace: str
    """The namespace of the metrics."""
    panels: Sequence[Panel]
    alarms: Sequence[Alarm]
    notify: str | None = None
    """Who hears of alarms. AWS: the ARN of an SNS topic. Azure: the id of an action group. Google Cloud: the id of a
    notification channel."""


class Telemetry(pulumi.ComponentResource):
    """The dashboard and the alarms that a cloud made of a `TelemetrySpec`."""

    dashboard: Output[str]
    """The dashboard's URL or name."""
    alarms: Output[list[str]]
    """The names or ids of the alarms."""
