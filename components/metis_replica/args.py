"""What `MetisReplica` is told: every key, its type, its form and its default.

The model of the stack file, `configs/stack.schema.json` and the schema of the Pulumi package are derived from these
declarations. `rules.py` asks the rules across keys.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from ..ingress import IngressArgs
from ..inputs import (
    Cidr,
    Default,
    DiskGib,
    Distinct,
    Env,
    ImageReference,
    IPv4,
    KubernetesName,
    LabelName,
    LabelValue,
    Matching,
    NodeRelease,
    ObjectName,
    PortNumber,
    SecretSource,
    Tags,
    Text,
    declared,
)
from ..metis.inputs import ChainSnapshotsArgs, DiskIops, DiskMibps, GethArgument
from ..metis.networks import MetisNetworkName
from ..metis.seed import SHA256
from ..reference import TakenPlatform
from ..resources import ResourcesArgs
from ..words import Word

MOST_REPLICAS: Final = 30

ReplicaNumber = Annotated[str, Matching(r"0|[1-9]\d?", 'a replica\'s number, in quotes: "0", "1", ...')]


class GCMode(Word):
    """How much of the chain's past a replica can answer for."""

    ARCHIVE = "archive"
    """The state at every block."""
    FULL = "full"
    """The state at the newest blocks."""


class RPCExposure(Word):
    """Where the RPC is reached from, besides an ingress."""

    INTERNAL = "internal"
    """The platform's network, under a load balancer."""
    CLUSTER = "cluster"
    """The cluster alone."""


@declared
class ReplicaL2gethArgs(TypedDict):
    """l2geth, the execution client, of every replica."""

    disk_gib: NotRequired[Annotated[DiskGib, Default(750)]]
    """Size of each replica's data disk in GiB (default 750, as upstream's guide)."""
    disk_iops: NotRequired[DiskIops]
    """IOPS of each data disk: 3000 unless given. On Google Cloud they follow from the size."""
    disk_throughput_mibps: NotRequired[DiskMibps]
    """MiB a second of each data disk: 200, as upstream asks for, unless given. On Google Cloud it follows from the
    size."""
    existing_disks: NotRequired[Annotated[Mapping[ReplicaNumber, Text], Default({})]]
    """The ids of disks to adopt instead of making some, by the replicas' numbers."""
    seed_from: NotRequired[Text]
    """Where a new disk gets its data from: a snapshot of the cloud, or an https:// URL of a .tar, .tar.gz or .tgz of
    l2geth's data directory. It is looked at once, when the disk is made, or empty."""
    seed_sha256: NotRequired[SHA256]
    """The SHA-256 of the archive, with a `seed_from` that is a URL."""
    env: NotRequired[Annotated[Env, Default({})]]
    """More environment, or other than the network's. What the chart sets itself is refused."""
    args: NotRequired[Annotated[Sequence[GethArgument], Field(min_length=1)]]
    """Arguments to geth in place of upstream's `--txpool.lifetime=10m`. What the chart or `env` sets is refused."""
    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What it asks of its node, and may take. Upstream's requests, and all that its node has left, unless given."""


@declared
class ReplicaL1dtlArgs(TypedDict):
    """l1dtl, the data transport layer, of every replica."""

    disk_gib: NotRequired[Annotated[DiskGib, Default(100)]]
    """Size of each replica's data disk in GiB (default 100)."""
    disk_iops: NotRequired[DiskIops]
    """IOPS of each data disk: 3000 unless given. On Google Cloud they follow from the size."""
    disk_throughput_mibps: NotRequired[DiskMibps]
    """MiB a second of each data disk: 200, as upstream asks for, unless given. On Google Cloud it follows from the
    size."""
    existing_disks: NotRequired[Annotated[Mapping[ReplicaNumber, Text], Default({})]]
    """The ids of disks to adopt instead of making some, by the replicas' numbers."""
    seed_from: NotRequired[Text]
    """Where a new disk gets its data from: a snapshot of the cloud, or an https:// URL of a .tar, .tar.gz or .tgz of
    l1dtl's data directory. It is looked at once, when the disk is made, or empty."""
    seed_sha256: NotRequired[SHA256]
    """The SHA-256 of the archive, with a `seed_from` that is a URL."""
    env: NotRequired[Annotated[Env, Default({})]]
    """More environment, or other than the network's. What the chart sets itself is refused."""
    egress_ports: NotRequired[Annotated[Sequence[PortNumber], Field(min_length=1), Distinct]]
    """The tcp ports that a replica may reach outside, besides its peers'. Unless given: 443, and 6083 of upstream's
    archive of batches."""
    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What it asks of its node, and may take. Upstream's unless given, with room for its heap, which is three quarters
    of the memory that it may take unless `env` says other `NODE_OPTIONS`."""


@declared
class ReplicaRPCArgs(TypedDict):
    """The RPC: who reaches it, and when a replica answers there."""

    exposure: NotRequired[RPCExposure]
    """Where it is reached from: `internal` unless given, and `cluster` with `ingress`, so that no balancer is made
    beside it. It speaks HTTP without TLS: from outside put TLS before it."""
    ingress: NotRequired[IngressArgs]
    """An HTTPS host in front of it. With `public` the internet reaches it."""
    callers: NotRequired[Annotated[Sequence[Cidr], Distinct]]
    """Who may call: the platform's network and those routed to it unless given. With an ingress that is `public`, give
    them."""
    namespaces: NotRequired[Annotated[Sequence[KubernetesName], Distinct, Default([])]]
    """The namespaces of the cluster whose pods may call, besides."""
    private_address: NotRequired[IPv4]
    """The private address to take, with `exposure: internal`. Azure needs one: an address that nothing else takes."""
    max_head_age: NotRequired[Annotated[int, Field(ge=30, le=86400), Default(120)]]
    """How many seconds old a replica's newest block may be while it takes calls (default 120, after which upstream
    calls a node stalled)."""


@declared
class ReplicaNodesArgs(TypedDict):
    """The replicas' own Kubernetes nodes, one for each."""

    instance_type: NotRequired[Text]
    """In the cloud's own words. Upstream's choice, or the like of it, unless given."""
    zones: NotRequired[Annotated[Sequence[Text], Field(min_length=1), Distinct]]
    """Where the replicas stand, in turns (the platform's zones unless given)."""


@declared
class ReplicaImagesArgs(TypedDict):
    """Where the images are taken from. Each is upstream's, by tag, unless given. A digest is better."""

    l2geth: NotRequired[ImageReference]
    """metisdao/l2geth."""
    l1dtl: NotRequired[ImageReference]
    """metisdao/dtl."""
    tools: NotRequired[ImageReference]
    """The chain tools of `services/chain_tools`, which nobody publishes: build them. Unless given, nothing tells
    Prometheus of heads and of peers."""


@declared
class ReplicaSecretsArgs(TypedDict):
    """Where the secrets come from. Each is made empty unless given, and the operator puts its value there."""

    l1_rpc_endpoint: NotRequired[SecretSource]
    """URL of an Ethereum RPC endpoint with archive data."""
    l1_beacon_endpoint: NotRequired[SecretSource]
    """URL of an Ethereum beacon endpoint."""


@declared
class MetisReplicaArgs(TypedDict):
    """What `MetisReplica` is told."""

    platform: TakenPlatform
    """What the platform's stack exports."""
    network: MetisNetworkName
    """The Metis network."""
    namespace: KubernetesName
    """A namespace that the platform made for this team."""
    release_version: NodeRelease
    """The nodes' release, in the cloud's own words."""
    replicas: NotRequired[Annotated[int, Field(ge=1, le=MOST_REPLICAS), Default(2)]]
    """How many replicas run (default 2)."""
    gc_mode: NotRequired[Annotated[GCMode, Default("archive")]]
    """How much of the past each can answer for (default archive, as upstream's). It never changes in place."""
    rpc: NotRequired[Annotated[ReplicaRPCArgs, Default({})]]
    """The RPC."""
    nodes: NotRequired[Annotated[ReplicaNodesArgs, Default({})]]
    """Their Kubernetes nodes."""
    l2geth: NotRequired[Annotated[ReplicaL2gethArgs, Default({})]]
    """The execution client."""
    l1dtl: NotRequired[Annotated[ReplicaL1dtlArgs, Default({})]]
    """The data transport layer."""
    snapshots: NotRequired[Annotated[ChainSnapshotsArgs, Default({})]]
    """When snapshots of the first replica's data are made."""
    images: NotRequired[Annotated[ReplicaImagesArgs, Default({})]]
    """Other images than upstream's."""
    image_pull_secrets: NotRequired[Annotated[Sequence[ObjectName], Distinct, Default([])]]
    """Names of Secrets in the namespace that hold the registry's credentials (`kubernetes.io/dockerconfigjson`). They
    are put there beforehand."""
    secrets: NotRequired[Annotated[ReplicaSecretsArgs, Default({})]]
    """Where each secret comes from."""
    tags: NotRequired[Tags]
    """What is put on everything that can carry it, such as an owner and a cost centre (default none): tags, or labels
    on Google Cloud."""
    monitoring: NotRequired[Annotated[bool, Default(True)]]
    """Whether to make a ServiceMonitor and a PrometheusRule (default true)."""
    monitoring_namespace: NotRequired[Annotated[KubernetesName, Default("monitoring")]]
    """Where Prometheus runs, which alone may read the metrics (default monitoring)."""
    monitoring_labels: NotRequired[Annotated[Mapping[LabelName, LabelValue], Default({})]]
    """Labels of both, by which a Prometheus of yours selects them, besides those by which the platform's own does:
    `release` and its release's name for one of kube-prometheus-stack. Needs `monitoring`."""
