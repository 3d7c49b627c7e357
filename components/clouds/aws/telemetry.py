"""What is watched of a machine on AWS: CloudWatch's alarms and one dashboard."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from ..contract import telemetry as contract
from ..contract.machine_boot import DIMENSION
from ..contract.platform import PlatformContract
from ..contract.telemetry import Alarm, TelemetrySpec
from ..naming import AWS_ALARM
from ..standing import standing_name
from .telemetry_dashboard import Sources, dashboard

MINUTE = 60


@dataclass(frozen=True)
class Condition:
    """What is compared with what, minute by minute."""

    statistic: str
    operator: str
    threshold: float | None = None
    """None for the alarm's own."""
    expression: str = ""


CONDITIONS: Mapping[str, Condition] = {
    "below": Condition("Maximum", "LessThanThreshold"),
    "above": Condition("Maximum", "GreaterThanThreshold"),
    "missing": Condition("SampleCount", "LessThanThreshold", 1),
    # How much a minute's value is above that of the minute before (CloudWatch user guide, "Using metric math").
    "not advancing": Condition("Maximum", "LessThanOrEqualToThreshold", 0, "DIFF(value)"),
}


class Telemetry(contract.Telemetry):
    """The dashboard and the alarms of one machine.

    Makes: `aws:cloudwatch:MetricAlarm` for each alarm, one `aws:cloudwatch:Dashboard` named `name`. An alarm looks at
    each of the last `minutes` minutes; a minute without a value counts against the machine. Whoever is told is told
    again when it is over.
    """

    def __init__(self, name: str, spec: TelemetrySpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Telemetry", name, None, opts)
        alarms = [self._alarm(name, alarm, spec) for alarm in spec.alarms]
        region = platform["region"]
        body = Output.all(
            group=spec.machine.group,
            volume=spec.disk.disk_id,
            alarms=[alarm.arn for alarm in alarms],
        ).apply(
            lambda made: dashboard(
                spec.panels,
                Sources(spec.namespace, spec.node, made["group"], made["volume"], region),
                made["alarms"],
            )
        )
        board = aws.cloudwatch.Dashboard(
            name, dashboard_name=name, dashboard_body=body, opts=ResourceOptions(parent=self)
        )
        self.dashboard = board.dashboard_name.apply(lambda board: _address(board, region))
        self.alarms = Output.all(*(alarm.name for alarm in alarms)).apply(list)
        self.register_outputs({"dashboard": self.dashboard, "alarms": self.alarms})

    def _alarm(self, name: str, alarm: Alarm, spec: TelemetrySpec) -> aws.cloudwatch.MetricAlarm:
        condition = CONDITIONS[alarm.condition]
        told = [spec.notify] if spec.notify else None
        full = f"{name}-{alarm.name.replace(' ', '-')}"
        return aws.cloudwatch.MetricAlarm(
            full,
            name=standing_name("aws:cloudwatch/metricAlarm:MetricAlarm", full, AWS_ALARM.fit(full)),
            alarm_description=alarm.description,
            metric_queries=_queries(alarm, condition, spec),
            comparison_operator=condition.operator,
            threshold=alarm.threshold if condition.threshold is None else condition.threshold,
            evaluation_periods=alarm.minutes,
            datapoints_to_alarm=alarm.minutes,
            treat_missing_data="breaching",
            alarm_actions=told,
            ok_actions=told,
            opts=ResourceOptions(parent=self),
        )


def _queries(
    alarm: Alarm, condition: Condition, spec: TelemetrySpec
) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgsDict]:
    value: aws.cloudwatch.MetricAlarmMetricQueryArgsDict = {
        "id": "value",
        "metric": {
            "namespace": spec.namespace,
            "metric_name": alarm.metric,
            "dimensions": {DIMENSION: spec.node},
            "stat": condition.statistic,
            "period": MINUTE,
        },
        "return_data": not condition.expression,
    }
    if not condition.expression:
        return [value]
    return [value, {"id": "judged", "expression": condition.expression, "label": alarm.name, "return_data": True}]


def _address(board: str, region: str) -> str:
    return f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#dashboards:name={board}"
