"""Azure's Log Analytics, as Grafana's plugin `azuremonitor` asks it (grafana/grafana)."""

from collections.abc import Mapping, Sequence
from typing import Final

from grafana_foundation_sdk.builders import azuremonitor
from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.azuremonitor import QueryType, ResultFormat
from grafana_foundation_sdk.models.dashboard import VariableModel
from grafana_foundation_sdk.models.dashboard import VariableOption as Option
from grafana_foundation_sdk.models.dashboard import VariableRefresh as Refresh

from nodeyard.clouds.azure.log_table import TABLE
from nodeyard.clouds.azure.telemetry_queries import MEASURED
from nodeyard.clouds.contract.machine_boot import DIMENSION
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.contract.telemetry import Panel, SystemPanel

from .data_source import LOW_IS_BAD, NODE, Fleet, reference

LABEL: Final = "Azure Monitor"
PLUGIN: Final = "grafana-azure-monitor-datasource"
NAMES_SERIES: Final = False

WORKSPACES: Final = "${workspace}"
MOST_WORKSPACES: Final = 10
"""In one query ("Cross workspace queries" of Azure's Log Analytics API; its page of limits says 100)."""
ALL: Final = Option(selected=True, text="All", value="$__all")

# What the machine's agent sends of the machine (components/clouds/azure/machine_logs.py).
SYSTEM: Final[dict[SystemPanel, tuple[str, str]]] = {
    "cpu": ("Processor", "% Processor Time"),
    "memory": ("Memory", "% Used Memory"),
}


def scopes(fleets: Sequence[Fleet]) -> list[tuple[str, ...]]:
    """The fleets' workspaces, as many of them at a time as one query takes."""
    workspaces = list(dict.fromkeys(workspace for fleet in fleets for workspace in fleet.logs))
    starts = range(0, len(workspaces), MOST_WORKSPACES)
    return [tuple(workspaces[start : start + MOST_WORKSPACES]) for start in starts]


def variables() -> list[Builder[VariableModel]]:
    """Each fleet has a workspace of its own. The rules that send logs there say which."""
    rules = "\n".join(
        [
            "resources",
            '| where type =~ "microsoft.insights/datacollectionrules"',
            f'| where tostring(properties.dataFlows) has "Custom-{TABLE}"',
            "| mv-expand destination = properties.destinations.logAnalytics",
            "| distinct id = tostring(destination.workspaceResourceId)",
        ]
    )
    graph = {"query": rules, "resultFormat": "table"}
    found = {
        "queryType": "Azure Resource Graph",
        "azureResourceGraph": graph,
        "subscriptions": ["$subscription"],
    }
    return [
        _choice("subscription", {"queryType": "Azure Subscriptions"}).label("Subscriptions"),
        _choice("workspace", found).label("Workspaces"),
    ]


def query(panel: Panel, where: tuple[str, ...], ref: str) -> Builder[Dataquery] | None:
    """The log's lines, and of the machine itself the agent's counters."""
    rows = _counters(*SYSTEM[panel.system]) if panel.system in SYSTEM else _lines(panel)
    if not rows:
        return None
    logs = (
        azuremonitor.LogsQuery()
        .query(rows)
        .resources(list(where) or [WORKSPACES])
        .result_format(ResultFormat.TIME_SERIES)
        .dashboard_time(False)
    )
    return (
        azuremonitor.MonitorQuery()
        .query_type(QueryType.LOG_ANALYTICS)
        .azure_log_analytics(logs)
        .ref_id(ref)
        .datasource(reference(CloudName.AZURE, PLUGIN))
    )


def _lines(panel: Panel) -> str | None:
    """The collector's metrics. Azure keeps them as custom metrics too, but those are asked machine by machine."""
    if not panel.metrics:
        return None
    metric = panel.metrics[0]
    least = "min" if metric in LOW_IS_BAD else "max"
    return "\n".join(
        [
            TABLE,
            f'| where $__timeFilter(TimeGenerated) and RawData has "{MEASURED}"',
            _of_node(DIMENSION),
            f'| extend value = todouble(parse_json(extract("{MEASURED} (.*)$", 1, RawData))["{metric}"])',
            "| where isnotnull(value)",
            f"| summarize value = {least}(value) by bin(TimeGenerated, $__interval), {DIMENSION}",
            "| order by TimeGenerated asc",
        ]
    )


def _counters(kind: str, counter: str) -> str:
    return "\n".join(
        [
            "Perf",
            f'| where $__timeFilter(TimeGenerated) and ObjectName == "{kind}" and CounterName == "{counter}"',
            _of_node("Computer"),
            f"| summarize value = avg(CounterValue) by bin(TimeGenerated, $__interval), {DIMENSION} = Computer",
            "| order by TimeGenerated asc",
        ]
    )


def _of_node(column: str) -> str:
    return f'| where isempty("{NODE}") or {column} has "{NODE}"'


def _choice(name: str, asked: Mapping[str, object]) -> QueryVariable:
    return (
        QueryVariable(name)
        .datasource(reference(CloudName.AZURE, PLUGIN))
        .query({"refId": name, **asked})
        .refresh(Refresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
        .current(ALL)
    )
