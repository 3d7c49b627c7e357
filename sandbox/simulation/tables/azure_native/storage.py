"""Disks, what encrypts them, what backs them up; storage accounts and their containers."""

import re
import uuid
from typing import Any

from nodeyard.clouds.azure.limits import BUCKET_UNDELETE_DAYS, DISK_GIB, DISK_IOPS, DISK_MEGABYTES

from ...resource import CloudError, Instance, Resource
from .arm import within_group
from .identity import ASSIGNMENT, own_identity
from .network import IN_GROUP
from .references import missing

CONTAINER = "azure-native:storage:BlobContainer"
VAULTS = "Microsoft.DataProtection/backupVaults/"
FIXED = ("creationData", "zones")
ACCOUNTS = "Microsoft.Storage/storageAccounts/"
CRYPTO_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
"""Key Vault Crypto Service Encryption User."""


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
    refuse_networks(instance)
    refuse_key(instance)


def refuse_networks(instance: Instance) -> None:
    """A firewall knows a subnet by its service endpoint."""
    for rule in (instance.get("networkRuleSet") or {}).get("virtualNetworkRules") or []:
        subnet = rule["virtualNetworkResourceId"]
        if not instance.world.identified(subnet):
            nothing = missing(subnet)
            raise CloudError(nothing.code, nothing.message)
        services = {entry["service"] for entry in instance.find(subnet).get("serviceEndpoints") or []}
        if not services & {"Microsoft.Storage", "Microsoft.Storage.Global"}:
            text = f"Subnet {subnet} does not have ServiceEndpoints for Microsoft.Storage resources configured."
            raise CloudError("SubnetsHaveNoServiceEndpointsConfigured", text)


def refuse_key(instance: Instance) -> None:
    """A key of a vault is used by an identity that may wrap with it."""
    encryption = instance.get("encryption") or {}
    if encryption.get("keySource") != "Microsoft.Keyvault":
        return
    identity = instance.find(encryption["encryptionIdentity"]["encryptionUserAssignedIdentity"])
    vault, key = (encryption["keyVaultProperties"][part] for part in ("keyVaultUri", "keyName"))
    path = f"/vaults/{vault.removeprefix('https://').partition('.')[0]}/keys/{key}"
    rights = (right.inputs for right in instance.world.find(ASSIGNMENT))
    if not any(
        right["principalId"] == identity["principalId"]
        and right["roleDefinitionId"].endswith(CRYPTO_USER)
        and right["scope"].endswith(path)
        for right in rights
    ):
        text = "The operation failed because of authentication issue on the keyvault."
        raise CloudError("KeyVaultAuthenticationFailure", text)


def refuse_blob_service(instance: Instance) -> None:
    for policy in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        given = instance.get(policy) or {}
        if given.get("enabled") and BUCKET_UNDELETE_DAYS.problem(given.get("days", 0)):
            text = f"The days of {policy} must be {BUCKET_UNDELETE_DAYS.rule}."
            raise CloudError("InvalidValuesForRequestParameters", text)


def refuse_container(instance: Instance) -> None:
    if not re.fullmatch(r"(?=.{3,63}$)[a-z0-9](-?[a-z0-9])*", instance.name):
        raise CloudError(
            "InvalidResourceName", f"The specified resource name, {instance.name}, has invalid characters."
        )
    account = instance.find(instance.id.partition("/blobServices/")[0])
    if instance.get("publicAccess", "None") != "None" and not account.get("allowBlobPublicAccess", False):
        raise CloudError("PublicAccessNotPermitted", "Public access is not permitted on this storage account.")


def storage_account(instance: Instance) -> dict[str, Any]:
    """The identities are given as a list, and told as a map."""
    endpoints = {"primaryEndpoints": {"blob": f"https://{instance.name}.blob.core.windows.net/"}}
    identity = instance.get("identity")
    if not identity:
        return endpoints
    told = {id_: {"principalId": instance.find(id_)["principalId"]} for id_ in identity["userAssignedIdentities"]}
    return {**endpoints, "identity": {**identity, "userAssignedIdentities": told}}


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
        within_group(ACCOUNTS + "{name}"),
        name="accountName",
        name_limit=24,
        scope="everywhere",
        taken="StorageAccountAlreadyTaken",
        replaces=("resourceGroupName", "accountName", "location", "isHnsEnabled"),
        # A subnet that goes is taken out of the rules ("Azure Storage firewall rules", virtual networks).
        external=("networkRuleSet.virtualNetworkRules.virtualNetworkResourceId",),
        outputs=storage_account,
        later=("identity.userAssignedIdentities",),
        refuses=refuse_account,
    ),
    "azure-native:storage:BlobServiceProperties": Resource(
        within_group(ACCOUNTS + "{accountName}/blobServices/{name}"),
        name="blobServicesName",
        scope=within_group(ACCOUNTS + "{accountName}"),
        # It is there from the beginning, and the provider takes it over only as it was then (pulumi-azure-native,
        # `CanCreate`).
        taken="cannot create already existing subresource",
        replaces=("resourceGroupName", "accountName", "blobServicesName"),
        refuses=refuse_blob_service,
    ),
    CONTAINER: Resource(
        within_group(ACCOUNTS + "{accountName}/blobServices/default/containers/{name}"),
        name="containerName",
        scope=within_group(ACCOUNTS + "{accountName}"),
        taken="cannot create already existing resource",
        replaces=("resourceGroupName", "accountName", "containerName"),
        refuses=refuse_container,
    ),
}
