"""What a cloud's managed Kubernetes makes of the world: clusters, the nodes of their pools, the secrets of its store.

Each module here knows one cloud: `CLUSTER` is the world's type of a cluster, and its functions are those below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.simulation.world import Object, World


@dataclass(frozen=True)
class Cluster:
    """A cluster as the world has it. `key` tells one from a later one of the same name."""

    cloud: str
    name: str
    region: str
    server: str
    version: str
    key: int

    @property
    def minor(self) -> str:
        return ".".join(self.version.lstrip("v").split(".")[:2])


@dataclass(frozen=True)
class Node:
    """A node that a pool should have. Another one, of a new launch template say, has another name."""

    name: str
    labels: Mapping[str, str]
    taints: Sequence[Mapping[str, str]]
    provider_id: str
    addresses: Sequence[Mapping[str, str]]
    capacity: Mapping[str, str]
    allocatable: Mapping[str, str]


@dataclass(frozen=True)
class Pool:
    name: str
    nodes: Sequence[Node]
    old_first: bool = False
    """Whether an old node goes before its successor comes."""


@dataclass(frozen=True)
class Identity:
    """Who a pod is to its cloud, and where."""

    namespace: str
    service_account: str
    pod: str
    uid: str


class MountFailed(Exception):
    """Why a secret cannot be mounted, in the words of the provider or of its cloud."""


@dataclass(frozen=True)
class Mount:
    """What a provider of the Secrets Store CSI driver is asked for."""

    parameters: Mapping[str, str]
    identity: Identity
    audiences: Sequence[str] = field(default_factory=tuple)
    """For whom the driver has tokens of the pod's service account."""


def clusters(world: World) -> list[Cluster]:
    return [module.cluster(item) for module in _modules() for item in world.find(module.CLUSTER)]


def pools(world: World, cluster: Cluster) -> list[Pool]:
    return _of(cluster).pools(world, cluster)


def mounted(world: World, cluster: Cluster, mount: Mount) -> dict[str, str]:
    """The files of a mount by name; raises MountFailed."""
    return _of(cluster).mounted(world, cluster, mount)


def provider(cluster: Cluster) -> str:
    """What a SecretProviderClass calls this cloud."""
    return _of(cluster).PROVIDER


def volume_problem(world: World, cluster: Cluster, handle: str, zone: str) -> str:
    """Why a volume cannot be attached to a node in the zone; empty when it can."""
    return _of(cluster).volume_problem(world, handle, zone)


def ingress(cluster: Cluster, service: str) -> dict[str, str]:
    """Where the load balancer of a Service answers, given the Service's uid."""
    return _of(cluster).ingress(cluster, service)


def _modules() -> list[Any]:
    from . import aws

    return [aws]


def _of(cluster: Cluster) -> Any:
    return next(module for module in _modules() if cluster.cloud == module.CLOUD)


def text(item: Object, name: str, default: str = "") -> str:
    value = item.properties.get(name)
    return default if value is None else str(value)
