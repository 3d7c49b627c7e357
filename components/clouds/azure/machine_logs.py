"""What a machine's agent collects, and where it sends it."""

from collections.abc import Sequence

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import compute, managedidentity, monitor

from ...pins.machines import AZURE_MONITOR_AGENT
from ..contract.platform import PlatformContract
from ..naming import AZURE_COLLECTION
from ..standing import standing_name
from .log_group import LogGroup
from .log_table import COLUMNS, TABLE
from .platform_section import azure_of

COUNTERS = (
    "\\Processor(*)\\% Processor Time",
    "\\Processor(*)\\% IO Wait Time",
    "\\Memory(*)\\% Used Memory",
    "\\Logical Disk(*)\\% Used Space",
    "\\Logical Disk(*)\\Disk Reads/sec",
    "\\Logical Disk(*)\\Disk Writes/sec",
    "\\Logical Disk(*)\\Disk Read Bytes/sec",
    "\\Logical Disk(*)\\Disk Write Bytes/sec",
    "\\Network(*)\\Total Bytes Transmitted",
    "\\Network(*)\\Total Bytes Received",
)
"""Once a minute, into the table Perf."""

STREAM, PERF, WORKSPACE = "Custom-Text-Nodeyard", "Microsoft-Perf", "workspace"


def collection_rule(
    name: str, group: LogGroup, log_files: Sequence[str], platform: PlatformContract, parent: pulumi.Resource
) -> monitor.DataCollectionRule:
    """What the agent of one machine reads. Azure puts the node's name to every line on its way, so that the machine
    cannot send under another's."""
    return monitor.DataCollectionRule(
        name,
        data_collection_rule_name=standing_name(
            "azure-native:monitor:DataCollectionRule", name, AZURE_COLLECTION.fit(name)
        ),
        resource_group_name=azure_of(platform)["resource_group"],
        kind=monitor.KnownDataCollectionRuleResourceKind.LINUX,
        data_collection_endpoint_id=group.endpoint,
        stream_declarations={
            STREAM: {"columns": [{"name": column, "type": COLUMNS[column]} for column in ("TimeGenerated", "RawData")]}
        },
        data_sources={
            "log_files": [
                {
                    "name": "log",
                    "streams": [STREAM],
                    "file_patterns": list(log_files),
                    "format": "text",
                    "settings": {"text": {"record_start_timestamp_format": "ISO 8601"}},
                }
            ],
            "performance_counters": [
                {
                    "name": "perf",
                    "streams": [PERF],
                    "sampling_frequency_in_seconds": 60,
                    "counter_specifiers": list(COUNTERS),
                }
            ],
        },
        destinations={"log_analytics": [{"name": WORKSPACE, "workspace_resource_id": group.log_group}]},
        data_flows=[
            {
                "streams": [STREAM],
                "destinations": [WORKSPACE],
                "output_stream": f"Custom-{TABLE}",
                "transform_kql": f'source | project TimeGenerated, Node = "{name}", RawData',
            },
            {"streams": [PERF], "destinations": [WORKSPACE]},
        ],
        opts=ResourceOptions(parent=parent),
    )


def agent(
    name: str,
    machine: compute.VirtualMachine,
    identity: managedidentity.UserAssignedIdentity,
    rule: Input[str],
    platform: PlatformContract,
    parent: pulumi.Resource,
) -> None:
    """The Azure Monitor agent on the machine, under the machine's identity. Its rule is tied to the machine first: an
    agent without one stops.

    Source: Azure's "Azure Monitor agent requirements" (publisher, type, settings).
    """
    # They are the machine's: Azure deletes them with it.
    with_machine = ResourceOptions(parent=parent, replace_with=[machine], delete_before_replace=True)
    tied = monitor.DataCollectionRuleAssociation(
        name,
        association_name="nodeyard",
        resource_uri=machine.id,
        data_collection_rule_id=rule,
        opts=with_machine,
    )
    compute.VirtualMachineExtension(
        name,
        vm_extension_name="AzureMonitorLinuxAgent",
        vm_name=machine.name,
        resource_group_name=azure_of(platform)["resource_group"],
        publisher="Microsoft.Azure.Monitor",
        type="AzureMonitorLinuxAgent",
        # The least; Azure keeps it at the newest, as its makers ask for.
        type_handler_version=AZURE_MONITOR_AGENT.version,
        auto_upgrade_minor_version=True,
        enable_automatic_upgrade=True,
        settings=Output.from_input(identity.id).apply(
            lambda id_: {
                "authentication": {"managedIdentity": {"identifier-name": "mi_res_id", "identifier-value": id_}}
            }
        ),
        opts=ResourceOptions.merge(with_machine, ResourceOptions(depends_on=[tied])),
    )
