"""A fleet's dashboard: a panel for each metric, with a line for every node of every cloud.

One panel for all clouds, not one for each: what a fleet is looked at for is the node that differs from the others, as
the one whose height lags behind. Grafana's mixed data source makes it possible.

It is a dashboard of Grafana's first model, which every version still imports, and the managed Grafanas with it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.builders.common import VizLegendOptions, VizTooltipOptions
from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, TextBoxVariable
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

from nodeyard.clouds.contract.machine_boot import DIMENSION
from nodeyard.clouds.contract.telemetry import Panel
from nodeyard.theta_edge_node.boot.metrics import BLOCK_HEIGHT
from nodeyard.theta_edge_node.telemetry import alarms, fleet_panels

from .data_source import Scope, data_source

UID: Final = "nodeyard-theta-fleet"
"""The same for every choice of clouds: an import replaces the one that is there."""
WIDTH, HEIGHT = 12, 8
"""Two panels in a row of 24 units."""
UNITS: Final = {"": "none", "s": "s", "%": "percent"}


def dashboard(scopes: Sequence[Scope]) -> dict[str, Any]:
    """For the nodes in `scopes`, as Grafana imports it."""
    board = (
        Dashboard("Theta edge nodes")
        .uid(UID)
        .description("Every Theta edge node that Nodeyard made. Generated: `nodeyard theta dashboard`.")
        .tags(["nodeyard", "theta"])
        .time("now-24h", "now")
        .refresh("5m")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .variables(_variables(scopes))
    )
    for panel in fleet_panels():
        if targets := _targets(panel, scopes):
            board = board.with_panel(_panel(panel, targets))
    made: dict[str, Any] = json.loads(JSONEncoder().encode(board.build()))
    return made


@dataclass(frozen=True)
class Target:
    """A query of a panel."""

    ref: str
    """Its name within the panel."""
    query: Builder[Any]
    names_series: bool


def _targets(panel: Panel, scopes: Sequence[Scope]) -> list[Target]:
    found = []
    for number, scope in enumerate(dict.fromkeys(scopes), 1):
        source, ref = data_source(scope.cloud), f"{scope.cloud}{number}"
        if query := source.query(panel, scope.where, ref):
            found.append(Target(ref, query, source.NAMES_SERIES))
    return found


def _panel(panel: Panel, targets: Sequence[Target]) -> timeseries.Panel:
    shown = (
        timeseries.Panel()
        .title(panel.title)
        .description(_description(panel))
        .datasource(DataSourceRef(type_val="datasource", uid="-- Mixed --"))
        .targets([target.query for target in targets])
        .unit(UNITS[panel.unit])
        .height(HEIGHT)
        .span(WIDTH)
        .legend(_legend())
        .tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    )
    if BLOCK_HEIGHT not in panel.metrics:
        shown = shown.min(0)
    for target in targets:
        if not target.names_series:
            name = DynamicConfigValue(id_val="displayName", value=f"${{__field.labels.{DIMENSION}}}")
            shown = shown.override_by_query(target.ref, [name])
    return shown


def _legend() -> VizLegendOptions:
    return (
        VizLegendOptions()
        .display_mode(LegendDisplayMode.TABLE)
        .placement(LegendPlacement.RIGHT)
        .show_legend(True)
        .calcs(["lastNotNull"])
    )


def _description(panel: Panel) -> str:
    """Which alarms look at it."""
    found = [
        f"Alarm “{alarm.name}”: {alarm.description}"
        for alarm in alarms(gpu=True, spot=True)
        if alarm.metric in panel.metrics
    ]
    return "\n\n".join(found)


def _variables(scopes: Sequence[Scope]) -> list[Builder[VariableModel]]:
    """A data source for each cloud, and the choice of a scope where no stack says it."""
    sources = {cloud: data_source(cloud) for cloud in dict.fromkeys(scope.cloud for scope in scopes)}
    found: list[Builder[VariableModel]] = [
        DatasourceVariable(cloud).label(source.LABEL).type(source.PLUGIN) for cloud, source in sources.items()
    ]
    for cloud, source in sources.items():
        if Scope(cloud) in scopes:
            found += source.variables()
    node = (
        TextBoxVariable("node")
        .label("Node")
        .description("Whole words of a name, as edge-3 or a stack's name; empty for every node.")
        .default_value("")
        .current(Option(text="", value=""))
    )
    return [*found, node]
