"""Azure's ids: each is made of names, as the section "Import" of each type in Pulumi's registry has it."""

from .rows import Computed, Rows

_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
_AT = _GROUP + "/providers/Microsoft."
_VAULT = _AT + "KeyVault/vaults/{vaultName}"
_BACKUPS = _AT + "DataProtection/backupVaults/{vaultName}"
_STORAGE = _AT + "Storage/storageAccounts/{accountName}"
_ZONE = _AT + "Network/privateDnsZones/{privateZoneName}"
_AKS = _AT + "ContainerService/managedClusters/{resourceName}"
_POSTGRES = _AT + "DBforPostgreSQL/flexibleServers/{serverName}"
_NETWORK = _AT + "Network/virtualNetworks/{virtualNetworkName}"
_WORKSPACE = _AT + "OperationalInsights/workspaces/{workspaceName}"
_IDENTITY = _AT + "ManagedIdentity/userAssignedIdentities/{resourceName}"
_MACHINE = _AT + "Compute/virtualMachines/{vmName}"

_TEMPLATES = {
    "applicationinsights:Workbook": _AT + "Insights/workbooks/{resourceName}",
    "authorization:ManagementLockByScope": "{scope}/providers/Microsoft.Authorization/locks/{lockName}",
    "authorization:RoleAssignment": "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
    "compute:Disk": _AT + "Compute/disks/{diskName}",
    "compute:DiskEncryptionSet": _AT + "Compute/diskEncryptionSets/{diskEncryptionSetName}",
    "compute:Snapshot": _AT + "Compute/snapshots/{snapshotName}",
    "compute:VirtualMachine": _MACHINE,
    "compute:VirtualMachineExtension": _MACHINE + "/extensions/{vmExtensionName}",
    "containerservice:AgentPool": _AKS + "/agentPools/{agentPoolName}",
    "containerservice:ManagedCluster": _AKS,
    "dataprotection:BackupInstance": _BACKUPS + "/backupInstances/{backupInstanceName}",
    "dataprotection:BackupPolicy": _BACKUPS + "/backupPolicies/{backupPolicyName}",
    "dataprotection:BackupVault": _BACKUPS,
    "dbforpostgresql:Configuration": _POSTGRES + "/configurations/{configurationName}",
    "dbforpostgresql:Server": _POSTGRES,
    "keyvault:Key": _VAULT + "/keys/{keyName}",
    "keyvault:Secret": _VAULT + "/secrets/{secretName}",
    "keyvault:Vault": _VAULT,
    "managedidentity:FederatedIdentityCredential": _IDENTITY
    + "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}",
    "managedidentity:UserAssignedIdentity": _IDENTITY,
    "monitor:DataCollectionEndpoint": _AT + "Insights/dataCollectionEndpoints/{dataCollectionEndpointName}",
    "monitor:DataCollectionRule": _AT + "Insights/dataCollectionRules/{dataCollectionRuleName}",
    "monitor:DataCollectionRuleAssociation": "{resourceUri}/providers/Microsoft.Insights/dataCollectionRuleAssociations"
    "/{associationName}",
    "monitor:DiagnosticSetting": "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    "monitor:ScheduledQueryRule": _AT + "Insights/scheduledQueryRules/{ruleName}",
    "network:FlowLog": _AT + "Network/networkWatchers/{networkWatcherName}/flowLogs/{flowLogName}",
    "network:NatGateway": _AT + "Network/natGateways/{natGatewayName}",
    "network:NetworkInterface": _AT + "Network/networkInterfaces/{networkInterfaceName}",
    "network:NetworkSecurityGroup": _AT + "Network/networkSecurityGroups/{networkSecurityGroupName}",
    "network:PrivateEndpoint": _AT + "Network/privateEndpoints/{privateEndpointName}",
    "network:PublicIPAddress": _AT + "Network/publicIPAddresses/{publicIpAddressName}",
    "network:Subnet": _NETWORK + "/subnets/{subnetName}",
    "network:VirtualNetwork": _NETWORK,
    "operationalinsights:Table": _WORKSPACE + "/tables/{tableName}",
    "operationalinsights:Workspace": _WORKSPACE,
    "privatedns:PrivateRecordSet": _ZONE + "/{recordType}/{relativeRecordSetName}",
    "privatedns:PrivateZone": _ZONE,
    "privatedns:VirtualNetworkLink": _ZONE + "/virtualNetworkLinks/{virtualNetworkLinkName}",
    "resources:ResourceGroup": _GROUP,
    "storage:BlobContainer": _STORAGE + "/blobServices/default/containers/{containerName}",
    "storage:BlobServiceProperties": _STORAGE + "/blobServices/{blobServicesName}",
    "storage:StorageAccount": _STORAGE,
}

ROWS: Rows = {f"azure-native:{type_}": Computed(template) for type_, template in _TEMPLATES.items()}
