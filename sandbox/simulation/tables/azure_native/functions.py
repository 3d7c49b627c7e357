"""Azure functions that programs call."""

import base64
from typing import Any

import yaml

from ...resource import CloudError, Instance
from . import databases, services
from .identity import TENANT
from .references import missing

CLIENT = "22222222-2222-2222-2222-222222222222"


def get_client_config(instance: Instance) -> dict[str, Any]:
    return {"clientId": CLIENT, "objectId": CLIENT, "subscriptionId": instance.account, "tenantId": TENANT}


def user_credentials(instance: Instance) -> dict[str, Any]:
    """A kubeconfig, YAML in base64, that names no credentials."""
    known = found(instance, "Microsoft.ContainerService/managedClusters/" + instance.inputs["resourceName"])
    authority = base64.b64encode(f"sandbox certificate authority of {known['name']}\n".encode()).decode()
    server = f"https://{known.get('privateFQDN') or known.get('fqdn')}:443"
    cluster = {"certificate-authority-data": authority, "server": server}
    kubeconfig = {"apiVersion": "v1", "kind": "Config", "clusters": [{"name": known["name"], "cluster": cluster}]}
    value = base64.b64encode(yaml.safe_dump(kubeconfig).encode()).decode()
    return {"kubeconfigs": [{"name": "clusterUser", "value": value}]}


def get_secret(instance: Instance) -> dict[str, Any]:
    path = f"Microsoft.KeyVault/vaults/{instance.inputs['vaultName']}/secrets/{instance.inputs['secretName']}"
    known = services.without_value(services.SECRET, dict(found(instance, path)))
    return {"azureApiVersion": "", **{name: known[name] for name in ("id", "name", "type", "properties")}}


def get_backup_vault(instance: Instance) -> dict[str, Any]:
    known = found(instance, f"Microsoft.DataProtection/backupVaults/{instance.inputs['vaultName']}")
    told = ("id", "name", "type", "location", "properties", "identity")
    return {"azureApiVersion": "", "systemData": {}, **{name: known[name] for name in told}}


def get_blob_container(instance: Instance) -> dict[str, Any]:
    account, name = instance.inputs["accountName"], instance.inputs["containerName"]
    return {
        "azureApiVersion": "",
        **found(instance, f"Microsoft.Storage/storageAccounts/{account}/blobServices/default/containers/{name}"),
    }


def get_disk(instance: Instance) -> dict[str, Any]:
    known = found(instance, f"Microsoft.Compute/disks/{instance.inputs['diskName']}")
    return {"azureApiVersion": "", "encryptionSettingsCollection": None, **known}


def get_disk_encryption_set(instance: Instance) -> dict[str, Any]:
    path = f"Microsoft.Compute/diskEncryptionSets/{instance.inputs['diskEncryptionSetName']}"
    told: dict[str, Any] = {
        "autoKeyRotationError": None,
        "lastKeyRotationTimestamp": "",
        "previousKeys": [],
        "provisioningState": "",
    }
    return {"azureApiVersion": "", **told, **found(instance, path)}


def get_server(instance: Instance) -> dict[str, Any]:
    path = f"Microsoft.DBforPostgreSQL/flexibleServers/{instance.inputs['serverName']}"
    known = found(instance, path)
    return {"azureApiVersion": "", **{name: value for name, value in known.items() if name != databases.PASSWORD}}


def get_public_ip_address(instance: Instance) -> dict[str, Any]:
    path = f"Microsoft.Network/publicIPAddresses/{instance.inputs['publicIpAddressName']}"
    return {"azureApiVersion": "", **found(instance, path)}


def get_snapshot(instance: Instance) -> dict[str, Any]:
    return {"azureApiVersion": "", **found(instance, f"Microsoft.Compute/snapshots/{instance.inputs['snapshotName']}")}


def found(instance: Instance, path: str) -> dict[str, Any]:
    """The properties of what lies at a path of the resource group that the function is asked about."""
    group = instance.inputs["resourceGroupName"]
    id_ = f"/subscriptions/{instance.account}/resourceGroups/{group}/providers/{path}"
    if not instance.world.identified(id_):
        nothing = missing(id_)
        # As the provider puts it.
        raise CloudError("", f'Status=404 Code="{nothing.code}" Message="{nothing.message}"')
    return dict(instance.find(id_))


FUNCTIONS = {
    "azure-native:authorization:getClientConfig": get_client_config,
    "azure-native:compute:getDisk": get_disk,
    "azure-native:compute:getDiskEncryptionSet": get_disk_encryption_set,
    "azure-native:compute:getSnapshot": get_snapshot,
    "azure-native:containerservice:listManagedClusterUserCredentials": user_credentials,
    "azure-native:dbforpostgresql:getServer": get_server,
    "azure-native:keyvault:getSecret": get_secret,
    "azure-native:network:getPublicIPAddress": get_public_ip_address,
    "azure-native:storage:getBlobContainer": get_blob_container,
    "azure-native:dataprotection:getBackupVault": get_backup_vault,
}
