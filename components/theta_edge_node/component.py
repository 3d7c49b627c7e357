"""ThetaEdgeNode: Theta edge nodes, each with a disk and a password that outlive whatever runs it."""

import pulumi
from pulumi import InvokeOptions, Output, ResourceOptions

from .. import clouds
from ..clouds.contract.platform import PlatformContract
from ..clouds.tagging import tagged
from ..errors import refuse
from ..left_over import check_left_over
from ..live import IDENTITY, live
from ..monitoring import warn_without_receiver
from ..pods import on_platform
from ..quotas import QUOTAS, QuotaNeed, told
from ..resources import unknown_size
from . import cluster, machine, outputs
from .args import ThetaEdgeNodeArgs
from .demand import demand
from .keepsakes import snapshot_schedule
from .outputs import EdgeNodeOutputs, MadeNode
from .rules import resolve, zone_problems
from .settings import TYPE, EdgeNode, Settings
from .snapshots import check_snapshots


class ThetaEdgeNode(pulumi.ComponentResource):
    """One or more Theta edge nodes.

    Makes, for each node, under a component `nodeyard:index:EdgeNode` of its name:
    - a data disk, protected and retained, encrypted, 256 GiB unless given, which holds the node's key;
    - the node's password in the cloud's secret store, protected, generated once (`random:RandomPassword`, protected)
      unless given, and never replaced while the disk lives;
    - with `placement: machine`: one machine without inbound that attaches the disk wherever it starts, a dashboard and
      five alarms, one more with a GPU and one more with `capacity: spot`;
    - with `placement: cluster`: a tainted node pool of one node, with a GPU unless `gpu` is false, an identity and a
      SecretProviderClass for the password, and a Helm release of `charts/theta-edge-node`.
    For the fleet: a log group for its machines, without a platform the place where they stand (`Site`), with
    `expose: vpc` a firewall, and in a cluster its key in the platform's list of tenants
    (`kubernetes:core/v1:ConfigMapPatch`), protected.

    A node can be added or taken out without touching another. Taking one out stops at the protection of its disk and
    password until that is lifted on purpose.

    Raises `InputError` with every problem at once, before anything is registered. What only the cloud knows is asked
    next, before anything is made there: whether the disk of a `seed_from` lives, and on AWS whether the default network
    has a subnet in each zone.

        ThetaEdgeNode(
            "theta",
            {
                "site": {"cloud": "aws", "region": "us-east-2"},
                "zones": ["us-east-2a", "us-east-2b"],
                "network": "mainnet",
                "image": "registry.example.com/edgelauncher_mainnet@sha256:...",
                "nodes": {"edge-1": {}, "edge-2": {"password": {"external": True}}},
            },
        )

    Sources: aws-samples/aws-blockchain-node-runners, branch v1, `lib/theta`; see docs/components/theta-edge-node.md.
    """

    nodes: Output[dict[str, EdgeNodeOutputs]]
    """Every node, by name."""
    releases: Output[dict[str, str]]
    """The namespace of each node's Helm release, by the release's name (in a cluster)."""
    secrets: Output[dict[str, str]]
    """The id of every node's secret, by the node's name."""
    missing: Output[list[str]]
    """What the operator still has to do before every node can start."""
    identity: Output[dict[str, str]]
    """What makes it this fleet. It is kept in the state, and never changes in place."""
    quotas: Output[list[QuotaNeed]]
    """How much of each of the cloud's quotas the fleet needs."""
    platform: PlatformContract
    """Where the nodes stand."""

    def __init__(self, name: str, args: ThetaEdgeNodeArgs, opts: ResourceOptions | None = None) -> None:
        fleet = resolve(name, args)
        cloud = clouds.named(fleet.cloud)
        super().__init__(TYPE, name, None, tagged(cloud, fleet.args["tags"], opts))
        self._warn(fleet)
        self.quotas = Output.from_input(told(cloud, demand(fleet), live().component(TYPE, name), self))
        providers = self._reach(fleet)
        # With a provider of the fleet's account and region, which the default one of the environment need not have.
        asked = InvokeOptions(parent=self, provider=providers[0])
        check_snapshots(fleet, asked)
        child = ResourceOptions(parent=self, providers=providers)
        if fleet.platform:
            self.platform = fleet.platform
        else:
            child = self._stand(fleet, child)
        check_left_over(
            f"ThetaEdgeNode {name!r} would be made beside what was kept of another.",
            {wanted: made for node in fleet.nodes for wanted, made in node.made.items()},
            cloud,
            self.platform,
            asked,
        )
        if fleet.in_cluster:
            child = on_platform(name, fleet.namespace, providers, self)
        made = self._place(fleet, child)
        self.nodes, self.secrets = outputs.nodes_of(made), outputs.secrets_of(made)
        self.releases = Output.all(*(node.release for node in made if node.release)).apply(
            lambda names: dict.fromkeys(names, fleet.namespace)
        )
        self.missing = outputs.missing(made)
        self.identity = Output.from_input(fleet.identity)
        self.register_outputs(
            {
                "nodes": self.nodes,
                "releases": self.releases,
                "secrets": self.secrets,
                "missing": self.missing,
                QUOTAS: self.quotas,
                IDENTITY: self.identity,
            }
        )

    def _warn(self, fleet: Settings) -> None:
        """Of alarms that nobody hears, and of nodes in a cluster of which nobody can say whether their pods fit."""
        if fleet.in_cluster and fleet.platform:
            warn_without_receiver(f"of {fleet.name}", fleet.platform.get("monitoring"), self)
        elif "notify" not in fleet.args:
            pulumi.log.warn(f"No alarm of {fleet.name} reaches anybody: it has no `notify`.", self)
        for type_ in sorted({node.instance_type for node in fleet.nodes if fleet.in_cluster and not node.room}):
            pulumi.log.warn(unknown_size("an edge node", type_, fleet.asked), self)

    def _reach(self, fleet: Settings) -> list[pulumi.ProviderResource]:
        """The cloud's provider, and the cluster's where there are pods."""
        cloud, parent = clouds.named(fleet.cloud), ResourceOptions(parent=self)
        if fleet.platform and fleet.in_cluster:
            return list(cloud.providers(fleet.name, fleet.platform, parent))
        return [cloud.cloud_provider(fleet.name, fleet.account, fleet.region, parent)]

    def _stand(self, fleet: Settings, child: ResourceOptions) -> ResourceOptions:
        """Makes the site, and returns the options of whatever stands on it."""
        site = clouds.named(fleet.cloud).Site(fleet.name, fleet.site, child)
        self.platform = site.platform
        refuse(f"ThetaEdgeNode {fleet.name!r} has bad input.", zone_problems(fleet, self.platform))
        # The names of what a site makes are known before it is made: whatever stands on it has to wait for it.
        return ResourceOptions.merge(child, ResourceOptions(depends_on=[site]))

    def _place(self, fleet: Settings, child: ResourceOptions) -> list[MadeNode]:
        nodes = [(node, _grouped(node, child)) for node in fleet.nodes]
        schedule = snapshot_schedule(fleet, self.platform, child)
        if fleet.in_cluster:
            return [cluster.place(node, self.platform, schedule, opts) for node, opts in nodes]
        shared = machine.shared(fleet, self.platform, child)
        return [machine.place(node, self.platform, schedule, shared, opts) for node, opts in nodes]


def _grouped(node: EdgeNode, child: ResourceOptions) -> ResourceOptions:
    """Options under a component of the node's own, by which a fleet's tree reads node by node."""
    group = pulumi.ComponentResource("nodeyard:index:EdgeNode", node.name, None, child)
    group.register_outputs({})
    return ResourceOptions.merge(child, ResourceOptions(parent=group))
