"""Faults on Google Cloud. `seen_by` says whether Google's discovery documents see them."""

from tests.vendors.faults import GONE, Fault

DISK, FIREWALL = "gcp:compute/disk:Disk", "gcp:compute/firewall:Firewall"
TEMPLATE, GROUP = (
    "gcp:compute/instanceTemplate:InstanceTemplate",
    "gcp:compute/instanceGroupManager:InstanceGroupManager",
)
CLUSTER, POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"
SECRET, KEY = "gcp:secretmanager/secret:Secret", "gcp:kms/cryptoKey:CryptoKey"
BUCKET = "gcp:storage/bucket:Bucket"
DATABASE, RULE = "gcp:sql/databaseInstance:DatabaseInstance", "gcp:compute/forwardingRule:ForwardingRule"

FAULTS = (
    # values of enumerations
    Fault(FIREWALL, "direction", "IN", "google"),
    Fault("gcp:compute/address:Address", "addressType", "PUBLIC", "google"),
    Fault("gcp:compute/routerNat:RouterNat", "natIpAllocateOption", "BY_HAND", "google"),
    Fault("gcp:compute/network:Network", "routingMode", "ZONAL", "google"),
    Fault(GROUP, "updatePolicy.minimalAction", "RECREATE", "google"),
    Fault(TEMPLATE, "scheduling.provisioningModel", "CHEAP", "google"),
    Fault(CLUSTER, "releaseChannel.channel", "SLOW", "google"),
    Fault(POOL, "nodeConfig.taints.0.effect", "NoSchedule", "google"),
    Fault(KEY, "purpose", "ENCRYPT", "google"),
    Fault("gcp:monitoring/alertPolicy:AlertPolicy", "combiner", "ANY", "google"),
    # forms
    Fault(DISK, "name", "My_Disk", "google"),
    Fault(KEY, "rotationPeriod", "90d", "google"),
    Fault(SECRET, "versionDestroyTtl", "30 days", "google"),
    Fault("gcp:serviceaccount/account:Account", "accountId", "gke", "google"),
    Fault(DISK, "zone", "us-central1/a", "google"),
    # another type, unknown, missing
    Fault(DISK, "size", "large", "google"),
    Fault(FIREWALL, "allow", [{"protocol": "tcp"}], "google"),
    Fault(DISK, "name", GONE, "google"),
    # in prose alone, or elsewhere
    Fault(DISK, "type", "pd-fast"),
    Fault("gcp:compute/subnetwork:Subnetwork", "ipCidrRange", "10.42.128.0/40"),
    Fault("gcp:projects/iAMCustomRole:IAMCustomRole", "permissions.0", "compute.addresses.take"),
    # databases
    Fault(DATABASE, "databaseVersion", "POSTGRES_99", "google"),
    Fault(DATABASE, "settings.edition", "CHEAP", "google"),
    Fault(DATABASE, "settings.availabilityType", "TWO_ZONES", "google"),
    Fault(DATABASE, "settings.ipConfiguration.sslMode", "ENCRYPTED", "google"),
    Fault(DATABASE, "settings.ipConfiguration.serverCaMode", "OWN_CA", "google"),
    Fault(DATABASE, "settings.ipConfiguration.ipv4Enabled", True),
    Fault(DATABASE, "encryptionKeyName", GONE),
    Fault(RULE, "loadBalancingScheme", "OPEN", "google"),
    Fault("gcp:dns/managedZone:ManagedZone", "visibility", "hidden", "google"),
    # buckets
    Fault(BUCKET, "uniformBucketLevelAccess", "always", "google"),
    Fault(BUCKET, "encryption.kmsKeyName", "the platform's", "google"),
    Fault(BUCKET, "softDeletePolicy.retentionDurationSeconds", "7d", "google"),
    Fault(BUCKET, "softDeletePolicy.retentionDays", 7, "google"),
    Fault(BUCKET, "lifecycleRules.0.condition.age", "a week", "google"),
    Fault(BUCKET, "lifecycleRules.0.condition.days", 7, "google"),
    Fault(BUCKET, "publicAccessPrevention", "always"),
    Fault(BUCKET, "lifecycleRules.0.action.type", "Abort"),
    Fault(BUCKET, "softDeletePolicy.retentionDurationSeconds", 6 * 24 * 3600),
    Fault(BUCKET, "name", "Backups"),
)
