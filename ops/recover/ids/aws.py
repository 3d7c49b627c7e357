"""AWS: names, as the section "Import" of each type in Pulumi's registry has them; what AWS gives an id is looked up."""

from . import aws_look_ups as ask
from .rows import Computed, LookedUp, NotTaken, Row, Rows

_COMPUTED = {
    "autoscaling/group:Group": "{name}",
    "cloudwatch/dashboard:Dashboard": "{dashboardName}",
    "cloudwatch/logGroup:LogGroup": "{name}",
    "cloudwatch/metricAlarm:MetricAlarm": "{name}",
    "ec2/route:Route": "{routeTableId}_{destinationCidrBlock}",
    "ec2/routeTableAssociation:RouteTableAssociation": "{subnetId}/{routeTableId}",
    "ec2/tag:Tag": "{resourceId},{key}",
    "eks/accessEntry:AccessEntry": "{clusterName}:{principalArn}",
    "eks/accessPolicyAssociation:AccessPolicyAssociation": "{clusterName}#{principalArn}#{policyArn}",
    "eks/addon:Addon": "{clusterName}:{addonName}",
    "eks/cluster:Cluster": "{name}",
    "eks/nodeGroup:NodeGroup": "{clusterName}:{nodeGroupName}",
    "iam/instanceProfile:InstanceProfile": "{name}",
    "iam/role:Role": "{name}",
    "iam/rolePolicy:RolePolicy": "{role}:{name}",
    "iam/rolePolicyAttachment:RolePolicyAttachment": "{role}/{policyArn}",
    "kms/alias:Alias": "{name}",
    "rds/instance:Instance": "{identifier}",
    "s3/bucket:Bucket": "{bucket}",
    "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "{bucket}",
    "s3/bucketOwnershipControls:BucketOwnershipControls": "{bucket}",
    "s3/bucketPolicy:BucketPolicy": "{bucket}",
    "s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "{bucket}",
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "{bucket}",
    "s3/bucketVersioning:BucketVersioning": "{bucket}",
    "ssm/parameter:Parameter": "{name}",
}

_EC2 = {
    # The type, EC2's word for it, and what follows `aws ec2` to delete one.
    "ebs/snapshot:Snapshot": ("snapshot", "delete-snapshot --snapshot-id"),
    "ebs/snapshotCopy:SnapshotCopy": ("snapshot", "delete-snapshot --snapshot-id"),
    "ebs/volume:Volume": ("volume", "delete-volume --volume-id"),
    "ec2/eip:Eip": ("elastic-ip", "release-address --allocation-id"),
    "ec2/flowLog:FlowLog": ("vpc-flow-log", "delete-flow-logs --flow-log-ids"),
    "ec2/internetGateway:InternetGateway": ("internet-gateway", "delete-internet-gateway --internet-gateway-id"),
    "ec2/natGateway:NatGateway": ("natgateway", "delete-nat-gateway --nat-gateway-id"),
    "ec2/routeTable:RouteTable": ("route-table", "delete-route-table --route-table-id"),
    "ec2/securityGroup:SecurityGroup": ("security-group", "delete-security-group --group-id"),
    "ec2/subnet:Subnet": ("subnet", "delete-subnet --subnet-id"),
    "ec2/vpc:Vpc": ("vpc", "delete-vpc --vpc-id"),
    "ec2/vpcEndpoint:VpcEndpoint": ("vpc-endpoint", "delete-vpc-endpoints --vpc-endpoint-ids"),
}

_RULE = "aws ec2 revoke-security-group-{way} --group-id <its group> --security-group-rule-ids {{id}}"

_OTHERS: dict[str, Row] = {
    "dlm/lifecyclePolicy:LifecyclePolicy": LookedUp(
        ask.lifecycle_policies, "aws dlm delete-lifecycle-policy --policy-id {id}"
    ),
    "ec2/defaultSecurityGroup:DefaultSecurityGroup": NotTaken(
        "AWS made it with its network, and the next `up` finds it there."
    ),
    "ec2/launchTemplate:LaunchTemplate": LookedUp(
        ask.launch_templates, "aws ec2 delete-launch-template --launch-template-id {id}"
    ),
    "eks/podIdentityAssociation:PodIdentityAssociation": LookedUp(
        ask.pod_identity_associations, "aws eks delete-pod-identity-association (cluster and association: {id})"
    ),
    "kms/key:Key": LookedUp(ask.tagged("kms:key"), "aws kms schedule-key-deletion --key-id {id}"),
    "lb/listener:Listener": LookedUp(
        ask.tagged("elasticloadbalancing:listener"), "aws elbv2 delete-listener --listener-arn {id}"
    ),
    "lb/loadBalancer:LoadBalancer": LookedUp(
        ask.tagged("elasticloadbalancing:loadbalancer"), "aws elbv2 delete-load-balancer --load-balancer-arn {id}"
    ),
    "lb/targetGroup:TargetGroup": LookedUp(
        ask.tagged("elasticloadbalancing:targetgroup"), "aws elbv2 delete-target-group --target-group-arn {id}"
    ),
    "rds/parameterGroup:ParameterGroup": LookedUp(
        ask.tagged("rds:pg"), "aws rds delete-db-parameter-group --db-parameter-group-name {id}"
    ),
    "rds/subnetGroup:SubnetGroup": LookedUp(
        ask.tagged("rds:subgrp"), "aws rds delete-db-subnet-group --db-subnet-group-name {id}"
    ),
    "secretsmanager/secret:Secret": LookedUp(ask.secrets, "aws secretsmanager delete-secret --secret-id {id}"),
    "secretsmanager/secretVersion:SecretVersion": NotTaken(
        "the next `up` adds a version with the same value, and readers take the newest."
    ),
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule": LookedUp(
        ask.security_group_rules(is_egress=True), _RULE.format(way="egress")
    ),
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule": LookedUp(
        ask.security_group_rules(is_egress=False), _RULE.format(way="ingress")
    ),
}

ROWS: Rows = {
    **{f"aws:{type_}": Computed(template) for type_, template in _COMPUTED.items()},
    **{
        f"aws:{type_}": LookedUp(ask.named_in_ec2(word), f"aws ec2 {remove} {{id}}")
        for type_, (word, remove) in _EC2.items()
    },
    **{f"aws:{type_}": row for type_, row in _OTHERS.items()},
}
