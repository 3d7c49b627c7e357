"""What an AWS resource refers to, by what ids and ARNs look like, with AWS's code for a missing one."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ...resource import Instance, Reference
from ...values import named_strings, strings

IDS = {
    "vpc": "InvalidVpcID.NotFound",
    "subnet": "InvalidSubnetID.NotFound",
    "sg": "InvalidGroup.NotFound",
    "sgr": "InvalidSecurityGroupRuleId.NotFound",
    "eipalloc": "InvalidAllocationID.NotFound",
    "eni": "InvalidNetworkInterfaceID.NotFound",
    "nat": "NatGatewayNotFound",
    "igw": "InvalidInternetGatewayID.NotFound",
    "rtb": "InvalidRouteTableID.NotFound",
    "acl": "InvalidNetworkAclID.NotFound",
    "lt": "InvalidLaunchTemplateId.NotFound",
    "vol": "InvalidVolume.NotFound",
    "snap": "InvalidSnapshot.NotFound",
    "vpce": "InvalidVpcEndpointId.NotFound",
    "i": "InvalidInstanceID.NotFound",
}
ARNS = {
    "elasticloadbalancing": "TargetGroupNotFound",
    "iam": "NoSuchEntity",
    "kms": "NotFoundException",
    "s3": "NoSuchBucket",
    "sns": "NotFound",
}
ID = re.compile(rf"({'|'.join(IDS)})-[0-9a-f]{{8,17}}")
ARN = re.compile(r"arn:aws[\w-]*:([\w-]+):[\w-]*:\w*:[^\s*]+")
ENDPOINT = re.compile(r"https://[0-9A-F]+\.\w+\.[\w-]+\.eks\.amazonaws\.com")

#: Names that stand for an object: (types it is used in, property) -> (type named, its scope, code)
NAMES = {
    ("aws:eks/", "clusterName"): ("aws:eks/cluster:Cluster", "{region}", "ResourceNotFoundException"),
    ("aws:iam/", "role"): ("aws:iam/role:Role", "iam", "NoSuchEntity"),
    ("aws:secretsmanager/", "secretId"): ("aws:secretsmanager/secret:Secret", "{region}", "ResourceNotFoundException"),
    ("aws:ec2/launchTemplate", "iamInstanceProfile.name"): (
        "aws:iam/instanceProfile:InstanceProfile",
        "iam",
        "InvalidParameterValue",
    ),
}
KEYS = ("kmsKeyId", "keyId", "targetKeyId", "kmsKeyArn")

#: Free text, which may look like anything.
TEXT = {"tags", "tagsAll", "labels", "description", "userData", "tagSpecifications"}

#: What AWS itself provides: enough of it to catch a misspelt name.
MANAGED_POLICIES = {
    *(
        "AmazonEKSClusterPolicy",
        "AmazonEKSVPCResourceController",
        "AmazonEKSWorkerNodePolicy",
        "AmazonEKSWorkerNodeMinimalPolicy",
    ),
    *("AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly", "AmazonEC2ContainerRegistryPullOnly"),
    *(
        "AmazonSSMManagedInstanceCore",
        "CloudWatchAgentServerPolicy",
        "ReadOnlyAccess",
        "SecurityAudit",
        "AdministratorAccess",
    ),
    *(
        "service-role/AmazonEBSCSIDriverPolicy",
        "AmazonEBSCSIDriverPolicyV2",
        "service-role/AmazonEFSCSIDriverPolicy",
    ),
    *("service-role/AWSDataLifecycleManagerServiceRole", "service-role/AWSBackupServiceRolePolicyForBackup"),
    *(
        "AmazonEKSComputePolicy",
        "AmazonEKSBlockStoragePolicy",
        "AmazonEKSLoadBalancingPolicy",
        "AmazonEKSNetworkingPolicy",
    ),
}
ACCESS_POLICIES = {
    *(
        "AmazonEKSAdminPolicy",
        "AmazonEKSClusterAdminPolicy",
        "AmazonEKSAdminViewPolicy",
        "AmazonEKSEditPolicy",
        "AmazonEKSViewPolicy",
    ),
    *("AmazonEKSSecretReaderPolicy", "AmazonEKSAutoNodePolicy"),
}
PROVIDED = {f"arn:aws:iam::aws:policy/{name}" for name in MANAGED_POLICIES} | {
    f"arn:aws:eks::aws:cluster-access-policy/{name}" for name in ACCESS_POLICIES
}


def references(instance: Instance, external: tuple[str, ...]) -> Iterator[Reference]:
    for path, text in named_strings(dict(instance.inputs), TEXT):
        if path in external:
            continue
        if reference := by_id(text) or by_arn(text) or by_name(instance, path, text):
            yield reference


def by_id(text: str) -> Reference | None:
    found = ID.fullmatch(text)
    return Reference(text, IDS[found[1]], f"'{text}' does not exist") if found else None


def by_arn(text: str) -> Reference | None:
    found = ARN.fullmatch(text.removesuffix(":*"))
    if not found or text in PROVIDED:
        return None
    return Reference(found[0], ARNS.get(found[1], "ResourceNotFoundException"), f"'{text}' does not exist")


def by_name(instance: Instance, path: str, text: str) -> Reference | None:
    if path.split(".")[-1] in KEYS:
        identifier = f"aws:kms/alias:Alias/{instance.region}/{text}" if text.startswith("alias/") else text
        return Reference(identifier, "NotFoundException", f"Key '{text}' does not exist")
    for (used_in, name), (token, scope, code) in NAMES.items():
        if instance.type.startswith(used_in) and path == name:
            identifier = f"{token}/{scope.format(region=instance.region)}/{text}"
            return Reference(identifier, code, f"{token.split(':')[-1]} '{text}' does not exist")
    return None


def identifiers(instance: Instance, outputs: dict[str, Any]) -> Iterable[str]:
    """Ids that the object brought along, such as a VPC's default security group, by which others may refer to it."""
    given = set(strings(dict(instance.inputs)))
    found = {text for text in strings(outputs) if ID.fullmatch(text) or ARN.fullmatch(text) or ENDPOINT.fullmatch(text)}
    return found - given
