"""What pulumi-eks's Cluster makes, where it is told to make no nodes, security groups and add-ons of its own.

It is then a role and a control plane. The plugin registers them with the engine, the mocks make them in their world.
"""

import json
from collections.abc import Mapping
from typing import Any

from . import schema
from .schema import Problem

CLUSTER = "eks:index:Cluster"
#: What must be asked for, as the stand-in makes a cluster only so.
ONLY_WITH: Mapping[str, Any] = {
    "skipDefaultNodeGroup": True,
    "skipDefaultSecurityGroups": True,
    "useDefaultVpcCni": True,
    "kubeProxyAddonOptions": {"enabled": False},
    "corednsAddonOptions": {"enabled": False},
}
#: What the control plane is given as the component was.
SAME = ("name", "version", "enabledClusterLogTypes", "deletionProtection", "bootstrapSelfManagedAddons")
SAME_IN_VPC = ("subnetIds", "endpointPrivateAccess", "endpointPublicAccess", "publicAccessCidrs")
TAKEN = {*ONLY_WITH, *SAME, *SAME_IN_VPC, "vpcId", "encryptionConfigKeyArn", "authenticationMode"}

POLICY = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
TRUST = {
    "Effect": "Allow",
    "Action": ["sts:AssumeRole", "sts:TagSession"],
    "Principal": {"Service": ["eks.amazonaws.com"]},
}
ROLE = {
    "description": "Allows EKS to manage clusters on your behalf.",
    "assumeRolePolicy": json.dumps({"Version": "2012-10-17", "Statement": [TRUST]}),
}


def problems(given: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with the component's inputs, and everything that the stand-in does not do."""
    only = {name: json.dumps(value) for name, value in ONLY_WITH.items() if given.get(name) != value}
    return [
        *schema.check(CLUSTER, dict(given)),
        *((name, f"the sandbox's stand-in for {CLUSTER} does not do this") for name in given if name not in TAKEN),
        *((name, f"the sandbox's stand-in for {CLUSTER} needs {value} here") for name, value in only.items()),
    ]


def control_plane(name: str, given: Mapping[str, Any], role: Any) -> dict[str, Any]:
    """The inputs of the cluster itself; `role` is the ARN of its role."""
    inputs = {"roleArn": role, "tags": {"Name": f"{name}-eksCluster"}, **present(given, SAME)}
    inputs["vpcConfig"] = present(given, SAME_IN_VPC)
    if "encryptionConfigKeyArn" in given:
        inputs["encryptionConfig"] = {"provider": {"keyArn": given["encryptionConfigKeyArn"]}, "resources": ["secrets"]}
    if "authenticationMode" in given:
        mode = given["authenticationMode"]
        inputs["accessConfig"] = {"authenticationMode": mode, "bootstrapClusterCreatorAdminPermissions": True}
    return inputs


def present(given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}
