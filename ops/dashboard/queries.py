"""How Grafana asks each cloud for one metric of every node: one series for each, named after the node.

The shapes are those of Grafana's data source plugins (grafana/grafana: `cloudwatch`, `azuremonitor`,
`cloud-monitoring`). All ask for `Maximum` of a period but where the low value is the bad one.
"""

from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders import azuremonitor, cloudwatch, googlecloudmonitoring
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.azuremonitor import QueryType as AzureQueryType
from grafana_foundation_sdk.models.azuremonitor import ResultFormat
from grafana_foundation_sdk.models.cloudwatch import MetricEditorMode, MetricQueryType, QueryMode
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.googlecloudmonitoring import QueryType as GcpQueryType

from nodeyard.clouds.contract.telemetry import Panel, SystemPanel
from nodeyard.theta_edge_node.boot.metrics import DIMENSION, LAUNCHER_UP, NODE_READY, PEERS, full_name
from nodeyard.theta_edge_node.nodes import METRICS_NAMESPACE

PLUGINS: Final[dict[str, str]] = {
    "aws": "cloudwatch",
    "azure": "grafana-azure-monitor-datasource",
    "gcp": "stackdriver",
}

# `raw`: Grafana escapes nothing, so that the same words stand in all three languages.
NODE: Final = "${node:raw}"
WORKSPACES: Final = "${workspace}"
MOST_WORKSPACES: Final = 10
"""In one query ("Cross workspace queries" of Azure's Log Analytics API; its page of limits says 100)."""
LOW_IS_BAD: Final = frozenset({NODE_READY, LAUNCHER_UP, PEERS})

# Of the table to which a machine's own log goes, and how the collector's line of each minute begins
# (components/clouds/azure: log_group.py, telemetry_queries.py).
AZURE_TABLE: Final = "NodeyardLog_CL"
AZURE_MEASURED: Final = "metrics: measured"

# What the CloudWatch agent (boot/agents.py) and Azure's (machine_logs.py) send of the machine. Google's has no label of
# ours: it could not be told from what other machines of the project send.
AWS_SYSTEM: Final[dict[SystemPanel, str]] = {"cpu": "cpu_usage_active", "memory": "mem_used_percent"}
AZURE_SYSTEM: Final[dict[SystemPanel, tuple[str, str]]] = {
    "cpu": ("Processor", "% Processor Time"),
    "memory": ("Memory", "% Used Memory"),
}


@dataclass(frozen=True)
class Place:
    """What one query reaches."""

    cloud: str
    """As in a stack's output `cloud`."""
    where: tuple[str, ...] = ()
    """A region (AWS), a project (Google Cloud) or at most `MOST_WORKSPACES` (Azure). Empty: what the data source has,
    and on Azure what the dashboard's variable says."""


def source(cloud: str) -> DataSourceRef:
    """The data source that the dashboard's variable of that cloud names."""
    return DataSourceRef(type_val=PLUGINS[cloud], uid=f"${{{cloud}}}")


def query(chart: Panel, place: Place, ref: str) -> Builder[Dataquery] | None:
    """What a chart asks of a place; None when its machines send no such thing under the node's name."""
    return {"aws": _aws, "azure": _azure, "gcp": _gcp}[place.cloud](chart, place, ref)


def _aws(chart: Panel, place: Place, ref: str) -> Builder[Dataquery] | None:
    """A search finds metrics that did not exist when the dashboard was made (CloudWatch user guide, "Search expression
    syntax"). Words without quotes are looked for among the words of a name."""
    metric = AWS_SYSTEM.get(chart.system) or next(iter(chart.metrics), None)
    if not metric:
        return None
    statistic = "Minimum" if metric in LOW_IS_BAD else "Maximum"
    found = f'{{"{METRICS_NAMESPACE}","{DIMENSION}"}} MetricName="{metric}" {NODE}'
    return (
        cloudwatch.MetricsQuery()
        .query_mode(QueryMode.METRICS)
        .metric_query_type(MetricQueryType.SEARCH)
        .metric_editor_mode(MetricEditorMode.CODE)
        .region("".join(place.where) or "default")
        .namespace(METRICS_NAMESPACE)
        .metric_name("")
        .dimensions({})
        .expression(f"SEARCH('{found}', '{statistic}', $__period_auto)")
        # The search has its own, but the plugin refuses a query without one.
        .statistic(statistic)
        .period("")
        .label(f"${{PROP('Dim.{DIMENSION}')}}")
        .id("")
        .ref_id(ref)
        .datasource(source("aws"))
    )


def _azure(chart: Panel, place: Place, ref: str) -> Builder[Dataquery] | None:
    rows = _azure_perf(*AZURE_SYSTEM[chart.system]) if chart.system in AZURE_SYSTEM else _azure_log(chart)
    if not rows:
        return None
    logs = (
        azuremonitor.LogsQuery()
        .query(rows)
        .resources(list(place.where) or [WORKSPACES])
        .result_format(ResultFormat.TIME_SERIES)
        .dashboard_time(False)
    )
    return (
        azuremonitor.MonitorQuery()
        .query_type(AzureQueryType.LOG_ANALYTICS)
        .azure_log_analytics(logs)
        .ref_id(ref)
        .datasource(source("azure"))
    )


def _azure_log(chart: Panel) -> str | None:
    """The collector's metrics. Azure keeps them as custom metrics too, but those are asked machine by machine."""
    if not chart.metrics:
        return None
    metric = chart.metrics[0]
    least = "min" if metric in LOW_IS_BAD else "max"
    return "\n".join(
        [
            AZURE_TABLE,
            f'| where $__timeFilter(TimeGenerated) and RawData has "{AZURE_MEASURED}"',
            _azure_node(DIMENSION),
            f'| extend value = todouble(parse_json(extract("{AZURE_MEASURED} (.*)$", 1, RawData))["{metric}"])',
            "| where isnotnull(value)",
            f"| summarize value = {least}(value) by bin(TimeGenerated, $__interval), {DIMENSION}",
            "| order by TimeGenerated asc",
        ]
    )


def _azure_perf(kind: str, counter: str) -> str:
    return "\n".join(
        [
            "Perf",
            f'| where $__timeFilter(TimeGenerated) and ObjectName == "{kind}" and CounterName == "{counter}"',
            _azure_node("Computer"),
            f"| summarize value = avg(CounterValue) by bin(TimeGenerated, $__interval), {DIMENSION} = Computer",
            "| order by TimeGenerated asc",
        ]
    )


def _azure_node(column: str) -> str:
    return f'| where isempty("{NODE}") or {column} has "{NODE}"'


def _gcp(chart: Panel, place: Place, ref: str) -> Builder[Dataquery] | None:
    """A replaced machine leaves a series of its own for a while: one line for both."""
    if not chart.metrics:
        return None
    metric, label = chart.metrics[0], f"metric.label.{DIMENSION}"
    # Twice: Cloud Monitoring's filter takes one of two backslashes away before it reads the regular expression (RE2).
    word = rf"(.*\\b)?{NODE}(\\b.*)?"
    filters = ["metric.type", "=", full_name("gcp", METRICS_NAMESPACE, metric)]
    filters += ["AND", "resource.type", "=", "gce_instance", "AND", label, "=~", word]
    series = (
        googlecloudmonitoring.TimeSeriesList()
        .project_name("".join(place.where))
        .filters(filters)
        .per_series_aligner("ALIGN_MIN" if metric in LOW_IS_BAD else "ALIGN_MAX")
        .alignment_period("cloud-monitoring-auto")
        .cross_series_reducer("REDUCE_MAX")
        .group_bys([label])
        .view("FULL")
    )
    return (
        googlecloudmonitoring.CloudMonitoringQuery()
        .query_type(GcpQueryType.TIMESERIESLIST)
        .time_series_list(series)
        .alias_by(f"{{{{{label}}}}}")
        .ref_id(ref)
        .datasource(source("gcp"))
    )
