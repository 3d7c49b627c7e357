"""Where the platform's audit logs go: a Log Analytics workspace."""

from collections.abc import Sequence

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import monitor, operationalinsights

LOG_DAYS = 365
"""A year of who did what in the cluster and in the vault."""


def workspace(name: str, group: Input[str], parent: pulumi.Resource) -> Output[str]:
    """The id of a workspace that keeps what it gets for `LOG_DAYS`. Microsoft's key encrypts it: a key of our own would
    take a dedicated Log Analytics cluster, which is paid by the hundred gigabytes a day."""
    made = operationalinsights.Workspace(
        name,
        resource_group_name=group,
        sku={"name": operationalinsights.WorkspaceSkuNameEnum.PER_GB2018},
        retention_in_days=LOG_DAYS,
        opts=ResourceOptions(parent=parent),
    )
    return made.id


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
