"""A fleet's dashboard: a panel for each metric, with a line for every node of every cloud.

One panel for all clouds, not one for each: what a fleet is looked at for is the node that differs from the others, as
the one whose height lags behind. Grafana's mixed data source makes it possible.

It is a dashboard of Grafana's first model, which every version still imports, and the managed Grafanas with it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.builders.common import VizLegendOptions, VizTooltipOptions
from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, QueryVariable, TextBoxVariable
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    DataSourceRef,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DynamicConfigValue, VariableModel
from grafana_foundation_sdk.models.dashboard import VariableOption as Option
from grafana_foundation_sdk.models.dashboard import VariableRefresh as Refresh

from nodeyard.clouds.contract.telemetry import Panel
from nodeyard.theta_edge_node.boot.metrics import BLOCK_HEIGHT, DIMENSION
from nodeyard.theta_edge_node.watch import alarms, fleet_panels

from .queries import AZURE_TABLE, PLUGINS, Place, query, source

UID: Final = "nodeyard-theta-fleet"
"""The same for every choice of clouds: an import replaces the one that is there."""
WIDTH, HEIGHT = 12, 8
"""Two panels in a row of 24 units."""
UNITS: Final = {"": "none", "s": "s", "%": "percent"}
SOURCES: Final[dict[str, str]] = {
    "aws": "CloudWatch",
    "azure": "Azure Monitor",
    "gcp": "Google Cloud Monitoring",
}
ALL: Final = Option(selected=True, text="All", value="$__all")


def dashboard(places: Sequence[Place]) -> dict[str, Any]:
    """For the nodes in `places`, as Grafana imports it."""
    board = (
        Dashboard("Theta edge nodes")
        .uid(UID)
        .description("Every Theta edge node that Nodeyard made. Generated: `nodeyard theta dashboard`.")
        .tags(["nodeyard", "theta"])
        .time("now-24h", "now")
        .refresh("5m")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .variables(_variables(places))
    )
    for chart in fleet_panels():
        if targets := _targets(chart, places):
            board = board.with_panel(_panel(chart, targets))
    made: dict[str, Any] = json.loads(JSONEncoder().encode(board.build()))
    return made


def _targets(chart: Panel, places: Sequence[Place]) -> dict[str, Builder[Any]]:
    """By their names within the panel."""
    named = {f"{place.cloud}{number}": place for number, place in enumerate(dict.fromkeys(places), 1)}
    return {ref: target for ref, place in named.items() if (target := query(chart, place, ref))}


def _panel(chart: Panel, targets: dict[str, Builder[Any]]) -> timeseries.Panel:
    panel = (
        timeseries.Panel()
        .title(chart.title)
        .description(_description(chart))
        .datasource(DataSourceRef(type_val="datasource", uid="-- Mixed --"))
        .targets(list(targets.values()))
        .unit(UNITS[chart.unit])
        .height(HEIGHT)
        .span(WIDTH)
        .legend(_legend())
        .tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    )
    if BLOCK_HEIGHT not in chart.metrics:
        panel = panel.min(0)
    for ref in targets:
        if ref.startswith("azure"):
            # The other two name their series in the query.
            name = DynamicConfigValue(id_val="displayName", value=f"${{__field.labels.{DIMENSION}}}")
            panel = panel.override_by_query(ref, [name])
    return panel


def _legend() -> VizLegendOptions:
    return (
        VizLegendOptions()
        .display_mode(LegendDisplayMode.TABLE)
        .placement(LegendPlacement.RIGHT)
        .show_legend(True)
        .calcs(["lastNotNull"])
    )


def _description(chart: Panel) -> str:
    """Which alarms look at it."""
    found = [
        f"Alarm “{alarm.name}”: {alarm.description}" for alarm in alarms(spot=True) if alarm.metric in chart.metrics
    ]
    return "\n\n".join(found)


def _variables(places: Sequence[Place]) -> list[Builder[VariableModel]]:
    clouds = list(dict.fromkeys(place.cloud for place in places))
    found: list[Builder[VariableModel]] = [
        DatasourceVariable(cloud).label(SOURCES[cloud]).type(PLUGINS[cloud]) for cloud in clouds
    ]
    if Place("azure") in places:
        found += _azure_variables()
    node = (
        TextBoxVariable("node")
        .label("Node")
        .description("Whole words of a name, as edge-3 or a stack's name; empty for every node.")
        .default_value("")
        .current(Option(text="", value=""))
    )
    return [*found, node]


def _azure_variables() -> list[Builder[VariableModel]]:
    """Each fleet has a workspace of its own. The rules that send logs there say which."""
    rules = "\n".join(
        [
            "resources",
            '| where type =~ "microsoft.insights/datacollectionrules"',
            f'| where tostring(properties.dataFlows) has "Custom-{AZURE_TABLE}"',
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


def _choice(name: str, asked: Mapping[str, object]) -> QueryVariable:
    return (
        QueryVariable(name)
        .datasource(source("azure"))
        .query({"refId": name, **asked})
        .refresh(Refresh.ON_TIME_RANGE_CHANGED)
        .multi(True)
        .include_all(True)
        .current(ALL)
    )
