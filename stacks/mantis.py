"""A private network of Ethereum Classic's kind, on a platform."""

import pulumi

from nodeyard.clouds.contract.kubeconfig import platform_kubeconfig
from nodeyard.mantis_cluster import MantisCluster, MantisClusterArgs
from nodeyard.mantis_cluster.rules import resolve
from nodeyard.reference import place

from .exports import unless_empty
from .file import StackFile

FILE = StackFile(MantisClusterArgs, resolve)


def deploy(name: str, args: MantisClusterArgs) -> None:
    """Makes one `MantisCluster` of that name, and exports what operators and `nodeyard mantis` need."""
    cluster = MantisCluster(name, args)
    pulumi.export("cloud", place(args["platform"]))
    pulumi.export("kubeconfig", platform_kubeconfig(args["platform"]))
    pulumi.export("network", cluster.network)
    pulumi.export("client", cluster.client)
    pulumi.export("chainId", cluster.chain_id)
    pulumi.export("genesisHash", cluster.genesis_hash)
    pulumi.export("genesisMiners", cluster.genesis_miners)
    pulumi.export("tasks", cluster.tasks)
    pulumi.export("namespace", cluster.namespace)
    pulumi.export("release", cluster.release)
    pulumi.export("bucket", unless_empty(cluster.bucket))
    pulumi.export("endpoints", cluster.endpoints)
    pulumi.export("nodePools", cluster.node_pools)
    pulumi.export("secrets", cluster.secrets)
    pulumi.export("missing", cluster.missing)
    pulumi.export("public", cluster.public)
    pulumi.export("quotas", cluster.quotas)
