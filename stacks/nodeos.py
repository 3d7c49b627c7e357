"""The block producers of one Antelope chain, on a platform."""

import pulumi

from nodeyard.clouds.contract.kubeconfig import platform_kubeconfig
from nodeyard.nodeos_bp_cluster import NodeosBPCluster, NodeosBPClusterArgs
from nodeyard.nodeos_bp_cluster.rules import resolve
from nodeyard.reference import place

from .exports import unless_empty
from .file import StackFile

FILE = StackFile(NodeosBPClusterArgs, resolve)


def deploy(name: str, args: NodeosBPClusterArgs) -> None:
    """Makes one `NodeosBPCluster` of that name, and exports what operators and `nodeyard nodeos` need."""
    cluster = NodeosBPCluster(name, args)
    pulumi.export("cloud", place(args["platform"]))
    pulumi.export("kubeconfig", platform_kubeconfig(args["platform"]))
    pulumi.export("network", cluster.network)
    pulumi.export("chainId", cluster.chain_id)
    pulumi.export("namespace", cluster.namespace)
    pulumi.export("release", cluster.release)
    pulumi.export("ordinals", cluster.ordinals)
    pulumi.export("apiNodes", cluster.api_nodes)
    pulumi.export("producers", cluster.producers)
    pulumi.export("activeProducer", unless_empty(cluster.active_producer))
    pulumi.export("failover", cluster.failover)
    pulumi.export("lease", cluster.lease)
    pulumi.export("bucket", cluster.bucket)
    pulumi.export("endpoints", cluster.endpoints)
    pulumi.export("nodePools", cluster.node_pools)
    pulumi.export("secrets", cluster.secrets)
    pulumi.export("missing", cluster.missing)
    pulumi.export("quotas", cluster.quotas)
