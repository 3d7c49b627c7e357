"""Node pools on Google Cloud: GKE node pools."""

import re
from collections.abc import Iterator, Sequence

import pulumi
import pulumi_gcp as gcp
from pulumi import InvokeOptions, Output, ResourceOptions

from ...errors import InputError, Problem
from ...live import node_pool_facts
from ..contract import node_pool as contract
from ..contract.node_pool import NodePoolSpec, Taint
from ..contract.platform import PlatformContract
from ..naming import GKE_NODE_POOL
from .instance_type import accelerator, confidential_technology, instance_type_problem
from .limits import CONFIDENTIAL, GPU_NODE_DISK_GIB, NODE_DISK_GIB
from .node_config import MANAGEMENT, UPGRADES, node_config
from .release_version import node_version, problem_beside

_GROUP = re.compile(r"(?P<where>projects/[^/]+/zones/[^/]+)/instanceGroup\w*/(?P<prefix>.+-)grp$")

GPU_TAINT = Taint("nvidia.com/gpu", "present")
"""GKE puts it on nodes with GPUs where the cluster has others too, which every cluster of ours has. It must not be
asked for: GKE refuses a second one of that key (hashicorp/terraform-provider-google#7928)."""

NODES_GO_BACK = True
"""GKE's "Manually upgrade a cluster or node pool", Downgrading node pools."""


class NodePool(contract.NodePool):
    """A node pool in one zone.

    Makes: `gcp:container:NodePool`, and for a release that is a minor version what `node_version` makes. A new release
    version, instance type or boot disk size rolls the nodes in place, the old one first; labels, network tags, the
    number of nodes and whether they get public addresses change in place.
    Another zone, other taints, spot, GPUs, confidential or another technology of that replace the pool, again the old
    one first. (Google would move a pool to another zone in place: for a moment there would be two nodes.)

    Nodes with GPUs get driver and device plugin of GKE, which taints them, and have no Secure Boot.

    Raises `InputError` for what `node_pool_problems` finds.
    """

    instance_prefixes: Output[list[str]]
    """What the resource names of its instances begin with, and no other's do: GKE cuts names as it likes, so that only
    the groups that it made tell."""

    def __init__(self, name: str, spec: NodePoolSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:NodePool", name, None, opts)
        if problems := list(node_pool_problems(spec, platform)):
            raise InputError(f"Node pool {name!r} cannot be made on Google Cloud.", problems)
        pool = gcp.container.NodePool(
            name,
            name=GKE_NODE_POOL.fit(name),
            cluster=platform["cluster_name"],
            location=platform["region"],
            node_locations=[spec.zone],
            node_count=spec.node_count,
            version=node_version(
                name,
                spec.release_version,
                project=platform["account"],
                location=platform["region"],
                control_plane=lambda: _control_plane(platform, self),
                parent=self,
            ),
            management=MANAGEMENT,
            upgrade_settings=UPGRADES,
            network_config={"enable_private_nodes": not spec.public_address},
            node_config=node_config(
                instance_type=spec.instance_type,
                root_disk_gib=spec.root_disk_gib,
                kms_key=platform["kms_key"],
                service_account=platform["node_role"],
                labels=spec.labels,
                taints=spec.taints,
                tags=[firewall.firewall_id for firewall in spec.firewalls],
                spot=spec.spot,
                confidential=confidential_technology(spec.instance_type) if spec.confidential else "",
                gpus=accelerator(spec.instance_type) if spec.gpu else None,
            ),
            opts=ResourceOptions(
                parent=self,
                delete_before_replace=True,
                # Both would be changed in place, taints at least by newer providers; in place is while pods run.
                replace_on_changes=["nodeLocations", "nodeConfig.taints"],
                # Google reports how many there were at first, and the provider would replace the pool for it.
                ignore_changes=["initialNodeCount"],
            ),
        )
        self.node_pool_name = pool.name
        self.taints = [*spec.taints, *([GPU_TAINT] if spec.gpu else [])]
        self.labels = spec.labels
        self.instance_prefixes = pool.instance_group_urls.apply(_instance_prefixes)
        self.register_outputs({"node_pool_name": self.node_pool_name, **node_pool_facts(spec)})


def node_pool_problems(spec: NodePoolSpec, platform: PlatformContract) -> Iterator[Problem]:
    """What GKE would refuse of a pool, by the spec's keys."""
    zones = [subnet["zone"] for subnet in platform["private_subnets"]]
    if spec.zone not in zones:
        yield "zone", f"the platform has no nodes in {spec.zone!r}; it has {', '.join(zones)}"
    if problem := problem_beside(spec.release_version, platform["kubernetes_version"]):
        yield "release_version", problem
    if problem := _instance_type_problem(spec):
        yield "instance_type", problem
    sizes = GPU_NODE_DISK_GIB if spec.gpu else NODE_DISK_GIB
    if spec.root_disk_gib is not None and (problem := sizes.problem(spec.root_disk_gib)):
        yield "root_disk_gib", problem
    if spec.gpu and spec.confidential:
        yield "gpu", "no confidential node has one"


def _instance_type_problem(spec: NodePoolSpec) -> str:
    type_ = spec.instance_type
    if problem := instance_type_problem(type_, gpu=spec.gpu):
        return problem
    return CONFIDENTIAL.problem(type_) if spec.confidential else ""


def _control_plane(platform: PlatformContract, parent: pulumi.Resource) -> Output[str]:
    """The release of the control plane, which gets patches by itself."""
    return gcp.container.get_cluster_output(
        name=platform["cluster_name"],
        location=platform["region"],
        project=platform["account"],
        opts=InvokeOptions(parent=parent),
    ).master_version


def _instance_prefixes(groups: Sequence[str]) -> list[str]:
    """Of `.../projects/<p>/zones/<z>/instanceGroupManagers/gke-<cluster>-<pool>-<hash>-grp`, whose instances are
    `projects/<p>/zones/<z>/instances/gke-<cluster>-<pool>-<hash>-<four characters>`."""
    found = [match for group in groups if (match := _GROUP.search(group))]
    return [f"{match['where']}/instances/{match['prefix']}" for match in found]
