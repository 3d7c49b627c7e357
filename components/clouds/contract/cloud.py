"""What each cloud's folder gives: a way of making every concept, and what has to be known before."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import pulumi
from pulumi import InvokeOptions, ResourceOptions

from ...errors import Problem
from .concepts import (
    Address,
    Cluster,
    Disk,
    Firewall,
    Identity,
    LogGroup,
    Machine,
    Network,
    NodePool,
    Secret,
    SecretMount,
    Site,
    Telemetry,
)
from .machines import LogGroupSpec, MachineBoot, MachinePlan, MachineSpec, SiteSpec, TelemetrySpec
from .platform import PlatformContract
from .specs import (
    AddressSpec,
    ClusterSpec,
    DiskSpec,
    FirewallSpec,
    IdentitySpec,
    NetworkSpec,
    NodePoolSpec,
    SecretMountSpec,
    SecretSpec,
)

Spec = TypeVar("Spec", contravariant=True)
Made = TypeVar("Made", covariant=True)


class Build(Protocol[Spec, Made]):
    """How every concept is made: its name, what is wanted, where, and options whose parent is the asking component."""

    def __call__(self, name: str, spec: Spec, platform: PlatformContract, opts: ResourceOptions) -> Made: ...


class Providers(Protocol):
    """The providers that reach a platform's cloud and its cluster. They carry no credentials: those come from the
    environment of whoever runs `pulumi`, as for every other Pulumi program."""

    def __call__(
        self, name: str, platform: PlatformContract, opts: ResourceOptions
    ) -> Sequence[pulumi.ProviderResource]: ...


@dataclass(frozen=True, kw_only=True)
class AddressClaim:
    """How an `Address` gets to the pod that answers under it. Charts know the three ways."""

    way: Literal["pod", "claimant", "load-balancer"]
    """`pod`: an init container claims it for the node, under the pod's own identity, which has the address.
    `claimant`: a pod beside it claims it for the node, under an identity of its own, which has the address; the pod's
    init container waits until the node shows it. `load-balancer`: a Service holds it; nobody claims anything."""
    provider: str
    """Which of the charts' scripts claims it or waits for it; empty where none does."""
    image: str
    """Where that script runs; empty where none does."""
    env: Mapping[str, str]
    """What it needs to know besides the address."""
    annotations: Mapping[str, str]
    """Of the Service, where there is one."""
    address_annotation: str
    """The annotation that takes `Address.address_id`; empty where there is no Service."""


@dataclass(frozen=True)
class SnapshotSource:
    """The disk that a snapshot was taken of, as the cloud knows it now."""

    disk: str
    """Its id; empty where the cloud cannot tell: of a copy of a snapshot, and in another account than one's own."""
    lives: bool = False


@dataclass(frozen=True)
class Capacity:
    """What a node of some instance type has."""

    vcpu: int
    memory_gib: float


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """One cloud's way of making each concept."""

    capacity: Callable[[str], Capacity | None]
    """What an instance type has; None for one that its name does not tell it of, burstable ones among them."""
    gpu_problem: Callable[[str], str]
    """What keeps nodes and machines of an instance type from a GPU whose driver their images have; empty when nothing
    does."""
    release_problem: Callable[[str], str]
    """What is wrong with a node's release version; empty when nothing is."""

    providers: Providers
    firewall: Build[FirewallSpec, Firewall]
    node_pool: Build[NodePoolSpec, NodePool]
    address: Build[AddressSpec, Address]
    disk: Build[DiskSpec, Disk]
    snapshot_source: Callable[[str, str | None, InvokeOptions], SnapshotSource | None]
    """Which disk the snapshot was taken of, asked of the cloud in an account (that of the credentials unless given);
    None for a snapshot that is not there."""
    secret: Build[SecretSpec, Secret]
    secret_mount: Build[SecretMountSpec, SecretMount]
    identity: Build[IdentitySpec, Identity]
    site: Callable[[str, SiteSpec, ResourceOptions], Site]
    machine_problems: Callable[[MachinePlan], Iterator[Problem]]
    """What is wrong with a machine, with its log or with who hears of it, by the plan's keys."""
    machine: Build[MachineSpec, Machine]
    log_group: Build[LogGroupSpec, LogGroup]
    telemetry: Build[TelemetrySpec, Telemetry]
    machine_boot: Callable[[PlatformContract, str], MachineBoot]
    """What the boot of the machine `name` has to be told of this cloud."""
    network: Callable[[str, NetworkSpec, ResourceOptions], Network]
    cluster: Callable[[str, ClusterSpec, ResourceOptions], Cluster]
    address_claim: Callable[[PlatformContract], AddressClaim]
    policies_name_nodes: bool
    """Whether an `ipBlock` of a NetworkPolicy can mean nodes. Cilium's cannot (Azure, Google Cloud)."""
    cloud_provider: Callable[[str, str | None, str, ResourceOptions], pulumi.ProviderResource]
    """The cloud's own provider for an account and a region, for a platform that has no cluster yet."""
