"""What a cloud's folder gives: a way to make every concept, and what has to be known before.

The package itself fulfils the protocol (`clouds/aws/__init__.pyi` and its siblings): there is no registry to keep in
step, and mypy says what a folder lacks.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import pulumi
from pulumi import InvokeOptions, ResourceOptions

from ...errors import Problem
from ...pins.pin import MachineImage
from .address import Address, AddressClaim, AddressSpec
from .adoption import Adoptable
from .bucket import Bucket, BucketSpec
from .cluster import Cluster, ClusterSpec, LivePlatformRule, PlatformRule
from .database import Database, DatabaseSpec
from .disk import Disk, DiskSpec, SnapshotSource
from .firewall import Firewall, FirewallSpec
from .identity import Identity, IdentitySpec
from .ingress import IngressSpec, IngressValues
from .kubernetes_support import KubernetesSupport
from .left_over import Wanted
from .load_balancer import LoadBalancer, LoadBalancerSpec
from .log_group import LogGroup, LogGroupSpec
from .machine import Machine, MachinePlan, MachineSpec
from .machine_boot import MachineBoot, MachineBootSpec
from .network import Network, NetworkSpec
from .node_pool import NodePool, NodePoolSpec
from .node_room import Room
from .platform import PlatformContract
from .quota import Demand, Need
from .secret import Secret, SecretSpec
from .secret_mount import SecretMount, SecretMountSpec
from .site import Site, SiteSpec
from .snapshot_schedule import Rhythm, SnapshotSchedule, SnapshotScheduleSpec
from .telemetry import Telemetry, TelemetrySpec

Spec = TypeVar("Spec", contravariant=True)
Made = TypeVar("Made", covariant=True)


class Build(Protocol[Spec, Made]):
    """How a concept is made: its name, what is wanted, where, and options whose parent is the asking component."""

    def __call__(self, name: str, spec: Spec, platform: PlatformContract, opts: ResourceOptions) -> Made: ...


class BuildPlace(Protocol[Spec, Made]):
    """How a place is made on which everything else stands."""

    def __call__(self, name: str, spec: Spec, opts: ResourceOptions) -> Made: ...


class BuildCluster(Protocol):
    """How a cluster is made in a network."""

    def __call__(self, name: str, spec: ClusterSpec, network: Network, opts: ResourceOptions) -> Cluster: ...


class Cloud(Protocol):
    """One cloud's way of making each concept."""

    @property
    def Network(self) -> BuildPlace[NetworkSpec, Network]: ...  # noqa: N802 it makes one
    @property
    def Cluster(self) -> BuildCluster: ...  # noqa: N802
    @property
    def Site(self) -> BuildPlace[SiteSpec, Site]: ...  # noqa: N802
    @property
    def Firewall(self) -> Build[FirewallSpec, Firewall]: ...  # noqa: N802
    @property
    def NodePool(self) -> Build[NodePoolSpec, NodePool]: ...  # noqa: N802
    @property
    def Address(self) -> Build[AddressSpec, Address]: ...  # noqa: N802
    @property
    def Disk(self) -> Build[DiskSpec, Disk]: ...  # noqa: N802
    @property
    def Bucket(self) -> Build[BucketSpec, Bucket]: ...  # noqa: N802
    @property
    def SnapshotSchedule(self) -> Build[SnapshotScheduleSpec, SnapshotSchedule]: ...  # noqa: N802
    @property
    def Secret(self) -> Build[SecretSpec, Secret]: ...  # noqa: N802
    @property
    def SecretMount(self) -> Build[SecretMountSpec, SecretMount]: ...  # noqa: N802
    @property
    def Identity(self) -> Build[IdentitySpec, Identity]: ...  # noqa: N802
    @property
    def Machine(self) -> Build[MachineSpec, Machine]: ...  # noqa: N802
    @property
    def LogGroup(self) -> Build[LogGroupSpec, LogGroup]: ...  # noqa: N802
    @property
    def LoadBalancer(self) -> Build[LoadBalancerSpec, LoadBalancer]: ...  # noqa: N802
    @property
    def Database(self) -> Build[DatabaseSpec, Database]: ...  # noqa: N802
    @property
    def Telemetry(self) -> Build[TelemetrySpec, Telemetry]: ...  # noqa: N802

    @property
    def PLATFORM_RULES(self) -> Sequence[PlatformRule]:  # noqa: N802
        """What keeps a platform from being made. They are asked one by one: what is malformed stops only those that
        need it."""
        ...

    @property
    def LIVE_PLATFORM_RULES(self) -> Sequence[LivePlatformRule]:  # noqa: N802
        """What the cloud would refuse of a change of a platform that is up, besides what none of them does."""
        ...

    @property
    def NODES_GO_BACK(self) -> bool:  # noqa: N802
        """Whether nodes that are there may get an older release."""
        ...

    @property
    def KUBERNETES_SUPPORT(self) -> KubernetesSupport:  # noqa: N802
        """When each version of Kubernetes leaves the cloud's standard support."""
        ...

    @property
    def POLICIES_NAME_NODES(self) -> bool:  # noqa: N802
        """Whether an `ipBlock` of a NetworkPolicy can mean nodes. Cilium's cannot (Azure, Google Cloud)."""
        ...

    @property
    def PODS_ARE_ROUTED(self) -> bool:  # noqa: N802
        """Whether networks that are routed to the platform's find the pods. They find none of an overlay (Azure)."""
        ...

    @property
    def STORAGE_CLASS(self) -> str:  # noqa: N802
        """The platform's usual class of disks for what can be made again. They are made where their pod first runs."""
        ...

    def cloud_provider(
        self, name: str, account: str | None, region: str, opts: ResourceOptions
    ) -> pulumi.ProviderResource:
        """The cloud's own provider for an account and a region, where there is no cluster yet."""
        ...

    def login_command(self, platform: PlatformContract) -> str:
        """The cloud's own command that puts the platform's cluster into a person's kubeconfig."""
        ...

    def providers(
        self, name: str, platform: PlatformContract, opts: ResourceOptions
    ) -> Sequence[pulumi.ProviderResource]:
        """The providers that reach a platform's cloud and its cluster. They carry no credentials: those come from the
        environment of whoever runs `pulumi`, as for every other Pulumi program."""
        ...

    def tag_problems(self, tags: Mapping[str, str], /) -> Iterator[Problem]:
        """What the cloud would refuse of tags on everything, each by its key."""
        ...

    def tagged_inputs(self, type_: str, inputs: Mapping[str, Any], tags: Mapping[str, str], /) -> Mapping[str, Any]:
        """The inputs by which a resource of the type `type_`, or a provider, has `tags` beside its own, in Python's
        spelling; none where it has them without, or cannot have any (`clouds/tagging.py`)."""
        ...

    def address_claim(self, platform: PlatformContract, /) -> AddressClaim:
        """How an `Address` gets to its pod."""
        ...

    def node_room(self, spec: NodePoolSpec, /) -> Room | None:
        """What a node of a pool has for a component's pods: what its kubelet gives away, less what the cluster's own
        agents ask for. None for an instance type whose size its name does not tell, burstable ones among them."""
        ...

    def quota_needs(self, demand: Demand, /) -> Sequence[Need]:
        """How much of each of the cloud's quotas a stack needs."""
        ...

    def instance_type_problem(self, instance_type: str, /, *, gpu: bool = False) -> str:
        """What keeps nodes and machines from an instance type, whatever else is asked of them; empty when nothing
        does. With a GPU, their images must have its driver."""
        ...

    def site_problems(self, spec: SiteSpec, /) -> Iterator[Problem]:
        """What keeps a site from being made, by the spec's keys."""
        ...

    def snapshot_problems(self, rhythm: Rhythm, /) -> Iterator[Problem]:
        """What the cloud would refuse of a schedule of snapshots, by the keys of `Rhythm`."""
        ...

    def disk_problems(self, spec: DiskSpec, platform: PlatformContract | None, /) -> Iterator[Problem]:
        """What keeps a disk from being made, by the spec's keys. Without a platform the disk stands on a site that is
        made with it."""
        ...

    def bucket_problems(self, spec: BucketSpec, /) -> Iterator[Problem]:
        """What keeps a bucket from being made, by the spec's keys."""
        ...

    def load_balancer_problems(self, spec: LoadBalancerSpec, platform: PlatformContract, /) -> Iterator[Problem]:
        """What keeps a load balancer from being made, by the spec's keys."""
        ...

    def balancer_addresses(self, name: str, spec: LoadBalancerSpec, /) -> Sequence[str]:
        """The names of the public addresses that the balancer `name` makes and keeps. It makes none where some are
        adopted, and none that is not public."""
        ...

    def ingress_problems(self, spec: IngressSpec, platform: PlatformContract, /) -> Iterator[Problem]:
        """What keeps an Ingress from being made, by the spec's keys."""
        ...

    def ingress_values(self, spec: IngressSpec, platform: PlatformContract, /) -> IngressValues:
        """What a chart is told of an Ingress without such problems."""
        ...

    def database_problems(self, spec: DatabaseSpec, platform: PlatformContract, /) -> Iterator[Problem]:
        """What keeps a database from being made, by the spec's keys."""
        ...

    def node_pool_problems(self, spec: NodePoolSpec, platform: PlatformContract, /) -> Iterator[Problem]:
        """What keeps a node pool from being made, by the spec's keys."""
        ...

    def adoption_problem(self, kind: Adoptable, id_: str, platform: PlatformContract | None, /) -> str:
        """Why an id cannot be one of something to adopt on the platform, or on a site that is made with it; empty when
        it can. Whether the thing is there is not asked."""
        ...

    def left_over(
        self, wanted: Sequence[Wanted], platform: PlatformContract, asked: InvokeOptions, /
    ) -> Mapping[Wanted, Sequence[str]]:
        """The ids, as `existing` takes them, of what is there already of `wanted`: more than one where a cloud's names
        are no more than tags."""
        ...

    def snapshot_source(self, snapshot: str, account: str | None, asked: InvokeOptions, /) -> SnapshotSource | None:
        """Which disk the snapshot was taken of, asked of the cloud in an account (that of the credentials unless
        given); None for a snapshot that is not there."""
        ...

    def machine_problems(self, plan: MachinePlan, /) -> Iterator[Problem]:
        """What is wrong with a machine, with its log or with who hears of it, by the plan's keys."""
        ...

    def machine_image(self, *, gpu: bool) -> MachineImage:
        """The image that a machine boots unless the operator names another."""
        ...

    def machine_boot(self, spec: MachineBootSpec, platform: PlatformContract, /) -> MachineBoot:
        """The cloud's part of a machine's boot."""
        ...
