"""Node pools on AWS: EKS managed node groups."""

from collections.abc import Iterator

import pulumi_aws as aws
from pulumi import ResourceOptions

from ...errors import InputError, Problem
from ...live import node_pool_facts
from ..contract import node_pool as contract
from ..contract.node_pool import NodePoolSpec, Taint
from ..contract.platform import PlatformContract, Subnet
from ..naming import EKS_NODE_GROUP
from .instance_type import instance_type_problem
from .launch_template import launch_template
from .limits import CONFIDENTIAL, NODE_DISK_GIB, NODE_GPU
from .node_image import AMAZON_LINUX, BOTTLEROCKET, BOTTLEROCKET_NVIDIA, NodeImage

NODE_POOL_TAG = "nodeyard.io/node-pool"
"""On every instance and interface of a pool, with the name that EKS knows the pool by: identities may claim their
addresses for those of their own pools."""

NODES_GO_BACK = True
"""EKS documents no word against it."""


class NodePool(contract.NodePool):
    """A managed node group in one zone's subnet, with its labels and taints both in the API and in the boot config.

    Makes: `aws:ec2:LaunchTemplate`, `aws:eks:NodeGroup`. A new release version or instance type rolls the nodes in
    place, the old one first (update strategy MINIMAL); another zone replaces the group, again the old one first, so
    that there are never two nodes for what may run once. Nodes are Bottlerocket's, with its NVIDIA variant where there
    is a GPU; confidential ones Amazon Linux's.

    Raises `InputError` for what `node_pool_problems` finds.
    """

    def __init__(self, name: str, spec: NodePoolSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:NodePool", name, None, opts)
        if problems := list(node_pool_problems(spec, platform)):
            raise InputError(f"Node pool {name!r} cannot be made on AWS.", problems)
        image, group_name = _image(spec), EKS_NODE_GROUP.fit(name)
        template = launch_template(
            name,
            image=image,
            instance_type=spec.instance_type,
            root_disk_gib=spec.root_disk_gib,
            kms_key=platform["kms_key"],
            security_groups=[platform["cluster_security_group"], *(f.firewall_id for f in spec.firewalls)],
            labels=spec.labels,
            taints=spec.taints,
            tags={NODE_POOL_TAG: group_name},
            public_address=spec.public_address,
            confidential=spec.confidential,
            opts=ResourceOptions(parent=self),
        )
        group = aws.eks.NodeGroup(
            name,
            cluster_name=platform["cluster_name"],
            node_group_name=group_name,
            node_role_arn=platform["node_role"],
            subnet_ids=[_subnets(spec, platform)[spec.zone]["id"]],
            ami_type=image.ami_type,
            # Else a node would stay at the Kubernetes minor that it was made with, behind its control plane.
            version=platform["kubernetes_version"],
            release_version=spec.release_version,
            capacity_type="SPOT" if spec.spot else "ON_DEMAND",
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            scaling_config={
                "desired_size": spec.node_count,
                "min_size": spec.node_count,
                "max_size": spec.node_count,
            },
            update_config={"max_unavailable": 1, "update_strategy": "MINIMAL"},
            labels=dict(spec.labels),
            taints=[_taint(taint) for taint in spec.taints],
            opts=ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.node_pool_name = group.node_group_name
        self.labels, self.taints = spec.labels, spec.taints
        self.register_outputs({"node_pool_name": self.node_pool_name, **node_pool_facts(spec)})


def node_pool_problems(spec: NodePoolSpec, platform: PlatformContract) -> Iterator[Problem]:
    """What EKS would refuse of a pool, or EC2 when the first node starts, by the spec's keys."""
    if spec.zone not in (zones := _subnets(spec, platform)):
        yield "zone", f"the platform has no subnet in {spec.zone}; it has {', '.join(zones)}"
    if problem := _image(spec).problem_beside(spec.release_version, platform["kubernetes_version"]):
        yield "release_version", problem
    if problem := _instance_type_problem(spec):
        yield "instance_type", problem
    if spec.root_disk_gib is not None and (problem := NODE_DISK_GIB.problem(spec.root_disk_gib)):
        yield "root_disk_gib", problem
    if spec.gpu and spec.confidential:
        yield "gpu", "no confidential node has one"


def _instance_type_problem(spec: NodePoolSpec) -> str:
    type_ = spec.instance_type
    if problem := instance_type_problem(type_, gpu=spec.gpu):
        return problem
    if spec.gpu and (problem := NODE_GPU.problem(type_)):
        return problem
    return CONFIDENTIAL.problem(type_) if spec.confidential else ""


def _image(spec: NodePoolSpec) -> NodeImage:
    if spec.confidential:
        return AMAZON_LINUX
    return BOTTLEROCKET_NVIDIA if spec.gpu else BOTTLEROCKET


def _subnets(spec: NodePoolSpec, platform: PlatformContract) -> dict[str, Subnet]:
    subnets = platform["public_subnets"] if spec.public_address else platform["private_subnets"]
    return {subnet["zone"]: subnet for subnet in subnets}


def _taint(taint: Taint) -> aws.eks.NodeGroupTaintArgsDict:
    return {"key": taint.key, "value": taint.value, "effect": taint.effect.name}
