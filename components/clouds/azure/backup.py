"""Snapshots of disks: Azure Disk Backup, which takes them, numbers them and throws the old ones away."""

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import authorization, dataprotection

from ..contract.disk import DiskSpec
from ..contract.platform import AzurePlatform, PlatformContract
from ..contract.snapshot_schedule import HOURS_OF_A_DAY, Rhythm
from ..naming import AZURE_BACKUP_INSTANCE, AZURE_BACKUP_POLICY, AZURE_BACKUP_VAULT
from . import arm_id
from .roles import Role, grant

POLICY = "daily-7"
"""Every backup vault of ours has this one: a snapshot every night, kept for seven days."""

DISKS = "Microsoft.Compute/disks"


class BackupVault(pulumi.ComponentResource):
    """The vault that keeps the schedule of the disks' snapshots. It holds no data: the snapshots, incremental and
    encrypted as their disk is, lie in the resource group `group`.

    Makes, all protected (the disks that outlive a destroy stay on its schedule):
    `azure-native:dataprotection:BackupVault` and its `BackupPolicy`; its right to make snapshots in that resource
    group and, with `reads_group`, to read the disks that lie there. Soft delete is left as Azure has it, which lets
    nobody turn it off in more and more regions ("Secure by default with soft delete for Azure Backup").
    Source of the policy's shape: Azure/azure-cli-extensions, dataprotection, `AzureDisk.py`.
    """

    def __init__(
        self, name: str, group: Input[str], group_id: Input[str], opts: ResourceOptions, *, reads_group: bool = False
    ) -> None:
        super().__init__("nodeyard:azure:BackupVault", name, None, opts)
        once = ResourceOptions(parent=self, protect=True)
        vault = dataprotection.BackupVault(
            name,
            vault_name=AZURE_BACKUP_VAULT.fit(name),
            resource_group_name=group,
            identity={"type": "SystemAssigned"},
            properties={
                # It has to be told what it would store with, were there something to store.
                "storage_settings": [{"datastore_type": "VaultStore", "type": "LocallyRedundant"}],
            },
            opts=once,
        )
        backup_policy(name, POLICY, vault.name, group, Rhythm(), once)
        principal = vault.identity.apply(lambda identity: str(identity.principal_id if identity else ""))
        grant(f"{name}-snapshots", Role.DISK_SNAPSHOT_CONTRIBUTOR, group_id, principal, once)
        if reads_group:
            grant(f"{name}-disks", Role.DISK_BACKUP_READER, group_id, principal, once)
        self.name = vault.name
        self.register_outputs({"name": self.name})


def problem(spec: DiskSpec, azure: AzurePlatform) -> str:
    """Why the disk cannot be on a schedule of snapshots; empty when it can."""
    if not azure["backup_vault"]:
        return "need a platform, or a site that was made with snapshots: they have the backup vault"
    elsewhere = spec.existing and arm_id.resource_group(spec.existing).lower() != azure["resource_group"].lower()
    if elsewhere and not azure["cluster_id"]:
        return f"the site's backup vault reads disks of the resource group {azure['resource_group']} only"
    return ""


def back_up(
    name: str,
    disk: Input[str],
    policy: Input[str],
    platform: PlatformContract,
    azure: AzurePlatform,
    parent: pulumi.Resource,
) -> None:
    """Puts the disk on the schedule `policy`, and lets a platform's vault read this one disk. A site's reads its whole
    group: who it is cannot be asked in a preview, before it is made.

    Taking it off the schedule deletes its snapshots, so that it is protected, as the disk is. A destroy that keeps what
    is protected keeps the right too, because this depends on it.
    """
    right = [_reads(name, disk, azure, parent)] if azure["cluster_id"] else []
    vault_id = arm_id.in_group(
        platform["account"],
        azure["resource_group"],
        f"Microsoft.DataProtection/backupVaults/{azure['backup_vault']}",
    )
    group_id = f"/subscriptions/{platform['account']}/resourceGroups/{azure['resource_group']}"
    dataprotection.BackupInstance(
        name,
        backup_instance_name=AZURE_BACKUP_INSTANCE.fit(name),
        vault_name=azure["backup_vault"],
        resource_group_name=azure["resource_group"],
        properties={
            "object_type": "BackupInstance",
            "friendly_name": name,
            "data_source_info": {
                "object_type": "Datasource",
                "datasource_type": DISKS,
                "resource_id": disk,
                "resource_name": Output.from_input(disk).apply(arm_id.name),
                "resource_type": DISKS,
                "resource_uri": disk,
                "resource_location": platform["region"],
            },
            "policy_info": {
                "policy_id": Output.concat(vault_id, "/backupPolicies/", policy),
                "policy_parameters": {
                    "data_store_parameters_list": [
                        {
                            "object_type": "AzureOperationalStoreParameters",
                            "data_store_type": dataprotection.DataStoreTypes.OPERATIONAL_STORE,
                            "resource_group_id": group_id,
                        }
                    ]
                },
            },
        },
        opts=ResourceOptions(parent=parent, protect=True, depends_on=right),
    )


def _reads(name: str, disk: Input[str], azure: AzurePlatform, parent: pulumi.Resource) -> authorization.RoleAssignment:
    principal = dataprotection.get_backup_vault_output(
        resource_group_name=azure["resource_group"],
        vault_name=azure["backup_vault"],
        opts=pulumi.InvokeOutputOptions(parent=parent),
    ).apply(lambda vault: str(vault.identity.principal_id if vault.identity else ""))
    return grant(f"{name}-backup", Role.DISK_BACKUP_READER, disk, principal, ResourceOptions(parent=parent))


def backup_policy(
    name: str, called: str, vault: Input[str], group: Input[str], rhythm: Rhythm, opts: ResourceOptions
) -> dataprotection.BackupPolicy:
    """A schedule of the vault."""
    return dataprotection.BackupPolicy(
        name,
        backup_policy_name=AZURE_BACKUP_POLICY.fit(called),
        vault_name=vault,
        resource_group_name=group,
        properties=_rules(rhythm),
        opts=opts,
    )


def _rules(rhythm: Rhythm) -> dataprotection.BackupPolicyArgsDict:
    is_daily = rhythm.every_hours == HOURS_OF_A_DAY
    store: dataprotection.DataStoreInfoBaseArgsDict = {
        "object_type": "DataStoreInfoBase",
        "data_store_type": dataprotection.DataStoreTypes.OPERATIONAL_STORE,
    }
    return {
        "object_type": "BackupPolicy",
        "datasource_types": [DISKS],
        "policy_rules": [
            {
                "object_type": "AzureBackupRule",
                "name": "BackupDaily" if is_daily else "BackupHourly",
                "data_store": store,
                "backup_parameters": {"object_type": "AzureBackupParams", "backup_type": "Incremental"},
                "trigger": {
                    "object_type": "ScheduleBasedTriggerContext",
                    # From some day on.
                    "schedule": {
                        "repeating_time_intervals": [
                            f"R/2026-01-01T{rhythm.at}:00+00:00/{'P1D' if is_daily else f'PT{rhythm.every_hours}H'}"
                        ]
                    },
                    "tagging_criteria": [
                        {"is_default": True, "tagging_priority": 99, "tag_info": {"tag_name": "Default"}}
                    ],
                },
            },
            {
                "object_type": "AzureRetentionRule",
                "name": "Default",
                "is_default": True,
                "lifecycles": [
                    {
                        "delete_after": {"object_type": "AbsoluteDeleteOption", "duration": f"P{rhythm.keep_days}D"},
                        "source_data_store": store,
                    }
                ],
            },
        ],
    }
