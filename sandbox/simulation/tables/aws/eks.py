"""Clusters, their nodes, add-ons and access."""

import base64
import re
from collections.abc import Iterable
from typing import Any

from nodeyard.clouds.aws.limits import CONFIDENTIAL, PUBLIC_ACCESS, PUBLIC_ACCESS_COUNT

from ...resource import CloudError, Instance, Reference, Resource
from .ec2 import architecture
from .versions import KUBERNETES

EKS = "arn:aws:eks:{region}:{account}:"
#: AMITypes of the EKS API, without those for Windows.
AMI_TYPES = (
    *("AL2_x86_64", "AL2_x86_64_GPU", "AL2_ARM_64", "CUSTOM"),
    *("BOTTLEROCKET_ARM_64", "BOTTLEROCKET_x86_64", "BOTTLEROCKET_ARM_64_FIPS", "BOTTLEROCKET_x86_64_FIPS"),
    *("BOTTLEROCKET_ARM_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA"),
    *("BOTTLEROCKET_ARM_64_NVIDIA_FIPS", "BOTTLEROCKET_x86_64_NVIDIA_FIPS"),
    *("AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD", "AL2023_x86_64_NEURON"),
    *("AL2023_x86_64_NVIDIA", "AL2023_ARM_64_NVIDIA"),
)
EVERYBODY = "0.0.0.0/0"
TAINT_EFFECTS = ("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")


def cluster(instance: Instance) -> dict[str, Any]:
    number = instance.hex("endpoint", 32).upper()
    vpc = instance.inputs["vpcConfig"]
    network = instance.find(vpc["subnetIds"][0])["vpcId"]
    access = {"endpointPublicAccess": True, "endpointPrivateAccess": False, "publicAccessCidrs": ["0.0.0.0/0"]}
    authority = base64.b64encode(f"sandbox certificate authority of {instance.name}\n".encode()).decode()
    return {
        "endpoint": f"https://{number}.gr7.{instance.region}.eks.amazonaws.com",
        "certificateAuthority": {"data": authority},
        "identities": [{"oidcs": [{"issuer": f"https://oidc.eks.{instance.region}.amazonaws.com/id/{number}"}]}],
        "vpcConfig": {**access, **vpc, "vpcId": network, "clusterSecurityGroupId": f"sg-{instance.hex('cluster')}"},
        "platformVersion": "eks.1",
        "status": "ACTIVE",
        "createdAt": "2026-01-01T00:00:00Z",
    }


def refuse_cluster(instance: Instance) -> None:
    """A version that there is not, a step of more than one minor, and ranges that may not reach the public endpoint."""
    refuse_ranges(instance)
    version = instance.get("version", instance.before.get("version", KUBERNETES[-1]))
    if version not in KUBERNETES:
        raise CloudError("InvalidParameterException", "unsupported Kubernetes version")
    before = instance.before.get("version", version)
    if minor(version) - minor(before) not in (0, 1):
        text = f"Unsupported Kubernetes minor version update from {before} to {version}"
        raise CloudError("InvalidParameterException", text)


def refuse_ranges(instance: Instance) -> None:
    given = instance.inputs["vpcConfig"].get("publicAccessCidrs") or []
    if wrong := [cidr for cidr in given if cidr != EVERYBODY and PUBLIC_ACCESS.problem(cidr)]:
        text = f"The following CIDRs are not allowed in publicAccessCidrs: [{', '.join(wrong)}]"
        raise CloudError("InvalidParameterException", text)
    if PUBLIC_ACCESS_COUNT.problem(len(given)):
        raise CloudError("InvalidParameterException", f"A maximum of {PUBLIC_ACCESS_COUNT.most} CIDRs is allowed")


def minor(version: str) -> int:
    return int(version.split(".")[1])


def node_group(instance: Instance) -> dict[str, Any]:
    group = {"name": f"eks-{instance.name}-{instance.hex('asg', 8)}"}
    version = instance.find(f"aws:eks/cluster:Cluster/{instance.region}/{instance.inputs['clusterName']}")["version"]
    return {
        "status": "ACTIVE",
        "resources": [{"autoscalingGroups": [group]}],
        "version": instance.get("version", version),
    }


def refuse_node_group(instance: Instance) -> None:
    """Instances of another architecture than their image's, and a release of another Kubernetes than the group's."""
    release, group = instance.get("releaseVersion", ""), instance.get("version", "")
    if group and re.fullmatch(r"1\.\d+\.\d+-20\d{6}", release) and not release.startswith(f"{group}."):
        text = f"Requested release version {release} is not valid for kubernetes version {group}."
        raise CloudError("InvalidParameterException", text)
    image, named = instance.get("amiType", ""), instance.get("launchTemplate", {})
    template = instance.find(named["id"]) if named.get("id") else {}
    wanted = "arm64" if "ARM_64" in image else "x86_64" if "x86_64" in image else ""
    confidential = (template.get("cpuOptions") or {}).get("amdSevSnp") == "enabled"
    for type_ in filter(None, [*instance.get("instanceTypes", []), template.get("instanceType")]):
        if wanted and architecture(type_) != wanted:
            text = f"[{type_}] is not a valid instance type for requested amiType {image}"
            raise CloudError("InvalidParameterException", text)
        if confidential and CONFIDENTIAL.problem(type_):
            text = f"The specified instance type, {type_}, does not support AMD SEV-SNP."
            raise CloudError("InvalidRequestException", text)


def entry_of(instance: Instance) -> Iterable[Reference]:
    cluster, principal = instance.inputs["clusterName"], instance.inputs["principalArn"]
    identifier = f"aws:eks/accessEntry:AccessEntry/{instance.region}/{cluster}:{principal}"
    yield Reference(
        identifier, "ResourceNotFoundException", f"The cluster {cluster} has no access entry for {principal}"
    )


RESOURCES = {
    "aws:eks/cluster:Cluster": Resource(
        arn=EKS + "cluster/{name}",
        name="name",
        name_limit=100,
        taken="ResourceInUseException",
        in_use="ResourceInUseException",
        held_by=("aws:eks/nodeGroup:NodeGroup",),
        guard=("deletionProtection", "InvalidRequestException"),
        replaces=(
            "name",
            "roleArn",
            "encryptionConfig",
            "bootstrapSelfManagedAddons",
            "kubernetesNetworkConfig.serviceIpv4Cidr",
        ),
        defaults={"version": KUBERNETES[-1], "bootstrapSelfManagedAddons": True},
        refuses=refuse_cluster,
        outputs=cluster,
        later=("vpcConfig.clusterSecurityGroupId", "vpcConfig.vpcId"),
    ),
    "aws:eks/nodeGroup:NodeGroup": Resource(
        "{clusterName}:{name}",
        EKS + "nodegroup/{clusterName}/{name}/{uuid}",
        name="nodeGroupName",
        scope="{region}/{clusterName}",
        taken="ResourceInUseException",
        replaces=(
            *(
                "clusterName",
                "nodeGroupName",
                "nodeGroupNamePrefix",
                "nodeRoleArn",
                "subnetIds",
                "amiType",
                "capacityType",
            ),
            *("diskSize", "instanceTypes", "remoteAccess", "launchTemplate.id", "launchTemplate.name"),
        ),
        allowed={
            "amiType": AMI_TYPES,
            "taints.effect": TAINT_EFFECTS,
            "capacityType": ("ON_DEMAND", "SPOT", "CAPACITY_BLOCK"),
        },
        defaults={"capacityType": "ON_DEMAND"},
        outputs=node_group,
        refuses=refuse_node_group,
    ),
    "aws:eks/addon:Addon": Resource(
        "{clusterName}:{addonName}",
        EKS + "addon/{clusterName}/{addonName}/{uuid}",
        taken="ResourceInUseException",
        replaces=("clusterName", "addonName"),
    ),
    "aws:eks/accessEntry:AccessEntry": Resource(
        "{clusterName}:{principalArn}",
        unique="{clusterName}:{principalArn}",
        taken="ResourceInUseException",
        in_use="ResourceInUseException",
        replaces=("clusterName", "principalArn", "type"),
        external=("principalArn",),  # people and pipelines are principals of the company's own accounts
        defaults={"type": "STANDARD"},
        outputs=lambda instance: {
            "accessEntryArn": f"arn:aws:eks:{instance.region}:{instance.account}:access-entry/{instance.hex()}"
        },
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Resource(
        "{clusterName}#{principalArn}#{policyArn}",
        puts=True,
        replaces=("clusterName", "principalArn", "policyArn", "accessScope"),
        external=("principalArn",),  # as of its access entry
        allowed={"accessScope.type": ("cluster", "namespace")},
        uses=entry_of,
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Resource(
        "a-{hex}",
        EKS + "podidentityassociation/{clusterName}/{id}",
        imported=lambda instance: f"{instance.inputs['clusterName']},{instance.id}",
        unique="{clusterName} {namespace}/{serviceAccount}",
        taken="ResourceInUseException",
        replaces=("clusterName", "namespace", "serviceAccount"),
        outputs=lambda instance: {"associationId": instance.id, "associationArn": instance.arn},
    ),
}
