"""CloudWatch, as Grafana's plugin `cloudwatch` asks it (grafana/grafana)."""

from collections.abc import Sequence
from typing import Final

from grafana_foundation_sdk.builders import cloudwatch
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.cloudwatch import MetricEditorMode, MetricQueryType, QueryMode
from grafana_foundation_sdk.models.dashboard import VariableModel

from nodeyard.clouds.contract.machine_boot import DIMENSION
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.contract.telemetry import Panel, SystemPanel
from nodeyard.theta_edge_node.boot.metrics import NAMESPACE

from .data_source import LOW_IS_BAD, NODE, Fleet, reference

LABEL: Final = "CloudWatch"
PLUGIN: Final = "cloudwatch"
NAMES_SERIES: Final = True

# What the machine's agent sends of the machine (components/clouds/aws/agent.py).
SYSTEM: Final[dict[SystemPanel, str]] = {"cpu": "cpu_usage_active", "memory": "mem_used_percent"}


def scopes(fleets: Sequence[Fleet]) -> list[tuple[str, ...]]:
    """A region each."""
    return [(fleet.account.region,) for fleet in fleets]


def variables() -> list[Builder[VariableModel]]:
    """None: a data source has a region."""
    return []


def query(panel: Panel, where: tuple[str, ...], ref: str) -> Builder[Dataquery] | None:
    """A search finds metrics that did not exist when the dashboard was made (CloudWatch user guide, "Search expression
    syntax"). Words without quotes are looked for among the words of a name."""
    metric = SYSTEM.get(panel.system) or next(iter(panel.metrics), None)
    if not metric:
        return None
    statistic = "Minimum" if metric in LOW_IS_BAD else "Maximum"
    found = f'{{"{NAMESPACE}","{DIMENSION}"}} MetricName="{metric}" {NODE}'
    return (
        cloudwatch.MetricsQuery()
        .query_mode(QueryMode.METRICS)
        .metric_query_type(MetricQueryType.SEARCH)
        .metric_editor_mode(MetricEditorMode.CODE)
        .region("".join(where) or "default")
        .namespace(NAMESPACE)
        .metric_name("")
        .dimensions({})
        .expression(f"SEARCH('{found}', '{statistic}', $__period_auto)")
        # The search has its own, but the plugin refuses a query without one.
        .statistic(statistic)
        .period("")
        .label(f"${{PROP('Dim.{DIMENSION}')}}")
        .id("")
        .ref_id(ref)
        .datasource(reference(CloudName.AWS, PLUGIN))
    )
