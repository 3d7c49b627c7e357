"""What is asked of a machine's log (Kusto)."""

from ..contract.machine_boot import DIMENSION
from ..contract.telemetry import Alarm
from .log_table import TABLE

LATENCY_MINUTES = 5
"""A line is there 20 seconds to 3 minutes after it was written, as a rule (Azure's "Log data ingestion time in Azure
Monitor"); a rule that looked at the last minute would often find it empty."""

MEASURED = "metrics: measured"
"""Begins the collector's line of each minute; what follows is a JSON object, values by metric."""


def good_minutes(alarm: Alarm, node: str) -> str:
    """A row for each minute that speaks against the alarm."""
    return "\n".join([values(alarm.metric, node, alarm.minutes + LATENCY_MINUTES), f"| where {_good(alarm)}"])


def values(metric: str, node: str, minutes: int) -> str:
    """A row for each minute of the last `minutes` that has a value of the metric, the oldest first."""
    return "\n".join(
        [
            TABLE,
            f'| where {DIMENSION} == "{node}" and TimeGenerated > ago({minutes}m) and RawData has "{MEASURED}"',
            f'| extend value = todouble(parse_json(extract("{MEASURED} (.*)$", 1, RawData))["{metric}"])',
            "| where isnotnull(value)",
            "| sort by TimeGenerated asc",
        ]
    )


def _good(alarm: Alarm) -> str:
    return {
        "not advancing": "value > prev(value)",
        "below": f"value >= {alarm.threshold:g}",
        "above": f"value <= {alarm.threshold:g}",
        "missing": "true",
    }[alarm.condition]
