"""The content of a machine's workbook (microsoft/Application-Insights-Workbooks, documentation)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..contract.telemetry import Panel, SystemPanel
from .arm_id import name

MACHINES = "microsoft.compute/virtualmachines"
AVERAGE, MAXIMUM, TOTAL = 4, 3, 1
"""As workbooks number the aggregations."""
DAY = {"durationMs": 86_400_000}


@dataclass(frozen=True)
class Sources:
    """Whose metrics a workbook shows. A machine's id stays when it is replaced, so that the panels go on."""

    namespace: str
    machine: str
    workspace: str


# Azure's "Supported metrics for Microsoft.Compute/virtualMachines".
PLATFORM: dict[SystemPanel, list[tuple[str, int]]] = {
    "cpu": [("Percentage CPU", AVERAGE)],
    "network": [("Network In Total", TOTAL), ("Network Out Total", TOTAL)],
    "disk iops": [("Data Disk Read Operations/Sec", AVERAGE), ("Data Disk Write Operations/Sec", AVERAGE)],
    # In preview, and only of disks on a SCSI controller.
    "disk latency": [("Data Disk Latency", AVERAGE)],
    "disk throughput": [("Data Disk Read Bytes/sec", AVERAGE), ("Data Disk Write Bytes/sec", AVERAGE)],
}

# Of the machine's agent, (object, counter).
GUEST: dict[SystemPanel, tuple[str, str]] = {
    "memory": ("Memory", "% Used Memory"),
    "iowait": ("Processor", "% IO Wait Time"),
    "disk used": ("Logical Disk", "% Used Space"),
}


def workbook(panels: Sequence[Panel], sources: Sources) -> str:
    """Two panels in a row."""
    items = [item for panel in panels for item in _items(panel, sources)]
    return json.dumps({"version": "Notebook/1.0", "items": items, "fallbackResourceIds": ["azure monitor"]})


def _items(panel: Panel, sources: Sources) -> list[dict[str, Any]]:
    items = []
    if panel.system in GUEST:
        items.append(_query(panel, sources))
    metrics = [(MACHINES, metric, how) for metric, how in PLATFORM.get(panel.system, [])]
    metrics += [(sources.namespace, metric, MAXIMUM) for metric in panel.metrics]
    if metrics:
        items.append(_metrics(panel, metrics, sources))
    return items


def _metrics(panel: Panel, metrics: list[tuple[str, str, int]], sources: Sources) -> dict[str, Any]:
    content = {
        "version": "MetricsItem/2.0",
        "size": 0,
        "chartType": 2,
        "resourceType": MACHINES,
        "metricScope": 0,
        "resourceIds": [sources.machine],
        "timeContext": DAY,
        "metrics": [
            {"namespace": namespace, "metric": f"{namespace}--{metric}", "aggregation": how, "columnName": metric}
            for namespace, metric, how in metrics
        ],
        "title": _title(panel),
    }
    return {"type": 10, "content": content, "customWidth": "50", "name": f"{panel.title} (metrics)"}


def _query(panel: Panel, sources: Sources) -> dict[str, Any]:
    content = {
        "version": "KqlItem/1.0",
        "query": _guest(panel.system, sources.machine),
        "size": 0,
        "title": _title(panel),
        "timeContext": DAY,
        "queryType": 0,
        "resourceType": "microsoft.operationalinsights/workspaces",
        "crossComponentResources": [sources.workspace],
        "visualization": "timechart",
    }
    return {"type": 3, "content": content, "customWidth": "50", "name": panel.title}


def _guest(system: SystemPanel, machine: str) -> str:
    kind, counter = GUEST[system]
    return "\n".join(
        [
            "Perf",
            f'| where Computer =~ "{name(machine)}" and ObjectName == "{kind}" and CounterName == "{counter}"',
            "| summarize max(CounterValue) by bin(TimeGenerated, 1m), InstanceName",
        ]
    )


def _title(panel: Panel) -> str:
    return f"{panel.title} ({panel.unit})" if panel.unit else panel.title
