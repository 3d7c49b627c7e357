"""Disks, what encrypts them, what backs them up; storage accounts."""

import re
import uuid
from typing import Any

from nodeyard.clouds.azure.limits import DISK_GIB, DISK_IOPS, DISK_MEGABYTES

from ...resource import CloudError, Instance, Resource
from .arm import within_group
from .identity import own_identity
from .network import IN_GROUP

VAULTS = "Microsoft.DataProtection/backupVaults/"
FIXED = ("creationData", "zones")


def refuse_changes(instance: Instance, *fixed: str) -> None:
    """What the provider takes for a change in place and the API does not."""
    for path in fixed:
        before, after = instance.before.get(path), instance.inputs.get(path)
        if instance.before and before is not None and before != after:
            raise CloudError("PropertyChangeNotAllowed", f"Changing property '{path}' is not allowed.")


def refuse_disk(instance: Instance) -> None:
    refuse_changes(instance, *FIXED)
    size = instance.get("diskSizeGB", 0)
    if size < instance.before.get("diskSizeGB", 0):
        raise CloudError("OperationNotAllowed", f"Disk {instance.name} cannot be made smaller.")
    if instance.get("sku", {}).get("name") != "PremiumV2_LRS":
        return
    iops = instance.get("diskIOPSReadWrite", DISK_IOPS.least)
    megabytes = instance.get("diskMBpsReadWrite", DISK_MEGABYTES.least)
    if size and DISK_GIB.problem(size):
        raise CloudError("InvalidParameter", f"{size} GiB are out of range for disk.sku.name PremiumV2_LRS.")
    if DISK_IOPS.problem(iops, size):
        raise CloudError("InvalidParameter", f"{iops} IOPS are out of range for a disk of {size} GiB.")
    if DISK_MEGABYTES.problem(megabytes, iops):
        raise CloudError("InvalidParameter", f"{megabytes} MB/s are out of range for {iops} IOPS.")


def snapshot(instance: Instance) -> dict[str, Any]:
    """With the unique id of what it was taken of, since names are given again."""
    if instance.before:
        return {"creationData": instance.before["creationData"]}
    source = instance.inputs["creationData"]["sourceResourceId"]
    if not instance.world.identified(source):
        raise CloudError("NotFound", f"{source} could not be found.")
    return {
        "creationData": {**instance.inputs["creationData"], "sourceUniqueId": instance.find(source).get("uniqueId", "")}
    }


def refuse_account(instance: Instance) -> None:
    if not re.fullmatch("[a-z0-9]{3,24}", instance.name):
        raise CloudError("AccountNameInvalid", f"{instance.name} is not a valid storage account name.")


def storage_account(instance: Instance) -> dict[str, Any]:
    return {"primaryEndpoints": {"blob": f"https://{instance.name}.blob.core.windows.net/"}}


RESOURCES = {
    "azure-native:compute:Disk": Resource(
        within_group("Microsoft.Compute/disks/{name}"),
        name="diskName",
        name_limit=80,
        in_use="OperationNotAllowed",
        replaces=("resourceGroupName", "diskName", "location"),
        external=("creationData.sourceResourceId",),  # a snapshot may be of another group or subscription
        allowed={"sku.name": ("Standard_LRS", "StandardSSD_LRS", "Premium_LRS", "PremiumV2_LRS", "UltraSSD_LRS")},
        outputs=lambda instance: {
            "provisioningState": "Succeeded",
            "uniqueId": instance.before.get("uniqueId") or str(uuid.uuid4()),
        },
        refuses=refuse_disk,
        **IN_GROUP,
    ),
    "azure-native:compute:Snapshot": Resource(
        within_group("Microsoft.Compute/snapshots/{name}"),
        name="snapshotName",
        name_limit=80,
        replaces=("resourceGroupName", "snapshotName", "location", "creationData"),
        external=("creationData.sourceResourceId",),  # it outlives what it was taken of
        outputs=snapshot,
        **IN_GROUP,
    ),
    "azure-native:compute:DiskEncryptionSet": Resource(
        within_group("Microsoft.Compute/diskEncryptionSets/{name}"),
        name="diskEncryptionSetName",
        name_limit=80,
        in_use="OperationNotAllowed",
        replaces=("resourceGroupName", "diskEncryptionSetName", "location", "encryptionType"),
        outputs=own_identity,
        later=("identity.principalId", "identity.tenantId"),
        **IN_GROUP,
    ),
    "azure-native:dataprotection:BackupVault": Resource(
        within_group(VAULTS + "{name}"),
        name="vaultName",
        name_limit=50,
        in_use="BackupVaultCannotBeDeleted",
        replaces=("resourceGroupName", "vaultName", "location"),
        outputs=own_identity,
        later=("identity.principalId", "identity.tenantId"),
        **IN_GROUP,
    ),
    "azure-native:dataprotection:BackupPolicy": Resource(
        within_group(VAULTS + "{vaultName}/backupPolicies/{name}"),
        name="backupPolicyName",
        scope=within_group(VAULTS + "{vaultName}"),
        taken="cannot create already existing resource",
        in_use="UserErrorBackupPolicyInUse",
        replaces=("resourceGroupName", "vaultName", "backupPolicyName"),
    ),
    "azure-native:dataprotection:BackupInstance": Resource(
        within_group(VAULTS + "{vaultName}/backupInstances/{name}"),
        name="backupInstanceName",
        scope=within_group(VAULTS + "{vaultName}"),
        taken="cannot create already existing resource",
        replaces=("resourceGroupName", "vaultName", "backupInstanceName", "properties.dataSourceInfo"),
    ),
    "azure-native:storage:StorageAccount": Resource(
        within_group("Microsoft.Storage/storageAccounts/{name}"),
        name="accountName",
        name_limit=24,
        scope="everywhere",
        taken="StorageAccountAlreadyTaken",
        replaces=("resourceGroupName", "accountName", "location", "isHnsEnabled"),
        outputs=storage_account,
        refuses=refuse_account,
    ),
}
