"""The nodes that the cluster's own add-ons run on, and the account that every node of the cluster has."""

from math import ceil

import pulumi
import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from ..contract.cluster import SystemNodesSpec
from ..contract.network import ZONES
from ..naming import GCP_SERVICE_ACCOUNT
from .cluster_facts import ClusterFacts
from .node_config import MANAGEMENT, UPGRADES, node_config
from .release_version import node_version

# Pods on the host network have what the node's account has: it must hold nothing worth stealing.
NODE_ROLES = {
    # To write logs and metrics, which GKE's agents do ("Use least privilege service accounts").
    "node-agents": "roles/container.defaultNodeServiceAccount",
    # To pull images of the project's own.
    "node-images": "roles/artifactregistry.reader",
}


def node_account(name: str, project: str, opts: ResourceOptions) -> gcp.serviceaccount.Account:
    """The nodes' own service account. Makes: `gcp:serviceaccount:Account`, `gcp:projects:IAMMember` for each role."""
    account = gcp.serviceaccount.Account(
        f"{name}-node",
        account_id=GCP_SERVICE_ACCOUNT.fit(f"{name}-node"),
        display_name=f"Nodes of {name}",
        opts=opts,
    )
    for what, role in NODE_ROLES.items():
        gcp.projects.IAMMember(f"{name}-{what}", project=project, role=role, member=account.member, opts=opts)
    return account


class SystemNodes(pulumi.ComponentResource):
    """An untainted node pool, spread over the zones. Makes: `gcp:container:NodePool`, and for a release that is a minor
    version what `node_version` makes."""

    def __init__(
        self,
        name: str,
        spec: SystemNodesSpec,
        cluster: ClusterFacts,
        zones: Output[list[str]],
        account: Output[str],
        control_plane: Output[str],
        opts: ResourceOptions,
    ) -> None:
        super().__init__("nodeyard:gcp:SystemNodes", name, None, opts)
        gcp.container.NodePool(
            # Of a name that Pulumi makes up: where the pool is replaced, the next one is there before the old one goes,
            # and the cluster's DNS has somewhere to run.
            "system",
            cluster=cluster.name,
            location=cluster.region,
            # Google counts the nodes of each zone: two are in two zones, and four would be six.
            node_locations=zones.apply(lambda known: known[: spec.node_count]),
            node_count=ceil(spec.node_count / ZONES),
            version=node_version(
                name,
                spec.release_version,
                project=cluster.account,
                location=cluster.region,
                control_plane=lambda: control_plane,
                parent=self,
            ),
            management=MANAGEMENT,
            upgrade_settings=UPGRADES,
            network_config={"enable_private_nodes": True},
            node_config=node_config(
                instance_type=spec.instance_type,
                kms_key=cluster.kms_key,
                service_account=account,
                labels={"nodeyard.io/pool": "system"},
            ),
            opts=ResourceOptions(parent=self, ignore_changes=["initialNodeCount"]),
        )
        self.register_outputs({})
