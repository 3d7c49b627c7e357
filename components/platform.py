"""Platform: one cloud's network, cluster and add-ons, on which the teams' stacks stand."""

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired

import pulumi
from pulumi import Output, ResourceOptions
from typing_extensions import TypedDict

from . import clouds
from .clouds.contract.cluster import ClusterSpec, SystemNodesSpec, TeamAccess
from .clouds.contract.network import NetworkSpec
from .clouds.contract.platform import PlatformContract
from .errors import InputError


class SystemNodesArgs(TypedDict):
    """The small untainted pool for the cluster's own add-ons."""

    instance_type: str
    """In the cloud's own words."""
    node_count: int
    """How many; two, so that one can be replaced."""
    release_version: str
    """The node image's release, pinned."""


class TeamAccessArgs(TypedDict):
    """What one cloud principal may do in its team's namespaces, which the platform makes."""

    principal: str
    """ARN of the role or user (AWS), object id of the group (Azure), member as in `group:metis@example.com` (Google
    Cloud)."""
    role: Literal["deployer", "operator", "reader"]
    """`deployer` releases and removes, `operator` looks, execs, scales and restarts, `reader` looks."""
    namespaces: Sequence[str]
    """The team's namespaces."""


class PlatformArgs(TypedDict):
    """Arguments of `Platform`."""

    cloud: Literal["aws", "azure", "gcp"]
    """Where to make it."""
    account: NotRequired[str | None]
    """AWS account id, Azure subscription id or Google Cloud project id; credentials of another one are refused. On AWS
    it may be left to the credentials."""
    region: str
    """The cloud's region."""
    zones: Sequence[str]
    """Three zones of the region."""
    cidr: str
    """The network's address range, /16 to /20."""
    kubernetes_version: str
    """Minor version, as in `1.33`."""
    public_access_cidrs: Sequence[str]
    """Who may reach the API server from outside; empty closes the public endpoint."""
    peered_cidrs: NotRequired[Sequence[str]]
    """Ranges of networks that are routed to this one."""
    system_nodes: SystemNodesArgs
    """The pool for the cluster's own add-ons."""
    admins: NotRequired[Sequence[str]]
    """Principals with every right in the cluster, without the one that creates it: that one has them anyway."""
    access: NotRequired[Mapping[str, TeamAccessArgs]]
    """What each team may do, by the team's name."""
    chart_mirror: NotRequired[str | None]
    """A directory of chart archives, `<chart>-<version>.tgz`, where the charts' repositories cannot be reached."""


class Platform(pulumi.ComponentResource):
    """A network over three zones and a managed Kubernetes cluster with the add-ons that every Nodeyard component
    relies on.

    Makes: the provider for the region, `nodeyard:<cloud>:Network` and `nodeyard:<cloud>:Cluster`; their docstrings name
    what is in them. Protected are the keys, the cluster, the teams' namespaces and the egress addresses.

    Raises `InputError`, with every problem and its path, for arguments that the cloud would refuse later.
    Upstream: pulumi-eks for EKS' control plane; each chart's own project for the add-ons.
    """

    platform: Output[PlatformContract]
    """What other stacks need to stand on this platform. It holds no secret."""

    def __init__(self, name: str, args: PlatformArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("nodeyard:index:Platform", name, None, opts)
        cloud, account = clouds.named(args["cloud"]), args.get("account")
        if problem := cloud.release_problem(args["system_nodes"]["release_version"]):
            raise InputError("The platform's arguments are not valid.", [("system_nodes.release_version", problem)])
        provider = cloud.cloud_provider(name, account, args["region"], ResourceOptions(parent=self))
        child = ResourceOptions(parent=self, providers=[provider])
        network = cloud.Network(
            name,
            NetworkSpec(account=account, region=args["region"], zones=args["zones"], cidr=args["cidr"]),
            child,
        )
        cluster = cloud.Cluster(
            name,
            ClusterSpec(
                account=account,
                region=args["region"],
                network=network,
                kubernetes_version=args["kubernetes_version"],
                public_access_cidrs=args["public_access_cidrs"],
                peered_cidrs=args.get("peered_cidrs", ()),
                system_nodes=SystemNodesSpec(**args["system_nodes"]),
                admins=args.get("admins", ()),
                chart_mirror=args.get("chart_mirror"),
                access={team: TeamAccess(**access) for team, access in args.get("access", {}).items()},
            ),
            child,
        )
        self.platform = cluster.platform
        self.register_outputs({"platform": self.platform})
