"""What a cloud's managed Kubernetes makes of the world: clusters, the nodes of their pools, the secrets of its store.

Each package here knows one cloud and is a `ManagedKubernetes`. The functions below ask that of the cluster's cloud.
They read a `View`. A world is one, and so is whatever else knows what exists, such as the state of a stack.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol, cast

from sandbox.simulation.world import Object


class View(Protocol):
    """What exists."""

    def find(self, token: str, *, name: str | None = None) -> list[Object]: ...

    def identified(self, identifier: str) -> list[Object]:
        """What this id or ARN names, wherever it is."""
        ...


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
    pod: str = ""
    uid: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Those of the service account."""


class MountFailed(Exception):
    """Why a secret cannot be mounted, in the words of the provider or of its cloud."""


class BalancerFailed(Exception):
    """Why a load balancer cannot be had, in the cloud's words."""


@dataclass(frozen=True)
class Mount:
    """What a provider of the Secrets Store CSI driver is asked for."""

    parameters: Mapping[str, str]
    identity: Identity
    audiences: Sequence[str] = field(default_factory=tuple)
    """For whom the driver has tokens of the pod's service account."""


@dataclass(frozen=True)
class Asked:
    """One thing that a mount asks for."""

    file: str
    name: str
    """As the SecretProviderClass names it."""
    secret: Object | None
    """What that is; None when there is no such thing."""


@dataclass(frozen=True)
class SecretsStore:
    """A cluster's Secrets Store CSI driver and the cloud's provider beside it, as whoever runs them set them up."""

    driver: Sequence[Mapping[str, Any]] | None = None
    """What its DaemonSet tolerates; None when there is none."""
    provider: Sequence[Mapping[str, Any]] | None = None
    audiences: Sequence[str] = ()
    syncs: bool = False
    """Whether it may make Secrets."""


Reads = Callable[[Object], bool]
"""Whether somebody may read a secret of the store."""


class ManagedKubernetes(Protocol):
    """What each of the packages here is; the functions below say what its functions do."""

    CLOUD: str
    CLUSTER: str
    """The world's type of a cluster."""
    SECRET: str
    """The world's type of a secret in the cloud's store."""
    PROVIDER: str
    DISK_DRIVER: str

    def cluster(self, item: Object, /) -> Cluster: ...

    def pools(self, view: View, cluster: Cluster, /) -> list[Pool]: ...

    def secrets_store(self, view: View, cluster: Cluster, /) -> SecretsStore: ...

    def mounted(self, view: View, cluster: Cluster, mount: Mount, /) -> dict[str, str]: ...

    def asked(self, view: View, cluster: Cluster, mount: Mount, /) -> list[Asked]: ...

    def reader(self, view: View, cluster: Cluster, mount: Mount, /) -> Reads: ...

    def within_reach(self, view: View, cluster: Cluster, identity: Identity, /) -> Reads: ...

    def volume_problem(self, view: View, handle: str, zone: str, /) -> str: ...

    def ingress(self, view: View, cluster: Cluster, service: Mapping[str, Any], /) -> dict[str, str]: ...


def clusters(view: View) -> list[Cluster]:
    return [module.cluster(item) for module in _modules() for item in view.find(module.CLUSTER)]


def pools(view: View, cluster: Cluster) -> list[Pool]:
    return _of(cluster).pools(view, cluster)


def secrets_store(view: View, cluster: Cluster) -> SecretsStore:
    return _of(cluster).secrets_store(view, cluster)


def mounted(view: View, cluster: Cluster, mount: Mount) -> dict[str, str]:
    """The files of a mount by name; raises MountFailed."""
    return _of(cluster).mounted(view, cluster, mount)


def asked(view: View, cluster: Cluster, mount: Mount) -> list[Asked]:
    """What a mount asks for, whether or not it may have it; raises MountFailed for what no provider understands."""
    return _of(cluster).asked(view, cluster, mount)


def reader(view: View, cluster: Cluster, mount: Mount) -> Reads:
    """What the mount's identity may read; raises MountFailed when it is not let in at all."""
    return _of(cluster).reader(view, cluster, mount)


def within_reach(view: View, cluster: Cluster, identity: Identity) -> Reads:
    """What the pods of a service account may read by whatever they can be to their cloud, mounted or not."""
    return _of(cluster).within_reach(view, cluster, identity)


def secrets(view: View, cluster: Cluster) -> list[Object]:
    """Every secret of the cloud's store."""
    return view.find(_of(cluster).SECRET)


def provider(cluster: Cluster) -> str:
    """What a SecretProviderClass calls this cloud."""
    return _of(cluster).PROVIDER


def disk_driver(cluster: Cluster) -> str:
    """The CSI driver of the cloud's disks."""
    return _of(cluster).DISK_DRIVER


def volume_problem(view: View, cluster: Cluster, driver: str, handle: str, zone: str) -> str:
    """Why a volume cannot be attached to a node in the zone; empty when it can."""
    module = _of(cluster)
    if driver != module.DISK_DRIVER:
        return f"timed out waiting for external-attacher of {driver} CSI driver to attach volume {handle}"
    return module.volume_problem(view, handle, zone)


def ingress(view: View, cluster: Cluster, service: Mapping[str, Any]) -> dict[str, str]:
    """Where the load balancer of a Service answers; raises BalancerFailed."""
    return _of(cluster).ingress(view, cluster, service)


def _modules() -> list[ManagedKubernetes]:
    """One package for each cloud, of its name."""
    packages = [found.name for found in iter_modules(__path__) if found.ispkg]
    return [cast(ManagedKubernetes, import_module(f"{__name__}.{name}")) for name in packages]


def _of(cluster: Cluster) -> ManagedKubernetes:
    return next(module for module in _modules() if cluster.cloud == module.CLOUD)


def text(item: Object, name: str, default: str = "") -> str:
    """A property as text; what is nested lies behind dots."""
    value: Any = item.properties
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return default if value is None else str(value)
