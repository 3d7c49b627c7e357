"""A machine's dashboard and alarms on Google Cloud: Cloud Monitoring."""

import json
from collections.abc import Sequence
from typing import Any

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from ..contract import telemetry as contract
from ..contract.machine_boot import DIMENSION
from ..contract.platform import PlatformContract
from ..contract.telemetry import Alarm, Panel, TelemetrySpec
from ..own import own
from .machine import Machine
from .telemetry_queries import SYSTEM, Series, condition, duration, metric_type

COLUMNS, WIDTH, HEIGHT = 48, 24, 16


class Telemetry(contract.Telemetry):
    """A dashboard with the spec's panels, and an alerting policy for each alarm.

    Makes: `gcp:monitoring:Dashboard`; `gcp:monitoring:AlertPolicy` for each alarm, whose condition is PromQL, so that
    "the same value for so long" and "no value" are one question. `spec.notify` is the id of a notification channel,
    `projects/<project>/notificationChannels/<id>`; without one, policies raise incidents that nobody is told of.
    A metric that was never sent is missing too: until the machine has booted, the policies raise incidents.
    """

    def __init__(self, name: str, spec: TelemetrySpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Telemetry", name, None, opts)
        project = platform["account"]
        dashboard = gcp.monitoring.Dashboard(
            name, project=project, dashboard_json=_dashboard(name, spec), opts=ResourceOptions(parent=self)
        )
        policies = [self._policy(name, alarm, spec, project) for alarm in spec.alarms]
        console = "https://console.cloud.google.com/monitoring/dashboards/builder"
        self.dashboard = dashboard.id.apply(lambda id_: f"{console}/{id_.rpartition('/')[2]}?project={project}")
        self.alarms = Output.all(*(policy.name for policy in policies))
        self.register_outputs({"dashboard": self.dashboard, "alarms": self.alarms})

    def _policy(self, name: str, alarm: Alarm, spec: TelemetrySpec, project: str) -> gcp.monitoring.AlertPolicy:
        return gcp.monitoring.AlertPolicy(
            f"{name}-{alarm.name.replace(' ', '-')}",
            project=project,
            display_name=f"{spec.node}: {alarm.name}",
            combiner="OR",
            conditions=[
                {
                    "display_name": alarm.name,
                    "condition_prometheus_query_language": {
                        "query": condition(alarm, spec.namespace, spec.node),
                        "duration": duration(alarm),
                        "evaluation_interval": "60s",
                        # Nobody has sent it before the first machine has booted.
                        "disable_metric_validation": True,
                    },
                }
            ],
            documentation={"content": alarm.description, "mime_type": "text/markdown"},
            notification_channels=[spec.notify] if spec.notify else [],
            opts=ResourceOptions(parent=self),
        )


def _dashboard(name: str, spec: TelemetrySpec) -> str:
    instance = own(Machine, spec.machine).instance_name
    tiles = [
        {
            "xPos": index * WIDTH % COLUMNS,
            "yPos": index * WIDTH // COLUMNS * HEIGHT,
            "width": WIDTH,
            "height": HEIGHT,
            "widget": _panel(panel, spec, instance),
        }
        for index, panel in enumerate(spec.panels)
    ]
    return json.dumps({"displayName": name, "mosaicLayout": {"columns": COLUMNS, "tiles": tiles}})


def _panel(panel: Panel, spec: TelemetrySpec, instance: str) -> dict[str, Any]:
    ours = [Series(metric_type(spec.namespace, metric), reducer="REDUCE_MAX") for metric in panel.metrics]
    of_node, of_machine = f'metric.labels.{DIMENSION}="{spec.node}"', f'metadata.system_labels.name="{instance}"'
    lines = [*_lines(ours, of_node), *_lines(SYSTEM[panel.system], of_machine)]
    return {"title": panel.title, "xyChart": {"dataSets": lines, "yAxis": {"label": panel.unit, "scale": "LINEAR"}}}


def _lines(series: Sequence[Series], of: str) -> list[dict[str, Any]]:
    """The machine keeps its name when it is replaced, and so does the panel."""
    return [
        {
            "plotType": "LINE",
            "legendTemplate": each.metric.rpartition("/")[2],
            "timeSeriesQuery": {
                "timeSeriesFilter": {
                    "filter": " ".join(
                        part
                        for part in (f'metric.type="{each.metric}"', 'resource.type="gce_instance"', of, each.where)
                        if part
                    ),
                    "aggregation": {
                        "alignmentPeriod": "60s",
                        "perSeriesAligner": each.aligner,
                        "crossSeriesReducer": each.reducer,
                    },
                }
            },
        }
        for each in series
    ]
