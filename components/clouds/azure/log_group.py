"""Where machines' logs go on Azure: a table of a Log Analytics workspace."""

from pulumi import Output, ResourceOptions
from pulumi_azure_native import monitor, operationalinsights

from ...errors import InputError
from ..contract import log_group as contract
from ..contract.log_group import LogGroupSpec
from ..contract.platform import PlatformContract
from ..naming import AZURE_COLLECTION
from ..standing import standing_name
from .limits import LOG_DAYS
from .log_table import COLUMNS, TABLE
from .platform_section import azure_of


class LogGroup(contract.LogGroup):
    """A workspace with the table `NodeyardLog_CL`: when, which node, and the line.

    Makes: `azure-native:operationalinsights:Workspace` and its `Table`, both keeping what they get for `spec.days` (30
    to 730), and `azure-native:monitor:DataCollectionEndpoint`, through which the agents of the machines send log files.
    Each machine brings the rule that says what of its own goes there.
    Raises `InputError` for other `days`.
    """

    def __init__(self, name: str, spec: LogGroupSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:LogGroup", name, None, opts)
        if problem := LOG_DAYS.problem(spec.days):
            raise InputError(f"Log group {name!r} cannot be made on Azure.", [("days", problem)])
        child, group = ResourceOptions(parent=self), azure_of(platform)["resource_group"]
        workspace = operationalinsights.Workspace(
            name,
            resource_group_name=group,
            sku={"name": operationalinsights.WorkspaceSkuNameEnum.PER_GB2018},
            retention_in_days=spec.days,
            opts=child,
        )
        table = operationalinsights.Table(
            name,
            table_name=TABLE,
            workspace_name=workspace.name,
            resource_group_name=group,
            retention_in_days=spec.days,
            schema={"name": TABLE, "columns": [{"name": column, "type": kind} for column, kind in COLUMNS.items()]},
            opts=child,
        )
        endpoint = monitor.DataCollectionEndpoint(
            name,
            data_collection_endpoint_name=standing_name(
                "azure-native:monitor:DataCollectionEndpoint", name, AZURE_COLLECTION.fit(name)
            ),
            resource_group_name=group,
            kind="Linux",
            opts=child,
        )
        self.endpoint = endpoint.id
        # Known when the table is there: a rule that names it is refused before.
        self.log_group = Output.all(workspace.id, table.id).apply(lambda known: str(known[0]))
        self.register_outputs({"log_group": self.log_group})
