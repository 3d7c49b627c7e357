"""Faults on Azure. `seen_by` says whether the models of its management clients see them."""

from tests.vendors.faults import GONE, Fault

DISK, MACHINE = "azure-native:compute:Disk", "azure-native:compute:VirtualMachine"
POOL, CLUSTER = "azure-native:containerservice:AgentPool", "azure-native:containerservice:ManagedCluster"
VAULT, KEY = "azure-native:keyvault:Vault", "azure-native:keyvault:Key"
RULE, GROUP = "azure-native:monitor:ScheduledQueryRule", "azure-native:network:NetworkSecurityGroup"
BACKUP, STORAGE = "azure-native:dataprotection:BackupPolicy", "azure-native:storage:StorageAccount"
DATABASE, LOCK = "azure-native:dbforpostgresql:Server", "azure-native:authorization:ManagementLockByScope"
RECORD = "azure-native:privatedns:PrivateRecordSet"
CONTAINER, BLOBS = "azure-native:storage:BlobContainer", "azure-native:storage:BlobServiceProperties"

FAULTS = (
    # values of enumerations
    Fault(DISK, "sku.name", "PremiumV3_LRS", "azure"),
    Fault(DISK, "networkAccessPolicy", "Deny", "azure"),
    Fault(MACHINE, "storageProfile.osDisk.createOption", "Image", "azure"),
    Fault(POOL, "osSKU", "Flatcar", "azure"),
    Fault(POOL, "scaleSetPriority", "Cheap", "azure"),
    Fault(CLUSTER, "networkProfile.networkPolicy", "strict", "azure"),
    Fault(CLUSTER, "autoUpgradeProfile.upgradeChannel", "never", "azure"),
    Fault(VAULT, "properties.networkAcls.defaultAction", "Refuse", "azure"),
    Fault(KEY, "properties.kty", "RSA3", "azure"),
    Fault(GROUP, "securityRules.0.direction", "In", "azure"),
    Fault("azure-native:network:PublicIPAddress", "publicIPAllocationMethod", "Fixed", "azure"),
    Fault("azure-native:operationalinsights:Workspace", "sku.name", "PerGB", "azure"),
    Fault(RULE, "criteria.allOf.0.operator", "Below", "azure"),
    Fault(STORAGE, "minimumTlsVersion", "1.2", "azure"),
    # another type, unknown, missing
    Fault(DISK, "diskSizeGB", "256", "azure"),
    Fault(RULE, "windowSize", "15m", "azure"),
    Fault(DISK, "encryption.diskEncryptionSet", "a set", "azure"),
    Fault(CLUSTER, "oidcIssuerProfile.issuerURL", "https://issuer.invalid", "azure"),
    Fault(BACKUP, "properties.policyRules.0.trigger.schedule", GONE, "azure"),
    Fault(VAULT, "properties.sku", GONE, "azure"),
    # bounds
    Fault(RULE, "severity", 7, "azure"),
    # in prose alone
    Fault(POOL, "agentPoolName", "Themis_pool"),
    Fault(STORAGE, "accountName", "Flow-Logs"),
    Fault(GROUP, "securityRules.0.priority", 5000),
    Fault(POOL, "nodeTaints.0", "node.metis.io=themis:NO_SCHEDULE"),
    # databases
    Fault(DATABASE, "network.publicNetworkAccess", "Open", "azure"),
    Fault(DATABASE, "network.publicNetworkAccess", "Enabled"),
    Fault(DATABASE, "highAvailability.mode", "TwoZones", "azure"),
    Fault(DATABASE, "sku.tier", "Premium", "azure"),
    Fault(DATABASE, "storage.storageSizeGB", "128", "azure"),
    Fault(DATABASE, "dataEncryption.type", "CustomerKey", "azure"),
    Fault(DATABASE, "dataEncryption", GONE),
    Fault(DATABASE, "version", "9.6"),
    Fault(DATABASE, "backup.backupRetentionDays", 100),
    Fault(LOCK, "level", "Locked", "azure"),
    Fault(RECORD, "ttl", "300", "azure"),
    # buckets
    Fault(STORAGE, "encryption.keySource", "KeyVault", "azure"),
    Fault(STORAGE, "encryption.encryptionIdentity", "an identity", "azure"),
    Fault(STORAGE, "encryption.keyVaultProperties.keyVaultURL", "https://v.vault.azure.net", "azure"),
    Fault(STORAGE, "identity.type", "Own", "azure"),
    Fault(STORAGE, "networkRuleSet.defaultAction", "Refuse", "azure"),
    Fault(STORAGE, "networkRuleSet.virtualNetworkRules.0.virtualNetworkResourceId", GONE, "azure"),
    Fault(STORAGE, "allowSharedKeyAccess", "no", "azure"),
    Fault(STORAGE, "encryption.encryptionIdentity", GONE),
    Fault(BLOBS, "deleteRetentionPolicy.days", "7", "azure"),
    Fault(BLOBS, "deleteRetentionPolicy.keepDays", 7, "azure"),
    Fault(BLOBS, "containerDeleteRetentionPolicy.days", 1000),
    Fault(CONTAINER, "publicAccess", "Private", "azure"),
    Fault(CONTAINER, "containerName", "Backups"),
)
