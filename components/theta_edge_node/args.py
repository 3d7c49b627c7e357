"""What `ThetaEdgeNode` is told: every key, its type, its form and its default.

The model of the stack file, `configs/stack.schema.json` and the schema of the Pulumi package are derived from these
declarations. `settings.py` says what follows from the cloud or from other keys, and `rules.py` asks the rules across
keys.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, NotRequired

from pydantic import AfterValidator, BeforeValidator, Field
from typing_extensions import TypedDict

from ..clouds.contract.platform import CloudName
from ..inputs import (
    Cidr,
    Default,
    DiskGib,
    Distinct,
    ImageByDigest,
    ImageReference,
    IPv4,
    KubernetesName,
    Matching,
    NodeRelease,
    ObjectName,
    SecretValue,
    Tags,
    Text,
    declared,
)
from ..reference import TakenPlatform
from ..resources import ResourcesArgs
from ..words import Word
from .networks import RESOLVERS, ThetaNetwork
from .secrets import password_problem

MOST_NODES: Final = 1000
"""Of one stack: what `make bench` has measured."""

MOST_EXPOSED: Final = 50
"""Ranges. They are part of the user data, of which EC2 takes 16 KiB. With 50 there is room for 2 KiB more, which the
ranges of the network need."""

MOST_RESOLVERS: Final = 3
"""What a container asks: glibc's resolver reads no more, and Kubernetes' "DNS for Services and Pods" allows no more."""


class NodePlacement(Word):
    """What an edge node runs on."""

    MACHINE = "machine"
    """A machine of its own."""
    CLUSTER = "cluster"
    """A pod in the platform's cluster, on a node pool of its own."""


class MachineCapacity(Word):
    """How a machine is bought."""

    ON_DEMAND = "on-demand"
    """It stays until it is deleted."""
    SPOT = "spot"
    """It is cheaper, and the cloud takes it away at any time. Disk and identity stay."""


class Exposure(Word):
    """Who reaches a node's interfaces."""

    LOOPBACK = "loopback"
    """The machine itself."""
    VPC = "vpc"
    """The ranges of `expose_cidrs` too."""


def _password(value: object) -> object:
    """Of an Output nobody knows it here."""
    if isinstance(value, str) and (problem := password_problem(value)):
        raise ValueError(problem)
    return value


Password = Annotated[SecretValue, AfterValidator(_password)]


@declared
class PasswordSource(TypedDict):
    """Where a node's password comes from: one of these. It is generated, once, unless given."""

    value: NotRequired[Password]
    """The password, as a secret. The first one counts: a later one is warned of, and not taken. Excludes the others."""
    existing: NotRequired[Text]
    """The id of a secret to adopt: ARN (AWS), ARM id (Azure), `projects/<project>/secrets/<name>` (Google Cloud).
    Excludes the others."""
    external: NotRequired[Annotated[bool, Default(False)]]
    """Whether the secret is made empty, and the node waits until the operator has put a value there (default false).
    Excludes the others."""


@declared
class EdgeNodeArgs(TypedDict):
    """One node of the fleet. A key that is not given has the fleet's value."""

    zone: NotRequired[Text]
    """The zone of machine and disk. It follows from the node's name unless given. Required with `existing_disk`."""
    instance_type: NotRequired[Text]
    """Another instance type than the fleet's."""
    image: NotRequired[ImageByDigest]
    """Another container image than the fleet's, for trying a version on one node first."""
    password: NotRequired[Annotated[PasswordSource, Default({})]]
    """Where the node's password comes from. It is generated unless given."""
    existing_disk: NotRequired[Text]
    """The id of a disk to adopt: a volume's id (AWS), ARM id (Azure), `projects/<project>/zones/<zone>/disks/<name>`
    (Google Cloud). Excludes `seed_from`; needs `zone` and `password`."""
    seed_from: NotRequired[Text]
    """A snapshot to make the disk from, once. It holds an identity, and is refused while the disk lives that it was
    taken of. Excludes `existing_disk`; needs `password`."""
    old_disk_is_gone: NotRequired[Annotated[bool, Default(False)]]
    """Your word that the disk of `seed_from` is deleted (default false). It is believed only where the cloud cannot
    tell: of a copy of a snapshot, or in another account."""


def _numbered(value: object) -> object:
    """`3` is edge-1, edge-2 and edge-3."""
    if isinstance(value, str) and value.isdecimal():
        raise ValueError("must hold keys and their values, or be a whole number, without quotes")
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    if not 1 <= value <= MOST_NODES:
        raise ValueError(f"must be 1 to {MOST_NODES} nodes")
    return {f"edge-{number}": {} for number in range(1, value + 1)}


_Named = Annotated[Mapping[KubernetesName, EdgeNodeArgs], Field(min_length=1, max_length=MOST_NODES)]
Nodes = Annotated[
    _Named,
    BeforeValidator(
        _numbered,
        json_schema_input_type=Annotated[int, Field(ge=1, le=MOST_NODES)] | Mapping[KubernetesName, EdgeNodeArgs],
    ),
]


@declared
class SiteArgs(TypedDict):
    """Where machines stand without a platform: AWS's default VPC, elsewhere a small network that is made."""

    cloud: CloudName
    """The cloud."""
    account: NotRequired[Text]
    """AWS account id, Azure subscription id or Google Cloud project id. It is required on Google Cloud, and elsewhere
    the account of the credentials unless given."""
    region: Text
    """The region, in the cloud's own words."""


@declared
class ThetaEdgeNodeArgs(TypedDict):
    """What `ThetaEdgeNode` is told. Either `platform` or `site` is required."""

    network: ThetaNetwork
    """The Theta network."""
    image: ImageByDigest
    """The container image of the edge launcher, by digest: from your own registry, or upstream's
    thetalabsorg/edgelauncher_mainnet."""
    nodes: Nodes
    """The nodes, by name. A name is an identity: another name is another node with another disk. A number is as many
    nodes: edge-1, edge-2 and so on."""
    platform: NotRequired[TakenPlatform]
    """The platform that the nodes stand on: what its stack exports. Excludes `site`."""
    site: NotRequired[SiteArgs]
    """Where the machines stand without a platform. Excludes `platform`; needs `zones`."""
    zones: NotRequired[Annotated[Sequence[Text], Distinct, Field(min_length=1)]]
    """The zones that the nodes are spread over: those that offer the instance type. All of the platform's unless given;
    required with `site`. Another list moves nodes that have no `zone`, and their disks' protection stops that."""
    placement: NotRequired[Annotated[NodePlacement, Default(NodePlacement.MACHINE)]]
    """What each node runs on (default machine). `cluster` needs `platform`, `namespace`, `release_version` and
    `probe_image`."""
    gpu: NotRequired[Annotated[bool, Default(True)]]
    """Whether the nodes have a GPU (default true)."""
    instance_type: NotRequired[Text]
    """The nodes' instance type, in the cloud's own words. Upstream's choice, or the like of it, unless given."""
    capacity: NotRequired[Annotated[MachineCapacity, Default(MachineCapacity.ON_DEMAND)]]
    """How the machines are bought (default on-demand)."""
    machine_image: NotRequired[Text]
    """A version of the machine's image, or another look-up of one. The cloud's documented look-up, whose first answer
    is kept, unless given. Only of machines."""
    root_disk_gib: NotRequired[DiskGib]
    """Size of the disk that a node boots from and keeps container images on. What the machine's image needs and room
    for two containers unless given; 100 in a cluster."""
    disk_gib: NotRequired[Annotated[DiskGib, Default(256)]]
    """Size of each data disk (default 256, as in upstream's sample)."""
    disk_iops: NotRequired[Annotated[int, Field(ge=1), Default(3000)]]
    """IOPS of each data disk (default 3000, as in upstream's sample; no more is free on AWS)."""
    disk_throughput_mibps: NotRequired[Annotated[int, Field(ge=1)]]
    """Throughput of each data disk in MiB/s. On AWS and Azure 125 unless given, as in upstream's sample; no more
    is free on AWS. Elsewhere it follows from the size, and of an io2 disk from the IOPS."""
    disk_type: NotRequired[Text]
    """Type of each data disk, in the cloud's own words: gp3 or io2 on AWS. The cloud's usual one unless given."""
    snapshots: NotRequired[Annotated[bool, Default(False)]]
    """Whether each disk has a daily snapshot, from which a lost identity is restored (default false)."""
    expose: NotRequired[Annotated[Exposure, Default(Exposure.LOOPBACK)]]
    """Who reaches the nodes' interfaces, which ask for no password (default loopback). `vpc` needs `expose_cidrs`. Only
    of machines."""
    expose_cidrs: NotRequired[Annotated[Sequence[Cidr], Field(max_length=MOST_EXPOSED), Distinct, Default([])]]
    """Who reaches the interfaces with `expose: vpc`: private ranges, or the network's own."""
    user: NotRequired[Annotated[str, Matching(r"[0-9]+:[0-9]+", "uid:gid")]]
    """`uid:gid` of the container. The image's own unless given. Not tried on the image. Only of machines."""
    read_only_root: NotRequired[Annotated[bool, Default(False)]]
    """Whether the container's root filesystem is read-only (default false). Not tried on the image. Only of
    machines."""
    resolvers: NotRequired[
        Annotated[Sequence[IPv4], Field(min_length=1, max_length=MOST_RESOLVERS), Distinct, Default(list(RESOLVERS))]
    ]
    """The container's name servers, by their IPv4 addresses (default 1.1.1.1 and 9.9.9.9)."""
    notify: NotRequired[Text]
    """Who hears of alarms: ARN of an SNS topic (AWS), ARM id of an action group (Azure), name of a notification channel
    (Google Cloud). Nobody unless given. Only of machines."""
    log_days: NotRequired[Annotated[int, Field(ge=1), Default(90)]]
    """How many days logs are kept (default 90). Only of machines."""
    tags: NotRequired[Tags]
    """What is put on everything that can carry it, such as an owner and a cost centre (default none): tags, or labels
    on Google Cloud."""
    namespace: NotRequired[KubernetesName]
    """A namespace that the platform made for this team. Only of a cluster, where it is required."""
    release_version: NotRequired[NodeRelease]
    """The release of the cluster's nodes, in the cloud's own words. Only of a cluster, where it is required."""
    probe_image: NotRequired[ImageReference]
    """A container image with `curl` and a shell, which asks the node how it is. Only of a cluster, where it is
    required."""
    image_pull_secrets: NotRequired[Annotated[Sequence[ObjectName], Distinct, Default([])]]
    """Names of Secrets in the namespace that hold the registry's credentials (`kubernetes.io/dockerconfigjson`). They
    are put there beforehand. Only of a cluster."""
    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What the container asks of its Kubernetes node, and may take: 2 vCPU and 4 GiB, and no limit, unless given. The
    GPU comes on top. Only of a cluster."""
