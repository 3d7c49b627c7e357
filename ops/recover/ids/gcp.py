"""Google Cloud's ids: most are made of names, as the section "Import" of each type in Pulumi's registry has it."""

from .rows import Computed, NotTaken, Row, Rows

_GLOBAL = "projects/{project}/global"
_REGION = "projects/{project}/regions/{region}"
_ZONE = "projects/{project}/zones/{zone}"
_PLACE = "projects/{project}/locations/{location}"

_TEMPLATES = {
    "compute/address:Address": _REGION + "/addresses/{name}",
    "compute/disk:Disk": _ZONE + "/disks/{name}",
    "compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment": "{project}/{zone}/{disk}/{name}",
    "compute/firewall:Firewall": _GLOBAL + "/firewalls/{name}",
    "compute/forwardingRule:ForwardingRule": _REGION + "/forwardingRules/{name}",
    "compute/instanceGroupManager:InstanceGroupManager": _ZONE + "/instanceGroupManagers/{name}",
    "compute/instanceTemplate:InstanceTemplate": _GLOBAL + "/instanceTemplates/{name}",
    "compute/network:Network": _GLOBAL + "/networks/{name}",
    "compute/perInstanceConfig:PerInstanceConfig": "{project}/{zone}/{instanceGroupManager}/{name}",
    "compute/resourcePolicy:ResourcePolicy": _REGION + "/resourcePolicies/{name}",
    "compute/router:Router": _REGION + "/routers/{name}",
    "compute/routerNat:RouterNat": "{project}/{region}/{router}/{name}",
    "compute/snapshot:Snapshot": _GLOBAL + "/snapshots/{name}",
    "compute/subnetwork:Subnetwork": _REGION + "/subnetworks/{name}",
    "compute/subnetworkIAMMember:SubnetworkIAMMember": "{subnetwork} {role} {member}",
    "container/cluster:Cluster": _PLACE + "/clusters/{name}",
    "container/nodePool:NodePool": "{project}/{location}/{cluster}/{name}",
    "dns/managedZone:ManagedZone": "projects/{project}/managedZones/{name}",
    "dns/recordSet:RecordSet": "projects/{project}/managedZones/{managedZone}/rrsets/{name}/{type}",
    "kms/cryptoKey:CryptoKey": "{keyRing}/cryptoKeys/{name}",
    "kms/cryptoKeyIAMMember:CryptoKeyIAMMember": "{cryptoKeyId} {role} {member}",
    "kms/keyRing:KeyRing": _PLACE + "/keyRings/{name}",
    "logging/projectBucketConfig:ProjectBucketConfig": _PLACE + "/buckets/{bucketId}",
    "logging/projectExclusion:ProjectExclusion": "projects/{project}/exclusions/{name}",
    "logging/projectSink:ProjectSink": "projects/{project}/sinks/{name}",
    "projects/iAMCustomRole:IAMCustomRole": "projects/{project}/roles/{roleId}",
    "projects/service:Service": "{project}/{service}",
    "secretmanager/secret:Secret": "projects/{project}/secrets/{secretId}",
    "secretmanager/secretIamMember:SecretIamMember": "{secretId} {role} {member}",
    "serviceaccount/account:Account": "projects/{project}/serviceAccounts/"
    "{accountId}@{project}.iam.gserviceaccount.com",
    "sql/databaseInstance:DatabaseInstance": "projects/{project}/instances/{name}",
    "sql/user:User": "{project}/{instance}/{name}",
    "storage/bucket:Bucket": "{name}",
    "storage/bucketIAMMember:BucketIAMMember": "b/{bucket} {role} {member}",
}

_OTHERS: dict[str, Row] = {
    "monitoring/alertPolicy:AlertPolicy": NotTaken(
        "Google Cloud numbers it: another one of the same name does no harm. `gcloud monitoring policies list` shows "
        "both, and `gcloud monitoring policies delete` removes the older one."
    ),
    "monitoring/dashboard:Dashboard": NotTaken(
        "Google Cloud numbers it: another one of the same name does no harm. `gcloud monitoring dashboards list` "
        "shows both, and `gcloud monitoring dashboards delete` removes the older one."
    ),
    # A role under a condition has the condition's title behind it.
    "projects/iAMMember:IAMMember": Computed("{project} {role} {member}", " {condition.title}"),
    "projects/serviceIdentity:ServiceIdentity": NotTaken(
        "Google Cloud has one for each service, and answers with that one when asked again."
    ),
    "secretmanager/secretVersion:SecretVersion": NotTaken(
        "the next `up` adds a version with the same value, and readers take the newest."
    ),
}

ROWS: Rows = {f"gcp:{type_}": Computed(template) for type_, template in _TEMPLATES.items()} | {
    f"gcp:{type_}": row for type_, row in _OTHERS.items()
}
