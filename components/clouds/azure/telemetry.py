"""What is watched of a machine on Azure: alert rules over its log, and one workbook."""

from uuid import uuid5

from pulumi import Output, ResourceOptions
from pulumi_azure_native import applicationinsights, monitor

from ..contract import telemetry as contract
from ..contract.platform import PlatformContract
from ..contract.telemetry import Alarm, TelemetrySpec
from ..naming import AZURE_ALERT_RULE
from ..own import own
from ..standing import standing_name
from .machine import Machine
from .platform_section import azure_of
from .roles import NAMES
from .telemetry_queries import LATENCY_MINUTES, good_minutes
from .telemetry_workbook import Sources, workbook

WINDOWS = (5, 10, 15, 30, 45, 60, 120, 180, 240, 300, 360, 1440, 2880)
"""Minutes that a rule may look back (Azure's "Create or edit a log search alert rule")."""


class Telemetry(contract.Telemetry):
    """The workbook and the alarms of one machine.

    Makes: `azure-native:monitor:ScheduledQueryRule` for each alarm and one `azure-native:applicationinsights:Workbook`.

    Every rule asks the machine's log, once in five minutes, for one good minute among the last `minutes`, and raises
    its alarm when there is none: a machine that says nothing has none. Azure's alerts on metrics know neither a metric
    that stands still nor one that has gone. What a log says is known five minutes later; the last line of a spot
    machine may not come at all, and its silence then raises the same alarm. An alarm that is over resolves itself.
    """

    def __init__(self, name: str, spec: TelemetrySpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Telemetry", name, None, opts)
        azure, machine = azure_of(platform), own(Machine, spec.machine)
        rules = [self._rule(name, alarm, spec, azure["resource_group"], machine) for alarm in spec.alarms]
        content = Output.all(machine.instance, machine.workspace).apply(
            lambda known: workbook(spec.panels, Sources(spec.namespace, known[0], known[1]))
        )
        book = applicationinsights.Workbook(
            name,
            # Its name is a GUID; the same for the same.
            resource_name_=str(uuid5(NAMES, f"{platform['account']}/{azure['resource_group']}/{name}")),
            resource_group_name=azure["resource_group"],
            display_name=name,
            category="workbook",
            kind=applicationinsights.WorkbookSharedTypeKind.SHARED,
            source_id="azure monitor",
            serialized_data=content,
            opts=ResourceOptions(parent=self),
        )
        self.dashboard = book.id.apply(lambda id_: f"https://portal.azure.com/#@{azure['tenant']}/resource{id_}")
        self.alarms = Output.all(*(rule.name for rule in rules)).apply(list)
        self.register_outputs({"dashboard": self.dashboard, "alarms": self.alarms})

    def _rule(
        self, name: str, alarm: Alarm, spec: TelemetrySpec, group: str, machine: Machine
    ) -> monitor.ScheduledQueryRule:
        full = f"{name}-{alarm.name.replace(' ', '-')}"
        return monitor.ScheduledQueryRule(
            full,
            rule_name=standing_name("azure-native:monitor:ScheduledQueryRule", full, AZURE_ALERT_RULE.fit(full)),
            resource_group_name=group,
            display_name=f"{spec.node}: {alarm.name}",
            description=alarm.description,
            scopes=[machine.workspace],
            severity=1,
            enabled=True,
            auto_mitigate=True,
            evaluation_frequency="PT5M",
            window_size=_window(alarm.minutes + LATENCY_MINUTES),
            criteria={
                "all_of": [
                    {
                        "query": good_minutes(alarm, machine.logged_as),
                        "time_aggregation": monitor.TimeAggregation.COUNT,
                        "operator": "LessThan",  # the SDK's enumeration of that name is another type's
                        "threshold": 1,
                        "failing_periods": {"number_of_evaluation_periods": 1, "min_failing_periods_to_alert": 1},
                    }
                ]
            },
            actions={"action_groups": [spec.notify]} if spec.notify else None,
            opts=ResourceOptions(parent=self),
        )


def _window(minutes: int) -> str:
    """The least that Azure has with room for `minutes`; the query itself counts them exactly."""
    return f"PT{next((window for window in WINDOWS if window >= minutes), WINDOWS[-1])}M"
