"""What a second `create` of the same thing comes to, for every type that a stack makes in a cloud: an `up` that was
killed may have made it and not have written it down, and the next `up` makes it again.

A type stands in one of three tables. Nothing of a component that carries an identity (a machine, its group, a node
pool, a disk, an address, a database, a pod's identity, a secret) may be there twice.
"""

from collections.abc import Iterable

CALLED_BY_US = {
    "aws": (
        *("autoscaling/group:Group", "cloudwatch/logGroup:LogGroup", "ec2/launchTemplate:LaunchTemplate"),
        *("eks/cluster:Cluster", "eks/nodeGroup:NodeGroup", "iam/instanceProfile:InstanceProfile", "iam/role:Role"),
        *("kms/alias:Alias", "lb/loadBalancer:LoadBalancer", "lb/targetGroup:TargetGroup", "rds/instance:Instance"),
        *("s3/bucket:Bucket", "secretsmanager/secret:Secret", "ssm/parameter:Parameter"),
    ),
    "azure-native": (
        *("applicationinsights:Workbook", "authorization:ManagementLockByScope", "authorization:RoleAssignment"),
        *("compute:Disk", "compute:DiskEncryptionSet", "compute:VirtualMachine", "compute:VirtualMachineExtension"),
        *("containerservice:AgentPool", "containerservice:ManagedCluster", "dataprotection:BackupInstance"),
        *("dataprotection:BackupPolicy", "dataprotection:BackupVault", "dbforpostgresql:Server", "keyvault:Key"),
        *("keyvault:Secret", "keyvault:Vault", "managedidentity:FederatedIdentityCredential"),
        *("managedidentity:UserAssignedIdentity", "monitor:DataCollectionEndpoint", "monitor:DataCollectionRule"),
        *("monitor:DataCollectionRuleAssociation", "monitor:DiagnosticSetting", "monitor:ScheduledQueryRule"),
        *("network:FlowLog", "network:NatGateway", "network:NetworkInterface", "network:NetworkSecurityGroup"),
        *("network:PrivateEndpoint", "network:PublicIPAddress", "network:Subnet", "network:VirtualNetwork"),
        *("operationalinsights:Table", "privatedns:PrivateRecordSet", "privatedns:PrivateZone"),
        *("privatedns:VirtualNetworkLink", "resources:ResourceGroup"),
        *("storage:BlobContainer", "storage:BlobServiceProperties", "storage:StorageAccount"),
    ),
    "gcp": (
        *("compute/address:Address", "compute/disk:Disk", "compute/firewall:Firewall"),
        *("compute/forwardingRule:ForwardingRule", "compute/instanceGroupManager:InstanceGroupManager"),
        *("compute/network:Network", "compute/perInstanceConfig:PerInstanceConfig"),
        *("compute/resourcePolicy:ResourcePolicy", "compute/router:Router", "compute/routerNat:RouterNat"),
        *("compute/subnetwork:Subnetwork", "container/cluster:Cluster", "dns/managedZone:ManagedZone"),
        *("dns/recordSet:RecordSet", "kms/cryptoKey:CryptoKey", "kms/keyRing:KeyRing"),
        *("logging/projectExclusion:ProjectExclusion", "logging/projectSink:ProjectSink"),
        *("projects/iAMCustomRole:IAMCustomRole", "secretmanager/secret:Secret", "serviceaccount/account:Account"),
        *("sql/databaseInstance:DatabaseInstance", "storage/bucket:Bucket"),
    ),
}
"""It has a name that is made of the component's, and the cloud refuses a second one of the name."""

KEPT_SINGLE = {
    "aws:cloudwatch/dashboard:Dashboard": "PutDashboard replaces the one of its name",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "PutMetricAlarm replaces the one of its name, which is ours",
    "aws:ebs/volume:Volume": "the next `up` finds the one with its tag, and stops before it makes another (left_over)",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": "the VPC's own is taken over",
    "aws:ec2/flowLog:FlowLog": "CreateFlowLogs: FlowLogAlreadyExists",
    "aws:ec2/internetGateway:InternetGateway": "AttachInternetGateway: Resource.AlreadyAssociated",
    "aws:ec2/natGateway:NatGateway": "CreateNatGateway: its address is associated already",
    "aws:ec2/route:Route": "CreateRoute: RouteAlreadyExists",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "AssociateRouteTable: Resource.AlreadyAssociated",
    "aws:ec2/subnet:Subnet": "CreateSubnet: InvalidSubnet.Conflict",
    "aws:ec2/tag:Tag": "CreateTags sets it once more",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "CreateVpcEndpoint: RouteAlreadyExists",
    "aws:eks/accessEntry:AccessEntry": "CreateAccessEntry: ResourceInUseException",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": "AssociateAccessPolicy sets it once more",
    "aws:eks/addon:Addon": "CreateAddon: ResourceInUseException",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": "CreatePodIdentityAssociation: ResourceInUseException",
    "aws:iam/rolePolicy:RolePolicy": "PutRolePolicy replaces the one of its name, which is ours",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "AttachRolePolicy attaches a policy once",
    "aws:lb/listener:Listener": "CreateListener: DuplicateListener",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "PutBucketLifecycleConfiguration replaces it",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "PutBucketOwnershipControls replaces it",
    "aws:s3/bucketPolicy:BucketPolicy": "PutBucketPolicy replaces it",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "PutPublicAccessBlock replaces it",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "PutBucketEncryption replaces it"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": "PutBucketVersioning replaces it",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (
        "AuthorizeSecurityGroupEgress: InvalidPermission.Duplicate"
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        "AuthorizeSecurityGroupIngress: InvalidPermission.Duplicate"
    ),
    "azure-native:dbforpostgresql:Configuration": "each is there from the beginning, and is set",
    "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment": "addResourcePolicies: a disk has it once",
    "gcp:compute/subnetworkIAMMember:SubnetworkIAMMember": "a member has a role once",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": "a member has a role once",
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": "the provider takes over the one of its name",
    "gcp:projects/iAMMember:IAMMember": "a member has a role once",
    "gcp:projects/service:Service": "a service is on once",
    "gcp:projects/serviceIdentity:ServiceIdentity": "a service has one identity in a project",
    "gcp:secretmanager/secretIamMember:SecretIamMember": "a member has a role once",
    "gcp:sql/user:User": "a user who is there gets the new password",
    "gcp:storage/bucketIAMMember:BucketIAMMember": "a member has a role once",
}
"""The cloud, or our own check, keeps it from being there twice, whatever it is called: how."""

MAY_EXIST_TWICE = {
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": "it has no name; the second takes snapshots of the same disks again",
    "aws:ec2/eip:Eip": "a component's is found by its tag before another is made (left_over); a platform's second one "
    "costs money and does nothing",
    "aws:ec2/routeTable:RouteTable": "without a subnet it routes nothing",
    "aws:ec2/securityGroup:SecurityGroup": "nothing stands in it. Pulumi makes its name up, for a new description is a "
    "new group, which must be there before the old one goes",
    "aws:ec2/vpc:Vpc": "nothing stands in it",
    "aws:kms/key:Key": "nothing is encrypted with it; it costs a dollar a month",
    "aws:rds/parameterGroup:ParameterGroup": "no database has it. Pulumi makes its name up, for another major version "
    "is a new group, which must be there before the old one goes; it stays behind with its database, too",
    "aws:rds/subnetGroup:SubnetGroup": "no database stands in it. Pulumi makes its name up, for it stays behind with "
    "its database: a name of ours would stay taken, and the stack could not be brought up again without it",
    "aws:secretsmanager/secretVersion:SecretVersion": "the newest counts",
    "azure-native:operationalinsights:Workspace": "nobody sends anything there. Pulumi makes its name up, for Azure "
    "remembers that of a deleted one",
    "gcp:compute/instanceTemplate:InstanceTemplate": "no group uses it. Pulumi makes its name up, for a template is "
    "never changed: the next one is there before the old one goes",
    "gcp:monitoring/alertPolicy:AlertPolicy": "Google names it; whoever is told is told twice",
    "gcp:monitoring/dashboard:Dashboard": "Google names it",
    "gcp:secretmanager/secretVersion:SecretVersion": "the newest counts",
}
"""It does no harm but what is said here. `nodeyard recover` finds it: by the name that Pulumi made up for it, which the
state keeps, or by what we tagged or described it with."""

CALLED_BY_PULUMI = {
    "azure-native:operationalinsights:Workspace": "Azure keeps a deleted one for 14 days under its name, and "
    "gives it back, logs and all, to whoever makes one of that name",
    "gcp:compute/instanceTemplate:InstanceTemplate": "it never changes: the next one, which is there before the old "
    "one goes, needs another name; a name made of what is in it would be unknown in most previews",
}
"""Those whose name Pulumi makes up, and that have no tag to be found by: why they have none of ours. Where the state
does not keep the name, as after a provider that died, nobody finds one of them; the page says so."""

NOT_TAKEN = (
    *("aws:secretsmanager/secretVersion:SecretVersion", "gcp:secretmanager/secretVersion:SecretVersion"),
    *("gcp:monitoring/alertPolicy:AlertPolicy", "gcp:monitoring/dashboard:Dashboard"),
)
"""Those of which `nodeyard recover` looks for none: it says so where one is pending, and the page says it."""

NAMED_ANEW = {
    "aws:iam/role:Role": "-eksRole-role",
    "gcp:container/nodePool:NodePool": "system",
}
"""Type -> how the name of the resource ends that is called by Pulumi, where all others are called by us. pulumi-eks
makes the cluster's own role, and asks nobody for its name. A platform's own pool on GKE is replaced by one that is
there first, so that DNS has somewhere to run. A second pool costs its nodes. `nodeyard recover` finds both, but for
those of a provider that died."""


def kinds(types: Iterable[str]) -> set[str]:
    """The last word of each, as in `SecurityGroup`."""
    return {type_.rpartition(":")[2] for type_ in types}
