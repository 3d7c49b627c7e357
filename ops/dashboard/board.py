"""What a chart's dashboard is made of, and how Grafana's SDK spells it.

A board is rows of panels, and a panel is PromQL with what each line is called. Two variables say which release is
shown. Two more choose the data sources, so that the same file serves the platform's Grafana and another one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, Literal

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import logs, loki, prometheus, stat, timeseries
from grafana_foundation_sdk.builders.common import ReduceDataOptions, VizLegendOptions, VizTooltipOptions
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    DataSourceRef,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
)

IN_NAMESPACE: Final = 'namespace="$namespace"'
"""The label by which every series of a release is found."""
PERIOD: Final = "$__rate_interval"
"""What `rate` and `increase` look back over: Grafana's, which fits the scrape interval and the zoom."""

PROMETHEUS: Final = DataSourceRef(type_val="prometheus", uid="${prometheus}")
LOKI: Final = DataSourceRef(type_val="loki", uid="${loki}")

Unit = Literal["none", "short", "s", "bytes", "percentunit", "dateTimeFromNow", "reqps", "cps", "Bps"]
"""Of those that Grafana knows, the ones in use."""


def service(component: str) -> str:
    """The series that Prometheus read from the Service of a component, as `common.fullname` calls it."""
    return f'{IN_NAMESPACE}, service="$release-{component}"'


def pods(*components: str) -> str:
    """The series of the pods of these StatefulSets, which have one pod each."""
    return f'{IN_NAMESPACE}, pod=~"$release-({"|".join(components)})-0"'


@dataclass(frozen=True)
class Query:
    """One expression, which may give several lines."""

    expr: str
    legend: str = ""
    """What a line is called. `{{label}}` is Grafana's word for one of its labels."""


@dataclass(frozen=True)
class Graph:
    """Lines over time."""

    title: str
    queries: Sequence[Query]
    description: str
    unit: Unit = "short"
    from_zero: bool = True
    """False for a height, of which only the change can be seen."""
    width: int = 12


@dataclass(frozen=True)
class Number:
    """What holds now, one box for each line."""

    title: str
    queries: Sequence[Query]
    description: str
    unit: Unit = "short"
    words: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    """What a value means, and its colour."""
    steps: Sequence[tuple[float, str]] = ()
    """From which value on which colour. Below the first it is red."""
    width: int = 4


@dataclass(frozen=True)
class Logs:
    """What the pods wrote."""

    title: str
    query: str
    """LogQL."""
    description: str


Panel = Graph | Number | Logs


@dataclass(frozen=True)
class Row:
    """Panels under one headline."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Board:
    """A chart's dashboard."""

    title: str
    description: str
    rows: Sequence[Row]


def as_json(board: Board) -> dict[str, Any]:
    """As Grafana imports it."""
    made = (
        builders.Dashboard(board.title)
        .description(board.description)
        .tags(["nodeyard"])
        .time("now-6h", "now")
        .refresh("1m")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .variables(
            [
                builders.DatasourceVariable("prometheus").label("Prometheus").type("prometheus"),
                builders.DatasourceVariable("loki").label("Loki").type("loki"),
                builders.TextBoxVariable("namespace").label("Namespace").default_value(""),
                builders.TextBoxVariable("release").label("Release").default_value(""),
            ]
        )
    )
    ids = count(1)
    for row in board.rows:
        made = made.with_row(builders.Row(row.title).id(next(ids)))
        for panel in row.panels:
            made = made.with_panel(_panel(panel).id(next(ids)))
    found: dict[str, Any] = json.loads(JSONEncoder().encode(made.build()))
    return found


def _panel(panel: Panel) -> timeseries.Panel | stat.Panel | logs.Panel:
    match panel:
        case Graph():
            return _graph(panel)
        case Number():
            return _number(panel)
        case Logs():
            return _logs(panel)


def _graph(panel: Graph) -> timeseries.Panel:
    shown = (
        timeseries.Panel()
        .title(panel.title)
        .description(panel.description)
        .datasource(PROMETHEUS)
        .targets(_targets(panel.queries, instant=False))
        .unit(panel.unit)
        .height(8)
        .span(panel.width)
        .legend(
            VizLegendOptions()
            .display_mode(LegendDisplayMode.TABLE)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs(["lastNotNull"])
        )
        .tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    )
    return shown.min(0) if panel.from_zero else shown


def _number(panel: Number) -> stat.Panel:
    steps = [models.Threshold(value=value, color=color) for value, color in panel.steps]
    lowest = models.Threshold(value=None, color="red" if steps else "text")
    shown = (
        stat.Panel()
        .title(panel.title)
        .description(panel.description)
        .datasource(PROMETHEUS)
        .targets(_targets(panel.queries, instant=True))
        .unit(panel.unit)
        .height(4)
        .span(panel.width)
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(builders.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps([lowest, *steps]))
    )
    if panel.words:
        words = {str(value): models.ValueMappingResult(text, color) for value, (text, color) in panel.words.items()}
        shown = shown.mappings([models.ValueMap(words)])
    return shown


def _logs(panel: Logs) -> logs.Panel:
    return (
        logs.Panel()
        .title(panel.title)
        .description(panel.description)
        .datasource(LOKI)
        .targets([loki.Dataquery().expr(panel.query).ref_id("A").datasource(LOKI)])
        .height(10)
        .span(24)
        .show_time(True)
        .wrap_log_message(True)
        .enable_log_details(True)
    )


def _targets(queries: Sequence[Query], instant: bool) -> list[Builder[Any]]:
    found: list[Builder[Any]] = []
    for ref, query in zip("ABCDEFGH", queries, strict=False):
        target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend or "__auto").ref_id(ref)
        found.append((target.instant() if instant else target.range()).datasource(PROMETHEUS))
    return found
