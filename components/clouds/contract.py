"""The cloud-neutral vocabulary: what a component may ask of a cloud, and the shape in which it asks.

A component says what it needs with the specs below, once. Each folder beside this file (aws, azure, gcp) renders
them; `docs/clouds.md` says where one cloud can do less than another.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol, TypeVar

import pulumi
from pulumi import Input, Output, ResourceOptions

from .platform_contract import CONTRACT_VERSION as CONTRACT_VERSION
from .platform_contract import AzurePlatform as AzurePlatform
from .platform_contract import ExecCredential as ExecCredential
from .platform_contract import GcpPlatform as GcpPlatform
from .platform_contract import PlatformContract as PlatformContract
from .platform_contract import Subnet as Subnet


class TaintEffect(StrEnum):
    """Kubernetes' own spelling; each cloud's renderer has its own."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


@dataclass(frozen=True)
class Taint:
    key: str
    value: str
    effect: TaintEffect = TaintEffect.NO_SCHEDULE


@dataclass(frozen=True)
class IngressRule:
    """One port that a node pool opens to `cidrs`."""

    port: int
    protocol: Literal["tcp", "udp"]
    description: str
    cidrs: Sequence[str] = ("0.0.0.0/0",)


@dataclass(frozen=True, kw_only=True)
class FirewallSpec:
    """Which traffic may reach the nodes that are put behind it. Outgoing traffic is open."""

    ingress: Sequence[IngressRule] = ()
    peers: bool = False
    """All traffic between the members."""


@dataclass(frozen=True, kw_only=True)
class NodePoolSpec:
    """Nodes of one kind in one zone."""

    instance_type: str
    """In the cloud's own words."""
    zone: str
    """As the nodes' label `topology.kubernetes.io/zone` says: `us-east-2a`, `eastus2-1`, `us-central1-a`."""
    release_version: str
    """The node's release, pinned, in the cloud's own words: a node changes when the operator says so."""
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Taint] = ()
    node_count: int = 1
    root_disk_gib: int | None = None
    """For images, logs and the system; what the cloud advises unless given."""
    public_address: bool = False
    """Whether pods on it answer under an `Address`. Where the node itself holds that (AWS, Google Cloud) it gets a
    public address at boot to start with; on Azure, where a load balancer holds it, nodes never have one."""
    firewalls: Sequence["Firewall"] = ()
    spot: bool = False
    """Cheaper, and taken away at any time."""
    confidential: bool = False
    """Memory encrypted against the host (AMD SEV-SNP, and what else the cloud has). A promise of the pool's definition:
    no label on a node proves it."""


@dataclass(frozen=True, kw_only=True)
class AddressSpec:
    """A static public address. Protected: it outlives every node that holds it."""

    zone: str
    """The zone of the nodes that answer under it."""
    existing: str | None = None
    """The id of an address to adopt."""


@dataclass(frozen=True, kw_only=True)
class DiskSpec:
    """One zonal, encrypted disk. In a namespace it has a static PersistentVolume and a named claim. Protected and
    retained."""

    zone: str
    size_gib: int
    namespace: str = ""
    """Of the claim; empty for a machine's disk, which no pod mounts."""
    iops: int = 3000
    throughput_mibps: int = 125
    access_mode: Literal["ReadWriteOnce", "ReadWriteOncePod"] = "ReadWriteOnce"
    seed_from: str | None = None
    """A snapshot to start from, looked at once, when the disk is made."""
    existing: str | None = None
    """The id of a disk to adopt."""
    snapshots: bool = False
    """A daily snapshot, for chain data only: signing state that comes back from a snapshot is old."""


@dataclass(frozen=True, kw_only=True)
class SecretSpec:
    """One secret in the cloud's store, under a name of its own, so that a second one cannot be made by mistake."""

    name: str
    """The physical name, `<owner>/<key>` (each cloud spells the separator as it can)."""
    value: Input[str] | None = None
    """The value; without one the operator puts it there (`external`), and the component cannot see the difference."""
    existing: str | None = None
    """The id of a secret to adopt."""


@dataclass(frozen=True)
class SecretFile:
    """One secret as a file of a mount, and as a key of the synced Kubernetes Secret where `env` is set."""

    secret: "Secret"
    alias: str
    """The file's name and the key's name."""
    mode: int = 0o400
    env: bool = False


@dataclass(frozen=True, kw_only=True)
class SecretMountSpec:
    """The SecretProviderClass of one pod."""

    namespace: str
    files: Sequence[SecretFile]
    identity: "Identity"
    """Who reads the secrets: the identity of the pod's service account."""


@dataclass(frozen=True, kw_only=True)
class IdentitySpec:
    """What the pods of one service account may do in the cloud: read these secrets and claim these addresses for the
    nodes of these pools, nothing else."""

    namespace: str
    service_account: str
    secrets: Sequence["Secret"] = ()
    addresses: Sequence["Address"] = ()
    node_pools: Sequence["NodePool"] = ()


@dataclass(frozen=True, kw_only=True)
class NetworkSpec:
    """A network over several zones, each with a public and a private subnet."""

    account: str | None
    """AWS account id, Azure subscription id or Google Cloud project id."""
    region: str
    zones: Sequence[str]
    cidr: str
    flow_log_days: int = 90


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
    network: "Network"
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


@dataclass(frozen=True, kw_only=True)
class SiteSpec:
    """Where machines stand that need no cluster."""

    account: str | None
    """AWS account id, Azure subscription id or Google Cloud project id."""
    region: str
    zones: Sequence[str] = ()
    """Of the region, for a network that is made; the default network has its own."""


@dataclass(frozen=True, kw_only=True)
class MachineSpec:
    """One machine with one data disk that outlives it. Nothing reaches it from the internet, and there are never two
    with one disk."""

    zone: str
    instance_type: str
    """In the cloud's own words."""
    image: str
    """In the cloud's own words: an image's id or version, or the documented look-up of one."""
    user_data: Input[str]
    """cloud-init. Another one replaces the machine, not the disk."""
    container_image: str
    """What the machine reads at run time where `image_source` says: another one changes nothing but that."""
    disk: "Disk"
    secrets: Sequence["Secret"]
    """What the machine's identity may read, and nothing else."""
    log_group: "LogGroup"
    metrics_namespace: str
    root_disk_gib: int = 60
    spot: bool = False
    gpu: bool = False
    firewalls: Sequence["Firewall"] = ()


@dataclass(frozen=True, kw_only=True)
class LogGroupSpec:
    """Where a machine's logs go."""

    days: int = 90


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Tells somebody when a metric of a machine says what nobody wants to hear."""

    name: str
    description: str
    metric: str
    condition: Literal["not advancing", "below", "above", "missing"]
    """`not advancing`: the same value for `minutes`. `missing`: no value for `minutes`. A metric without values also
    raises the others."""
    threshold: float = 0
    minutes: int = 15


SystemChart = Literal[
    "cpu", "network", "memory", "iowait", "disk iops", "disk latency", "disk throughput", "disk used", "none"
]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One panel of a dashboard: metrics of the collector, or of the cloud itself (`system`)."""

    title: str
    metrics: Sequence[str] = ()
    system: SystemChart = "none"
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class TelemetrySpec:
    """A machine's dashboard and alarms."""

    node: str
    """The value of the metrics' one dimension."""
    machine: "Machine"
    disk: "Disk"
    namespace: str
    charts: Sequence[Chart]
    alarms: Sequence[Alarm]
    notify: str | None = None
    """ARN of an SNS topic (AWS), id of an action group (Azure) or of a notification channel (Google Cloud)."""


class Network(pulumi.ComponentResource):
    network_id: Output[str]
    public_subnets: Output[list[Subnet]]
    private_subnets: Output[list[Subnet]]
    egress_addresses: Output[list[str]]
    cidr: str


class Cluster(pulumi.ComponentResource):
    platform: Output[PlatformContract]
    """What the platform's stack exports."""


class Firewall(pulumi.ComponentResource):
    firewall_id: Output[str]


class NodePool(pulumi.ComponentResource):
    node_pool_name: Output[str]
    taints: Sequence[Taint]
    """What a pod has to tolerate there: the spec's taints, and those that the cloud adds itself."""


class Address(pulumi.ComponentResource):
    ingress_address: Output[str]
    """Where peers reach the pod: stable, and reserved before a node exists."""
    egress_address: Output[str]
    """Where peers see the pod come from: the same on AWS and Google Cloud; the zone's NAT gateway on Azure."""
    address_id: Output[str]
    """What claims it by: allocation id (AWS), name of the address (Google Cloud), name of the public IP (Azure)."""


class Disk(pulumi.ComponentResource):
    disk_id: Output[str]
    """As it is adopted and attached by. On Azure and Google Cloud that is a name, which a later disk may have again."""
    unique_id: Output[str]
    """What no other disk ever has, a later one of the same name or from its snapshot included."""
    claim_name: Output[str]
    """The PersistentVolumeClaim that a pod mounts."""


class Secret(pulumi.ComponentResource):
    secret_id: Output[str]
    secret_name: str
    has_value: Output[bool]
    """Whether there is a value to mount, ours or the operator's; asked without reading it."""


class SecretMount(pulumi.ComponentResource):
    provider_class_name: Output[str]
    synced_secret_name: Output[str]
    """The Kubernetes Secret that the driver makes while a pod holds the mount; empty when no file asks for it."""


class Identity(pulumi.ComponentResource):
    """Ready when its rights are: a pod that starts before may have none."""

    client_id: Output[str]
    """What a pod of it names to log in with (Azure; elsewhere empty: there the cloud knows the service account)."""


class Site(pulumi.ComponentResource):
    """Whoever stands on it depends on it: it is known before it is made."""

    platform: PlatformContract
    """A platform without a cluster: what belongs to one is empty."""


class LogGroup(pulumi.ComponentResource):
    log_group: Output[str]
    """As the machine names it (`BootSpec.log_group`)."""


class Machine(pulumi.ComponentResource):
    machine_id: Output[str]
    """Of the machine (Azure) or of the group of one that keeps it (AWS, Google Cloud)."""
    session: Output[str]
    """The command that opens a shell on it."""


class Telemetry(pulumi.ComponentResource):
    dashboard: Output[str]
    """Where to look at it."""
    alarms: Output[list[str]]


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
class Capacity:
    """What a node of some instance type has."""

    vcpu: int
    memory_gib: float


@dataclass(frozen=True, kw_only=True)
class MachineBoot:
    """What a machine's boot needs to know of its cloud before the machine is made."""

    image_source: str
    """Where the running machine reads which container image it should run: name of an SSM parameter (AWS), tag of the
    machine (Azure), metadata attribute of the instance (Google Cloud)."""
    disk_paths: Callable[[str], Sequence[str]]
    """Where a disk's block device shows, by the disk's id."""
    attaches_disk: bool
    """Whether the machine attaches its disk itself."""
    secret_reference: Callable[[str], str]
    """How the machine asks for a secret, by the secret's id."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """One cloud's way of making each concept."""

    capacity: Callable[[str], Capacity | None]
    """What an instance type has; None for one that its name does not tell it of, burstable ones among them."""
    release_problem: Callable[[str], str]
    """What is wrong with a node's release version; empty when nothing is."""

    providers: Providers
    firewall: Build[FirewallSpec, Firewall]
    node_pool: Build[NodePoolSpec, NodePool]
    address: Build[AddressSpec, Address]
    disk: Build[DiskSpec, Disk]
    secret: Build[SecretSpec, Secret]
    secret_mount: Build[SecretMountSpec, SecretMount]
    identity: Build[IdentitySpec, Identity]
    site: Callable[[str, SiteSpec, ResourceOptions], Site]
    machine: Build[MachineSpec, Machine]
    log_group: Build[LogGroupSpec, LogGroup]
    telemetry: Build[TelemetrySpec, Telemetry]
    machine_boot: Callable[[PlatformContract, str], "MachineBoot"]
    """What the boot of the machine `name` has to be told of this cloud."""
    network: Callable[[str, NetworkSpec, ResourceOptions], Network]
    cluster: Callable[[str, ClusterSpec, ResourceOptions], Cluster]
    address_claim: Callable[[PlatformContract], AddressClaim]
    policies_name_nodes: bool
    """Whether an `ipBlock` of a NetworkPolicy can mean nodes. Cilium's cannot (Azure, Google Cloud)."""
    cloud_provider: Callable[[str, str | None, str, ResourceOptions], pulumi.ProviderResource]
    """The cloud's own provider for an account and a region, for a platform that has no cluster yet."""
