"""Faults on AWS. `seen_by` names botocore's models (api), CloudFormation's schemas and rules (cfn), and the service
authorization reference (iam)."""

from tests.vendors.faults import GONE, Fault

GROUP, VOLUME = "aws:autoscaling/group:Group", "aws:ebs/volume:Volume"
TEMPLATE, POOL = "aws:ec2/launchTemplate:LaunchTemplate", "aws:eks/nodeGroup:NodeGroup"
CLUSTER, ADDON = "aws:eks/cluster:Cluster", "aws:eks/addon:Addon"
ALARM, LOGS = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/logGroup:LogGroup"
LIFECYCLE = "aws:dlm/lifecyclePolicy:LifecyclePolicy"
ROLE, POLICY, ATTACHED = (
    f"aws:iam/{name}" for name in ("role:Role", "rolePolicy:RolePolicy", "rolePolicyAttachment:RolePolicyAttachment")
)
KEY, SECRET = "aws:kms/key:Key", "aws:secretsmanager/secret:Secret"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
ACCESS = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
SUBNET, ENDPOINT = "aws:ec2/subnet:Subnet", "aws:ec2/vpcEndpoint:VpcEndpoint"
DATABASE, PARAMETERS, SUBNETS = (
    f"aws:rds/{name}" for name in ("instance:Instance", "parameterGroup:ParameterGroup", "subnetGroup:SubnetGroup")
)
BALANCER, TARGETS, LISTENER = (
    f"aws:lb/{name}" for name in ("loadBalancer:LoadBalancer", "targetGroup:TargetGroup", "listener:Listener")
)
BUCKET, CLOSED, OWNER, ENCRYPTION, VERSIONS, EXPIRY, BUCKET_POLICY = (
    f"aws:s3/bucket{name}:Bucket{name}"
    for name in (
        *("", "PublicAccessBlock", "OwnershipControls", "ServerSideEncryptionConfiguration"),
        *("Versioning", "LifecycleConfiguration", "Policy"),
    )
)

FAULTS = (
    # values of enumerations
    Fault(VOLUME, "type", "gp4", "api cfn"),
    Fault(TEMPLATE, "metadataOptions.httpTokens", "mandatory", "api cfn"),
    Fault(TEMPLATE, "instanceMarketOptions.marketType", "cheap", "api cfn"),
    Fault(TEMPLATE, "blockDeviceMappings.0.ebs.volumeType", "ssd", "api cfn"),
    Fault(TEMPLATE, "instanceType", "m6i.largest", "api cfn"),
    Fault(TEMPLATE, "tagSpecifications.0.resourceType", "machine", "api cfn"),
    Fault(POOL, "amiType", "BOTTLEROCKET", "api cfn"),
    Fault(POOL, "capacityType", "on-demand", "api cfn"),
    Fault(POOL, "taints.0.effect", "NoSchedule", "api cfn"),
    Fault(POOL, "updateConfig.updateStrategy", "SMALLEST", "api cfn"),
    Fault(CLUSTER, "accessConfig.authenticationMode", "IAM", "api cfn"),
    Fault(CLUSTER, "enabledClusterLogTypes.0", "kubelet", "api cfn"),
    Fault(CLUSTER, "version", "1.99"),
    Fault(ADDON, "resolveConflictsOnCreate", "REPLACE", "api cfn"),
    Fault(ALARM, "comparisonOperator", "Above", "api cfn"),
    Fault(ALARM, "treatMissingData", "alarm", "cfn"),
    Fault(ALARM, "metricQueries.0.metric.period", 45),
    Fault(LOGS, "retentionInDays", 100, "cfn"),
    Fault(LIFECYCLE, "state", "ON", "api"),
    Fault(LIFECYCLE, "policyDetails.resourceTypes.0", "DISK", "api cfn"),
    Fault(LIFECYCLE, "policyDetails.schedules.0.createRule.intervalUnit", "DAYS", "api cfn"),
    Fault(LIFECYCLE, "policyDetails.schedules.0.createRule.interval", 5),
    Fault("aws:ec2/flowLog:FlowLog", "trafficType", "EVERYTHING", "api cfn"),
    Fault(ENDPOINT, "vpcEndpointType", "Bridge", "api cfn"),
    Fault(ACCESS, "accessScope.type", "everywhere", "api"),
    Fault("aws:ec2/eip:Eip", "domain", "classic", "api cfn"),
    Fault(RULE, "ipProtocol", "http", "cfn"),
    # forms
    Fault(VOLUME, "kmsKeyId", "the platform's", "cfn"),
    Fault(TEMPLATE, "name", "a (name) that is no name?!"),
    Fault(RULE, "cidrIpv4", "10.0.0.0"),
    Fault(RULE, "description", "from the team's office — first floor"),
    Fault(SUBNET, "cidrBlock", "10.40.0.0/40", "cfn"),
    Fault("aws:ec2/vpc:Vpc", "cidrBlock", "10.40.0.0/8", "cfn"),
    Fault(ROLE, "name", "of the team", "api cfn"),
    Fault(ROLE, "name", "x" * 65, "api cfn"),
    Fault(CLUSTER, "name", "a cluster", "api"),
    Fault(SECRET, "name", "a secret"),
    Fault(LIFECYCLE, "description", "x" * 501, "api cfn"),
    Fault("aws:kms/alias:Alias", "name", "platform", "cfn"),
    Fault(LOGS, "name", "a log group", "api cfn"),
    Fault("aws:cloudwatch/dashboard:Dashboard", "dashboardBody", "{"),
    Fault("aws:eks/accessEntry:AccessEntry", "principalArn", "metis-deployer"),
    Fault(TEMPLATE, "imageId", "bottlerocket", "cfn"),
    # bounds
    Fault(GROUP, "instanceMaintenancePolicy.maxHealthyPercentage", 300, "api cfn"),
    Fault(ALARM, "datapointsToAlarm", 0, "api cfn"),
    Fault(KEY, "deletionWindowInDays", 5, "cfn"),
    Fault(SECRET, "recoveryWindowInDays", 3),
    Fault(LIFECYCLE, "policyDetails.schedules.0.retainRule.count", 5000, "api cfn"),
    Fault(POOL, "scalingConfig.maxSize", 0, "api cfn"),
    Fault(TEMPLATE, "metadataOptions.httpPutResponseHopLimit", 100),
    # what is missing, of another type, or unknown
    Fault(VOLUME, "availabilityZone", GONE, "cfn"),
    Fault(LIFECYCLE, "executionRoleArn", GONE, "api"),
    Fault(POOL, "subnetIds", GONE, "api cfn"),
    Fault(GROUP, "maxSize", GONE, "api cfn"),
    Fault(VOLUME, "size", "large", "api cfn"),
    Fault(TEMPLATE, "metadataOptions.httpToken", "required", "api cfn"),
    # across fields
    Fault(VOLUME, "iops", 100_000),
    Fault(GROUP, "minSize", 5, "cfn"),
    # policies
    Fault(POLICY, "policy|Statement.0.Action", "secretsmanager:ReadSecret", "cfn iam"),
    Fault(POLICY, "policy|Statement.0.Resource", "arn:aws:ssm:us-east-2:123456789012:parameter/other", "iam"),
    Fault(
        POLICY,
        "policy|Statement.1.Condition",
        {"StringEquals": {"kms:Via": "secretsmanager.us-east-2.amazonaws.com"}},
        "iam",
    ),
    Fault(ROLE, "assumeRolePolicy|Statement.0.Principal.Service", "eks-pods.amazonaws.com"),
    Fault(ATTACHED, "policyArn", "arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV9", "iam"),
    Fault(ATTACHED, "policyArn", "arn:aws:iam::aws:policy/ElasticLoadBalancingControllerPolicy", "iam"),
    # databases
    Fault(DATABASE, "engine", "postgresql", "cfn"),
    Fault(DATABASE, "engineVersion", "9.6", "cfn"),
    Fault(DATABASE, "instanceClass", "db.huge", "cfn"),
    Fault(DATABASE, "storageType", "ssd"),
    Fault(DATABASE, "storageEncrypted", False, "cfn"),
    Fault(DATABASE, "publiclyAccessible", True),
    Fault(DATABASE, "backupRetentionPeriod", 100, "cfn"),
    Fault(PARAMETERS, "family", "postgres99"),
    Fault(PARAMETERS, "parameters.0.applyMethod", "later", "api"),
    Fault(SUBNETS, "subnetIds", GONE, "api cfn"),
    # buckets
    Fault(BUCKET, "bucketNamespace", "regional", "api cfn"),
    Fault(BUCKET, "bucket", "Backups", "cfn"),
    Fault(BUCKET, "tags", ["Name"], "api cfn"),
    Fault(CLOSED, "blockPublicPolicy", "never", "api cfn"),
    Fault(CLOSED, "blockPublicAcl", True, "api cfn"),
    Fault(OWNER, "rule.objectOwnership", "Owner", "api cfn"),
    Fault(ENCRYPTION, "rules.0.applyServerSideEncryptionByDefault.sseAlgorithm", "kms", "api cfn"),
    Fault(ENCRYPTION, "rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId", "the platform's", "cfn"),
    Fault(ENCRYPTION, "rules.0.blockedEncryptionTypes.0", "SSE-S3", "api cfn"),
    Fault(VERSIONS, "versioningConfiguration.status", "On", "api cfn"),
    Fault(EXPIRY, "rules.0.status", "On", "api cfn"),
    Fault(EXPIRY, "rules.0.noncurrentVersionExpiration.noncurrentDays", 0),
    Fault(EXPIRY, "rules.1.abortIncompleteMultipartUpload.days", 7, "api cfn"),
    Fault(BUCKET_POLICY, "policy|Statement.0.Action", "s3:Everything", "cfn iam"),
    Fault(BUCKET_POLICY, "policy|Statement.0.Resource", "arn:aws:s3:us-east-2::backups", "iam"),
    Fault(BUCKET_POLICY, "policy|Statement.0.Condition", {"Bool": {"aws:Tls": "false"}}, "iam"),
    # balancers
    Fault(BALANCER, "loadBalancerType", "fast", "api cfn"),
    Fault(TARGETS, "targetType", "pod", "api cfn"),
    Fault(TARGETS, "healthCheck.interval", 1, "api cfn"),
    Fault(LISTENER, "protocol", "SSH", "api cfn"),
)
