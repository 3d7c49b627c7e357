"""Metis nodes that are no sequencer, on a platform."""

import pulumi

from nodeyard.clouds.contract.kubeconfig import platform_kubeconfig
from nodeyard.metis_replica import MetisReplica, MetisReplicaArgs
from nodeyard.metis_replica.rules import resolve
from nodeyard.reference import place

from .file import StackFile

FILE = StackFile(MetisReplicaArgs, resolve)


def deploy(name: str, args: MetisReplicaArgs) -> None:
    """Makes one `MetisReplica` of that name, and exports what others need of it."""
    replicas = MetisReplica(name, args)
    pulumi.export("cloud", place(args["platform"]))
    pulumi.export("kubeconfig", platform_kubeconfig(args["platform"]))
    pulumi.export("endpoint", replicas.endpoint)
    pulumi.export("endpoints", replicas.endpoints)
    pulumi.export("replicas", replicas.replicas)
    pulumi.export("namespace", replicas.namespace)
    pulumi.export("release", replicas.release)
    pulumi.export("nodePools", replicas.node_pools)
    pulumi.export("secrets", replicas.secrets)
    pulumi.export("missing", replicas.missing)
    pulumi.export("quotas", replicas.quotas)
