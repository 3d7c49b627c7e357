"""The nodes that the cluster's own add-ons run on, and the role that every node of the cluster has."""

import json

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from ..contract.cluster import SystemNodesSpec
from ..naming import EKS_NODE_GROUP
from ..standing import standing_name
from .cluster_facts import ClusterFacts
from .launch_template import launch_template
from .node_image import BOTTLEROCKET
from .roles import give_rights, make_role
from .session_rights import SESSION_MANAGER

# Pods on the host network can reach the instance's metadata, and so have what the node's role has: it must hold
# nothing worth stealing. What each policy allows was read in the AWS managed policy reference:
NODE_POLICIES = (
    # eks-auth:AssumeRoleForPodIdentity, and that only with the token of a pod. (AmazonEKSWorkerNodePolicy also
    # describes networks and volumes.)
    "AmazonEKSWorkerNodeMinimalPolicy",
    # To pull images: ecr:GetAuthorizationToken, BatchGetImage, GetDownloadUrlForLayer, BatchImportUpstreamImage.
    "AmazonEC2ContainerRegistryPullOnly",
)


class SystemNodes(pulumi.ComponentResource):
    """An untainted managed node group in the private subnets of all zones, on Bottlerocket, and the node role.

    Makes: `aws:iam:Role` with two managed policies and an inline one, `aws:ec2:LaunchTemplate`, `aws:eks:NodeGroup`.
    EKS makes the access entry that lets nodes with this role join.
    """

    def __init__(
        self,
        name: str,
        spec: SystemNodesSpec,
        cluster: ClusterFacts,
        subnets: Output[list[str]],
        opts: ResourceOptions,
    ) -> None:
        super().__init__("nodeyard:aws:SystemNodes", name, None, opts)
        child = ResourceOptions(parent=self)
        role = make_role(f"{name}-node", json.dumps(TRUST), cluster.region, child)
        rights: list[pulumi.Resource] = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy}", role=role.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}", opts=child
            )
            for policy in NODE_POLICIES
        ]
        inline = cluster.arn.apply(lambda arn: json.dumps(node_policy(arn, cluster.region)))
        rights.append(give_rights(f"{name}-node", role, inline, child))
        labels = {"nodeyard.io/pool": "system"}
        own = f"{name}-system"
        template = launch_template(
            own,
            image=BOTTLEROCKET,
            instance_type=spec.instance_type,
            root_disk_gib=None,
            kms_key=cluster.kms_key,
            security_groups=[cluster.security_group],
            labels=labels,
            taints=[],
            tags={},
            public_address=False,
            opts=child,
        )
        self.node_group = aws.eks.NodeGroup(
            own,
            cluster_name=cluster.name,
            # Nothing that a platform's file may change replaces it.
            node_group_name=standing_name("aws:eks/nodeGroup:NodeGroup", own, EKS_NODE_GROUP.fit(own), "nodeGroupName"),
            node_role_arn=role.arn,
            subnet_ids=subnets,
            ami_type=BOTTLEROCKET.ami_type,
            version=cluster.kubernetes_version,
            release_version=spec.release_version,
            capacity_type="ON_DEMAND",
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            scaling_config={
                "desired_size": spec.node_count,
                "min_size": spec.node_count,
                "max_size": spec.node_count,
            },
            update_config={"max_unavailable": 1},
            labels=labels,
            opts=ResourceOptions(parent=self, depends_on=rights),
        )
        self.role_arn = role.arn
        self.register_outputs({"role_arn": self.role_arn})


TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def node_policy(cluster_arn: str, region: str) -> dict[str, object]:
    """What Bottlerocket and Session Manager need, which no managed policy gives without more."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                # Bottlerocket names its node after the instance's private DNS name, which it asks EC2 for, and does
                # not boot without (bottlerocket-core-kit, sources/api/pluto). Takes no resource, only the region.
                "Sid": "LearnOwnName",
                "Effect": "Allow",
                "Action": "ec2:DescribeInstances",
                "Resource": "*",
                "Condition": {"StringEquals": {"ec2:Region": region}},
            },
            {
                # The same program reads the range of the services, to find the cluster's DNS; without it, it guesses.
                "Sid": "LearnClusterDns",
                "Effect": "Allow",
                "Action": "eks:DescribeCluster",
                "Resource": cluster_arn,
            },
            SESSION_MANAGER,
        ],
    }
