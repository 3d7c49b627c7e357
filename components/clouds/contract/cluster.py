"""The managed Kubernetes cluster of a platform, and who may use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
from pulumi import Output

from .network import Network
from .platform import PlatformContract


@dataclass(frozen=True)
class TeamAccess:
    """What one cloud principal may do in a team's namespaces. The platform makes the namespaces."""

    principal: str
    """AWS: the ARN of a role or a user. Azure: the object id of a group. Google Cloud: a member, as in
    `group:metis@example.com`."""
    role: Literal["deployer", "operator", "reader"]
    """A `reader` looks. An `operator` also runs commands in pods, scales and restarts. A `deployer` also releases and
    removes. Only the deployer sees Secrets, because Helm keeps its releases in them."""
    namespaces: Sequence[str]
    """The team's namespaces."""


@dataclass(frozen=True, kw_only=True)
class SystemNodesSpec:
    """The small pool without taints that the cluster's own add-ons run on."""

    instance_type: str
    """The nodes' instance type, in the cloud's own words."""
    release_version: str
    """The nodes' release, pinned, in the cloud's own words."""
    node_count: int = 2
    """How many nodes there are. With two, one can be replaced while the other works."""


@dataclass(frozen=True, kw_only=True)
class ClusterSpec:
    """A managed Kubernetes cluster with the add-ons that every Nodeyard component relies on."""

    account: str | None
    """AWS account id, Azure subscription id or Google Cloud project id."""
    region: str
    """The cloud's name of the region."""
    network: Network
    """Where the cluster stands."""
    kubernetes_version: str
    """The minor version, as in `1.33`."""
    public_access_cidrs: Sequence[str]
    """The ranges that may reach the API server from outside. An empty list closes the public endpoint."""
    system_nodes: SystemNodesSpec
    """The nodes of the cluster's own add-ons."""
    admins: Sequence[str] = ()
    """Principals with every right in the cluster."""
    access: Mapping[str, TeamAccess] = field(default_factory=dict)
    """What each team may do, by the team's name."""
    peered_cidrs: Sequence[str] = ()
    """The ranges of networks that are routed to this one."""
    chart_mirror: str | None = None
    """A directory of chart archives, `<chart>-<version>.tgz`. The add-ons are released from this directory instead of
    from the charts' repositories."""


class Cluster(pulumi.ComponentResource):
    """The cluster that a cloud made of a `ClusterSpec`."""

    platform: Output[PlatformContract]
    """What the platform's stack exports."""
