"""Cloud Monitoring, as Grafana's plugin `cloud-monitoring` asks it (grafana/grafana)."""

from collections.abc import Sequence
from typing import Final

from grafana_foundation_sdk.builders import googlecloudmonitoring
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import VariableModel
from grafana_foundation_sdk.models.googlecloudmonitoring import QueryType

from nodeyard.clouds.contract.machine_boot import DIMENSION
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.contract.telemetry import Panel
from nodeyard.clouds.gcp.telemetry_queries import metric_type
from nodeyard.theta_edge_node.boot.metrics import NAMESPACE

from .data_source import LOW_IS_BAD, NODE, Fleet, reference

LABEL: Final = "Google Cloud Monitoring"
PLUGIN: Final = "stackdriver"
NAMES_SERIES: Final = True


def scopes(fleets: Sequence[Fleet]) -> list[tuple[str, ...]]:
    """A project each."""
    return [(fleet.account.account,) for fleet in fleets]


def variables() -> list[Builder[VariableModel]]:
    """None: a data source has a project."""
    return []


def query(panel: Panel, where: tuple[str, ...], ref: str) -> Builder[Dataquery] | None:
    """A replaced machine leaves a series of its own for a while: one line for both. What Google's agent sends of the
    machine itself has no label of ours: it could not be told from what other machines of the project send."""
    if not panel.metrics:
        return None
    metric, label = panel.metrics[0], f"metric.label.{DIMENSION}"
    # Twice: Cloud Monitoring's filter takes one of two backslashes away before it reads the regular expression (RE2).
    word = rf"(.*\\b)?{NODE}(\\b.*)?"
    filters = ["metric.type", "=", metric_type(NAMESPACE, metric)]
    filters += ["AND", "resource.type", "=", "gce_instance", "AND", label, "=~", word]
    series = (
        googlecloudmonitoring.TimeSeriesList()
        .project_name("".join(where))
        .filters(filters)
        .per_series_aligner("ALIGN_MIN" if metric in LOW_IS_BAD else "ALIGN_MAX")
        .alignment_period("cloud-monitoring-auto")
        .cross_series_reducer("REDUCE_MAX")
        .group_bys([label])
        .view("FULL")
    )
    return (
        googlecloudmonitoring.CloudMonitoringQuery()
        .query_type(QueryType.TIMESERIESLIST)
        .time_series_list(series)
        .alias_by(f"{{{{{label}}}}}")
        .ref_id(ref)
        .datasource(reference(CloudName.GCP, PLUGIN))
    )
