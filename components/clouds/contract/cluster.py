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
    """What one cloud principal may do in a team's namespaces, which the platform makes."""

    principal: str
    """ARN of the role or user (AWS), object id of the group (Azure), member as in `group:metis@example.com` (Google
    Cloud)."""
    role: Literal["deployer", "operator", "reader"]
    """`deployer` releases and removes, `operator` looks, execs, scales and restarts, `reader` looks; none sees Secrets
    but the deployer, whose releases hold them."""
    namespaces: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class SystemNodesSpec:
    """The small untainted pool that the cluster's own add-ons run on."""

    instance_type: str
    release_version: str
    node_count: int = 2


@dataclass(frozen=True, kw_only=True)
class ClusterSpec:
    """A managed Kubernetes cluster with the add-ons that every Nodeyard component relies on."""

    account: str | None
    region: str
    network: Network
    kubernetes_version: str
    public_access_cidrs: Sequence[str]
    """Who may reach the API server from outside; empty closes the public endpoint."""
    system_nodes: SystemNodesSpec
    admins: Sequence[str] = ()
    """Principals with every right in the cluster."""
    access: Mapping[str, TeamAccess] = field(default_factory=dict)
    peered_cidrs: Sequence[str] = ()
    chart_mirror: str | None = None
    """A directory of chart archives, `<chart>-<version>.tgz`, to release from instead of the charts' repositories."""


class Cluster(pulumi.ComponentResource):
    platform: Output[PlatformContract]
    """What the platform's stack exports."""
