"""What a component may ask of a cloud, and the shape in which it asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pulumi import Input

from .concepts import Address, Firewall, Identity, Network, NodePool, Secret, Taint


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
    firewalls: Sequence[Firewall] = ()
    spot: bool = False
    """Cheaper, and taken away at any time."""
    confidential: bool = False
    """Memory encrypted against the host (AMD SEV-SNP, and what else the cloud has). A promise of the pool's definition:
    no label on a node proves it."""
    gpu: bool = False
    """Whether pods on it can ask for `nvidia.com/gpu`: the nodes get NVIDIA's driver and its device plugin."""


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

    secret: Secret
    alias: str
    """The file's name and the key's name."""
    mode: int = 0o400
    env: bool = False


@dataclass(frozen=True, kw_only=True)
class SecretMountSpec:
    """The SecretProviderClass of one pod."""

    namespace: str
    files: Sequence[SecretFile]
    identity: Identity
    """Who reads the secrets: the identity of the pod's service account."""


@dataclass(frozen=True, kw_only=True)
class IdentitySpec:
    """What the pods of one service account may do in the cloud: read these secrets and claim these addresses for the
    nodes of these pools, nothing else."""

    namespace: str
    service_account: str
    secrets: Sequence[Secret] = ()
    addresses: Sequence[Address] = ()
    node_pools: Sequence[NodePool] = ()


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
