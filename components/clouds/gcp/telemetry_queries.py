"""How Cloud Monitoring is asked for a machine's metrics: alarms in PromQL, panels by filters."""

import re
from dataclasses import dataclass
from typing import Literal

from ..contract.machine_boot import DIMENSION
from ..contract.telemetry import Alarm, SystemPanel
from .machine_boot import DEVICE

DATA_DISK = f'metric.labels.device_name="{DEVICE}"'

WINDOW = 3
"""Minutes of which a condition looks at what was sent each minute."""


def metric_type(namespace: str, metric: str) -> str:
    return f"custom.googleapis.com/{namespace}/{metric}"


def promql(type_: str) -> str:
    """A metric's name in PromQL: the first `/` is a `:`, and every other special character is a `_` ("Mapping Cloud
    Monitoring metrics to PromQL")."""
    return re.sub(r"[^\w:]", "_", type_.replace("/", ":", 1))


def condition(alarm: Alarm, namespace: str, node: str) -> str:
    """The PromQL that has an answer while something is wrong. A machine that was replaced leaves a series of its own
    for a while, so that all of the node's are looked at."""
    name = promql(metric_type(namespace, alarm.metric))
    series = f'{name}{{monitored_resource="gce_instance",{DIMENSION}="{node}"}}[{WINDOW}m]'
    # Without labels, as what it stands beside: each set of labels would have a time of its own to hold.
    silent = f"sum(absent_over_time({series}))"
    wrong = {
        "not advancing": f"sum(changes({series})) == 0",
        "below": f"max(max_over_time({series})) < {alarm.threshold:g}",
        "above": f"max(max_over_time({series})) > {alarm.threshold:g}",
        "missing": "",
    }[alarm.condition]
    return f"{wrong} or {silent}" if wrong else silent


def duration(alarm: Alarm) -> str:
    """How long that has to hold: the condition itself looks back `WINDOW` minutes."""
    return f"{60 * max(alarm.minutes - WINDOW, 0)}s"


@dataclass(frozen=True)
class Series:
    """What a panel draws of a metric."""

    metric: str
    where: str = ""
    aligner: Literal["ALIGN_MEAN", "ALIGN_RATE"] = "ALIGN_MEAN"
    reducer: Literal["REDUCE_NONE", "REDUCE_MEAN", "REDUCE_MAX", "REDUCE_SUM"] = "REDUCE_NONE"


def _compute(what: str, data_disk: bool = False) -> Series:
    """A count of what the host sees."""
    where = DATA_DISK if data_disk else ""
    return Series(f"compute.googleapis.com/instance/{what}", where, "ALIGN_RATE", "REDUCE_SUM")


SYSTEM: dict[SystemPanel, tuple[Series, ...]] = {
    "cpu": (Series("compute.googleapis.com/instance/cpu/utilization"),),
    "network": (_compute("network/received_bytes_count"), _compute("network/sent_bytes_count")),
    "memory": (Series("agent.googleapis.com/memory/percent_used", 'metric.labels.state="used"'),),
    "iowait": (
        Series("agent.googleapis.com/cpu/utilization", 'metric.labels.cpu_state="wait"', reducer="REDUCE_MEAN"),
    ),
    "disk iops": (_compute("disk/read_ops_count", True), _compute("disk/write_ops_count", True)),
    "disk latency": (Series("compute.googleapis.com/instance/disk/average_io_latency", DATA_DISK),),
    "disk throughput": (_compute("disk/read_bytes_count", True), _compute("disk/write_bytes_count", True)),
    "disk used": (Series("agent.googleapis.com/disk/percent_used", 'metric.labels.state="used"'),),
    "none": (),
}
"""The lists of Compute Engine's metrics, which need nothing, and of the Ops Agent's."""
