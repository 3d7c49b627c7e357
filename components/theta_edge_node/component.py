"""ThetaEdgeNode: Theta edge nodes, each with a disk and a password that outlive whatever runs it."""

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi import InvokeOptions, Output, ResourceOptions
from typing_extensions import TypedDict

from .. import clouds
from ..clouds.contract.cloud import Cloud
from ..clouds.contract.platform import PlatformContract
from ..clouds.contract.site import Site, SiteSpec
from . import cluster, machine
from .args import ThetaEdgeNodeArgs
from .nodes import EdgeNode, Fleet, check, check_place, cloud_of, nodes_of
from .placed import Placed
from .seeds import check_seeds


class EdgeNodeOutputs(TypedDict):
    """One node, as operators and `nodeyard theta` need it."""

    instance: str
    """The machine, where it keeps its id (Azure)."""
    group: str
    """The group of one that keeps it (AWS, Google Cloud)."""
    pod: str
    """`<namespace>/<pod>` (placement: cluster)."""
    zone: str
    disk: str
    secret: str
    """Id of the secret with its password."""
    session: str
    """The command that opens a shell on it."""
    logs: str
    """Where its lines are, among those of the fleet's other nodes."""
    dashboard: str
    alarms: list[str]


class ThetaEdgeNode(pulumi.ComponentResource):
    """One or more Theta edge nodes.

    Makes, for each node, under a component `nodeyard:index:EdgeNode` of its name:
    - a data disk, protected and retained, encrypted, 256 GiB unless given, which holds the node's key;
    - the node's password in the cloud's secret store, protected, generated once (`random:RandomPassword`, protected)
      unless given, and never replaced while the disk lives;
    - with `placement: machine`: one machine without inbound that attaches the disk wherever it starts, a dashboard and
      five alarms (four without `capacity: spot`);
    - with `placement: cluster`: a tainted node pool of one node, with a GPU unless `gpu` is false, an identity and a
      SecretProviderClass for the password, and a Helm release of `charts/theta-edge-node`.
    For the fleet: a log group for its machines, without a platform the place where they stand (`Site`), and with
    `expose: vpc` a firewall.

    A node can be added or taken out without touching another. Taking one out stops at the protection of its disk and
    password until that is lifted on purpose.

    Raises `InputError` with every problem at once, before anything is made; among them, asked of the cloud, a snapshot
    to begin from whose disk lives.

    Sources: aws-samples/aws-blockchain-node-runners, branch v1, `lib/theta`; see docs/components/theta-edge-node.md.
    """

    nodes: Output[dict[str, EdgeNodeOutputs]]
    """Every node, by name."""
    secrets: Output[dict[str, str]]
    """The id of every node's secret, by the node's name."""
    missing: Output[list[str]]
    """What the operator still has to do before every node can start."""
    platform: PlatformContract
    """Where the nodes stand."""

    def __init__(self, name: str, args: ThetaEdgeNodeArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("nodeyard:index:ThetaEdgeNode", name, None, opts)
        check(name, args)
        cloud = clouds.named(cloud_of(args))
        providers = self._reach(name, args, cloud)
        check_seeds(name, args, cloud, InvokeOptions(parent=self, provider=providers[0]))
        child = ResourceOptions(parent=self, providers=providers)
        if "platform" in args:
            self.platform = args["platform"]
        else:
            site = _site(name, args, cloud, child)
            self.platform = site.platform
            # The names of what a site makes are known before it is made: whatever stands on it has to wait for it.
            child = ResourceOptions.merge(child, ResourceOptions(depends_on=[site]))
        fleet = Fleet(args=args, cloud=cloud, platform=self.platform)
        check_place(name, fleet)
        placed = self._place(name, fleet, child)
        self.nodes = Output.all(**{node.node.key: _outputs(node) for node in placed})
        self.secrets = Output.all(**{node.node.key: node.secret.secret_id for node in placed})
        self.missing = _missing(placed)
        self.register_outputs({"nodes": self.nodes, "secrets": self.secrets, "missing": self.missing})

    def _reach(self, name: str, args: ThetaEdgeNodeArgs, cloud: Cloud) -> list[pulumi.ProviderResource]:
        """The cloud's provider, and the cluster's where there are pods."""
        parent = ResourceOptions(parent=self)
        if "platform" in args and args.get("placement") == "cluster":
            return list(cloud.providers(name, args["platform"], parent))
        place = args["platform"] if "platform" in args else args["site"]
        return [cloud.cloud_provider(name, place.get("account"), place["region"], parent)]

    def _place(self, name: str, fleet: Fleet, child: ResourceOptions) -> list[Placed]:
        nodes = [(node, _grouped(node, child)) for node in nodes_of(name, fleet)]
        if fleet.args.get("placement") == "cluster":
            return [cluster.place(node, fleet, opts) for node, opts in nodes]
        logs, firewalls = machine.log_of(name, fleet, child), machine.exposed(name, fleet, child)
        return [machine.place(node, fleet, logs, firewalls, opts) for node, opts in nodes]


def _grouped(node: EdgeNode, child: ResourceOptions) -> ResourceOptions:
    """Options under a component of the node's own, by which a fleet's tree reads node by node."""
    group = pulumi.ComponentResource("nodeyard:index:EdgeNode", node.name, None, child)
    group.register_outputs({})
    return ResourceOptions.merge(child, ResourceOptions(parent=group))


def _site(name: str, args: ThetaEdgeNodeArgs, cloud: Cloud, opts: ResourceOptions) -> Site:
    site = args["site"]
    spec = SiteSpec(
        account=site.get("account"),
        region=site["region"],
        zones=args.get("zones") or (),
        snapshots=args.get("snapshots", False),
    )
    return cloud.Site(name, spec, opts)


def _outputs(placed: Placed) -> Output[Any]:
    return Output.all(
        machine=placed.machine_id,
        pod=placed.pod,
        zone=placed.node.zone,
        disk=placed.disk.disk_id,
        secret=placed.secret.secret_id,
        session=placed.session,
        logs=placed.logs,
        dashboard=placed.dashboard,
        alarms=placed.alarms,
    ).apply(lambda made: {**_reached_by(made.pop("machine")), **made})


def _reached_by(machine: str) -> dict[str, str]:
    """A machine's ARM id stays its own. Elsewhere a group keeps the machine, and command lines want its name alone."""
    if machine.startswith("/subscriptions/"):
        return {"instance": machine, "group": ""}
    return {"instance": "", "group": machine.rpartition("/")[2]}


def _missing(placed: Sequence[Placed]) -> Output[list[str]]:
    there = Output.all(**{node.secret.secret_name: node.secret.has_value for node in placed})
    return there.apply(lambda values: [f"the value of the secret {name}" for name in values if not values[name]])
