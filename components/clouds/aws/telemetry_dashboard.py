"""The body of a machine's CloudWatch dashboard (CloudWatch API reference, "Dashboard body structure and syntax")."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contract.machine_boot import DIMENSION
from ..contract.telemetry import Panel

WIDTH, HEIGHT = 12, 6
"""Two panels in a row of 24 units."""

Series = list[Any]


@dataclass(frozen=True)
class Sources:
    """Whose metrics a dashboard shows. None of them goes with an instance, so that the panels go on when it does."""

    namespace: str
    node: str
    group: str
    volume: str
    region: str


def dashboard(panels: Sequence[Panel], sources: Sources, alarms: Sequence[str]) -> str:
    """The alarms' states first, then the panels."""
    top = {
        "type": "alarm",
        **_place(0, 0, 2 * WIDTH, 2),
        "properties": {"title": "Alarms", "alarms": list(alarms)},
    }
    widgets = [_panel(number, panel, sources) for number, panel in enumerate(panels)]
    return json.dumps({"widgets": [*([top] if alarms else []), *widgets]})


def _panel(number: int, panel: Panel, sources: Sources) -> dict[str, Any]:
    system = SYSTEM[panel.system](sources) if panel.system != "none" else []
    own = [[sources.namespace, metric, DIMENSION, sources.node, {"label": metric}] for metric in panel.metrics]
    return {
        "type": "metric",
        **_place(number % 2 * WIDTH, 2 + number // 2 * HEIGHT, WIDTH, HEIGHT),
        "properties": {
            "title": panel.title,
            "region": sources.region,
            "view": "timeSeries",
            "period": 60,
            "stat": "Maximum",
            "metrics": [*system, *own],
            "yAxis": {"left": {"label": panel.unit, "showUnits": not panel.unit}},
        },
    }


def _place(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "width": width, "height": height}


def _of_group(metric: str, **options: Any) -> Series:
    return ["AWS/EC2", metric, "AutoScalingGroupName", options.pop("group"), options]


def _hidden(sources: Sources, metric: str, id_: str) -> Series:
    return ["AWS/EBS", metric, "VolumeId", sources.volume, {"id": id_, "stat": "Sum", "visible": False}]


def _rate(id_: str, label: str) -> Series:
    return [{"expression": f"{id_} / PERIOD({id_})", "label": label}]


def _cpu(sources: Sources) -> list[Series]:
    return [_of_group("CPUUtilization", group=sources.group, stat="Average", label="CPU %")]


def _network(sources: Sources) -> list[Series]:
    return [
        _of_group("NetworkIn", group=sources.group, id="received", stat="Sum", visible=False),
        _of_group("NetworkOut", group=sources.group, id="sent", stat="Sum", visible=False),
        _rate("received", "received, bytes/s"),
        _rate("sent", "sent, bytes/s"),
    ]


def _agent(metric: str, label: str) -> Any:
    """What the CloudWatch agent sends of the machine, under the node's name."""
    return lambda sources: [[sources.namespace, metric, DIMENSION, sources.node, {"label": label}]]


def _disk_iops(sources: Sources) -> list[Series]:
    return [
        _hidden(sources, "VolumeReadOps", "reads"),
        _hidden(sources, "VolumeWriteOps", "writes"),
        _rate("reads", "reads/s"),
        _rate("writes", "writes/s"),
    ]


def _disk_throughput(sources: Sources) -> list[Series]:
    return [
        _hidden(sources, "VolumeReadBytes", "read"),
        _hidden(sources, "VolumeWriteBytes", "written"),
        _rate("read", "read, bytes/s"),
        _rate("written", "written, bytes/s"),
    ]


def _disk_latency(sources: Sources) -> list[Series]:
    """Seconds that all operations of a period took, over their number."""
    return [
        _hidden(sources, "VolumeReadOps", "reads"),
        _hidden(sources, "VolumeWriteOps", "writes"),
        _hidden(sources, "VolumeTotalReadTime", "readtime"),
        _hidden(sources, "VolumeTotalWriteTime", "writetime"),
        [{"expression": "1000 * readtime / reads", "label": "read, ms"}],
        [{"expression": "1000 * writetime / writes", "label": "write, ms"}],
    ]


SYSTEM: Mapping[str, Any] = {
    "cpu": _cpu,
    "network": _network,
    "memory": _agent("mem_used_percent", "used, %"),
    "iowait": _agent("cpu_usage_iowait", "waiting for disks, %"),
    "disk iops": _disk_iops,
    "disk throughput": _disk_throughput,
    "disk latency": _disk_latency,
    "disk used": _agent("disk_used_percent", "the fullest file system, %"),
}
