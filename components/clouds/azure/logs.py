"""Where the platform's audit logs go: a Log Analytics workspace."""

from collections.abc import Sequence

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import monitor, operationalinsights

from ..naming import AZURE_WORKSPACE
from ..standing import standing_name

LOG_DAYS = 365
"""A year of who did what in the cluster and in the vault."""


def workspace(name: str, group: Input[str], parent: pulumi.Resource) -> Output[str]:
    """The id of a workspace that keeps what it gets for `LOG_DAYS`. Microsoft's key encrypts it: a key of our own would
    take a dedicated Log Analytics cluster, which is paid by the hundred gigabytes a day."""
    made = operationalinsights.Workspace(
        name,
        workspace_name=workspace_name(name),
        resource_group_name=group,
        sku={"name": operationalinsights.WorkspaceSkuNameEnum.PER_GB2018},
        retention_in_days=LOG_DAYS,
        opts=ResourceOptions(parent=parent),
    )
    return made.id


def workspace_name(name: str) -> str:
    return standing_name("azure-native:operationalinsights:Workspace", name, AZURE_WORKSPACE.fit(name))


def send_logs(
    name: str, source: Input[str], categories: Sequence[str], workspace: Input[str], parent: pulumi.Resource
) -> None:
    """What `source` (an ARM id) logs under `categories` goes to the workspace."""
    monitor.DiagnosticSetting(
        name,
        name="audit",
        resource_uri=source,
        workspace_id=workspace,
        log_analytics_destination_type="Dedicated",
        logs=[{"category": category, "enabled": True} for category in categories],
        opts=ResourceOptions(parent=parent),
    )
