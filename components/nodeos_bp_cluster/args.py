"""What `NodeosBPCluster` is told: every key, its type, its form and its default.

The model of the stack file, `configs/stack.schema.json` and the schema of the Pulumi package are derived from these
declarations. `rules.py` asks the rules across keys.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final, NotRequired

from pydantic import AfterValidator, BeforeValidator, Field
from typing_extensions import TypedDict

from ..bucket import BucketArgs
from ..inputs import (
    Cidr,
    Default,
    DiskGib,
    Distinct,
    ImageReference,
    KubernetesName,
    LabelName,
    LabelValue,
    Matching,
    NodeRelease,
    ObjectName,
    SecretSource,
    Tags,
    Text,
    declared,
)
from ..reference import TakenPlatform
from ..resources import ResourcesArgs
from ..words import Word
from .chain import written_genesis
from .networks import Flavour, NodeosNetworkName

MOST_ORDINALS: Final = 5
"""More standbys than four only cost. Each has a finalizer key of its own, which is a key of `secrets`."""

MOST_API_NODES: Final = 5

ORDINAL: Final = "nodeos-bp-"
API_NODE: Final = "nodeos-api-"
"""What their names begin with, before a number."""

OrdinalName = Annotated[
    str, Matching(rf"{ORDINAL}[0-{MOST_ORDINALS - 1}]", f"an ordinal: {ORDINAL}0 to {ORDINAL}{MOST_ORDINALS - 1}")
]
APINodeName = Annotated[
    str, Matching(rf"{API_NODE}[0-{MOST_API_NODES - 1}]", f"an API node: {API_NODE}0 to {API_NODE}{MOST_API_NODES - 1}")
]
ProducerName = Annotated[
    str,
    Matching(
        r"[a-z1-5]([a-z1-5.]{0,10}[a-z1-5])?",
        "an account's name on an Antelope chain: 1 to 12 of a-z, 1-5 and ., with no . at either end",
    ),
]
PeerAddress = Annotated[
    str, Matching(r"[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?:[1-9]\d{0,4}", "a peer like p2p.example.com:9876")
]
SignerUrl = Annotated[str, Matching(r"https?://[^\s/@]+(/\S*)?", "a URL without a password in it, with http or https")]
ConfigLine = Annotated[
    str,
    Matching(
        r"[a-z0-9][-a-z0-9]* ?= ?[^\s#]([^#\n]*[^\s#])?",
        "a line of config.ini like `option = value`, without a comment",
    ),
]
Genesis = Annotated[str, AfterValidator(written_genesis)]
ChainId = Annotated[str, Matching(r"[0-9a-f]{64}", "a chain id: 64 of 0-9 and a-f")]


class Failover(Word):
    """Who moves the right to produce to another ordinal."""

    MANUAL = "manual"
    """The operator, with `nodeyard nodeos switch-producer`."""
    AUTOMATIC = "automatic"
    """The managers, some 25 seconds after they lost sight of the producer. In a partition nobody produces."""


class RestoreSource(Word):
    """What a boot does with a data directory that is empty or dirty."""

    NONE = "none"
    """It says so, and waits for the operator."""
    SNAPSHOT = "snapshot"
    """It starts from the latest snapshot of nodeos in the bucket."""
    BACKUP = "backup"
    """It takes the latest backup of a whole directory from the bucket."""


@declared
class OrdinalArgs(TypedDict):
    """One ordinal: a node, a disk and a pod. A key that is not given has the cluster's value."""

    zone: NotRequired[Text]
    """The zone of node and disk. The platform's zones in turns unless given."""
    instance_type: NotRequired[Text]
    """Another instance type than the cluster's."""
    disk_gib: NotRequired[DiskGib]
    """Another size of the disk than the cluster's, in GiB."""
    existing_disk: NotRequired[Text]
    """The id of a disk to adopt instead of making one. Excludes `seed_from`."""
    seed_from: NotRequired[Text]
    """A snapshot to start the disk from. It is looked at once, when the disk is made. The ordinal then counts as one
    whose `safety.dat` is lost: it needs a new finalizer key. Excludes `existing_disk`."""
    may_produce: NotRequired[Annotated[bool, Default(True)]]
    """Whether it has the signing key (default true). One that has not only makes snapshots and backups."""


@declared
class APINodeArgs(TypedDict):
    """A node without keys, which answers the chain API. A key that is not given has the cluster's value."""

    zone: NotRequired[Text]
    """The zone of node and disk. The platform's zones in turns unless given."""
    instance_type: NotRequired[Text]
    """Another instance type than the cluster's."""
    disk_gib: NotRequired[DiskGib]
    """Another size of the disk than the cluster's, in GiB."""
    existing_disk: NotRequired[Text]
    """The id of a disk to adopt instead of making one. Excludes `seed_from`."""
    seed_from: NotRequired[Text]
    """A snapshot to start the disk from. It is looked at once, when the disk is made. Excludes `existing_disk`."""


def _numbered(stem: str, least: int, most: int) -> Callable[[object], object]:
    """`3` is nodeos-bp-0, nodeos-bp-1 and nodeos-bp-2."""

    def read(value: object) -> object:
        if isinstance(value, str) and value.isdecimal():
            raise ValueError("must hold keys and their values, or be a whole number, without quotes")
        if not isinstance(value, int) or isinstance(value, bool):
            return value
        if not least <= value <= most:
            raise ValueError(f"must be {least} to {most} nodes")
        return {f"{stem}{number}": {} for number in range(value)}

    return read


Ordinals = Annotated[
    Annotated[Mapping[OrdinalName, OrdinalArgs], Field(min_length=1, max_length=MOST_ORDINALS)],
    BeforeValidator(
        _numbered(ORDINAL, 1, MOST_ORDINALS),
        json_schema_input_type=Annotated[int, Field(ge=1, le=MOST_ORDINALS)] | Mapping[OrdinalName, OrdinalArgs],
    ),
]
APINodes = Annotated[
    Annotated[Mapping[APINodeName, APINodeArgs], Field(max_length=MOST_API_NODES)],
    BeforeValidator(
        _numbered(API_NODE, 0, MOST_API_NODES),
        json_schema_input_type=Annotated[int, Field(ge=0, le=MOST_API_NODES)] | Mapping[APINodeName, APINodeArgs],
    ),
]


@declared
class NodeosImagesArgs(TypedDict):
    """Where the images are taken from."""

    manager: ImageReference
    """nodeos with the node manager in it, as `make image` builds it. A digest is best."""


@declared
class SnapshotsArgs(TypedDict):
    """Snapshots of nodeos, which an ordinal that does not produce makes: by time or by blocks."""

    period: NotRequired[Annotated[int, Field(ge=600, le=604800)]]
    """Seconds from one to the next. 21600 unless `modulo` is given. Excludes `modulo`."""
    modulo: NotRequired[Annotated[int, Field(ge=1200)]]
    """Make one every so many blocks. Excludes `period`."""
    keep: NotRequired[Annotated[int, Field(ge=1, le=1000), Default(7)]]
    """How many stay in the bucket (default 7)."""


@declared
class BackupsArgs(TypedDict):
    """Backups of a whole data directory, for which an ordinal that does not produce stops its nodeos: by time or by
    blocks. None unless one of them is given."""

    period: NotRequired[Annotated[int, Field(ge=3600, le=2592000)]]
    """Seconds from one to the next. Excludes `modulo`."""
    modulo: NotRequired[Annotated[int, Field(ge=7200)]]
    """Make one every so many blocks. Excludes `period`."""
    keep: NotRequired[Annotated[int, Field(ge=1, le=1000), Default(3)]]
    """How many stay in the bucket (default 3)."""


@declared
class NodeosSecretsArgs(TypedDict):
    """Where the secrets come from. Each is made empty unless given, and the operator puts its value there."""

    signature_providers: NotRequired[SecretSource]
    """The signing keys: `PUBLIC=KEY:PRIVATE`, a line each. Every ordinal that may produce reads it."""
    finalizer_key_0: NotRequired[SecretSource]
    """The finalizer key of nodeos-bp-0 alone: `PUB_BLS_...=KEY:PVT_BLS_...`."""
    finalizer_key_1: NotRequired[SecretSource]
    """The same of nodeos-bp-1."""
    finalizer_key_2: NotRequired[SecretSource]
    """The same of nodeos-bp-2."""
    finalizer_key_3: NotRequired[SecretSource]
    """The same of nodeos-bp-3."""
    finalizer_key_4: NotRequired[SecretSource]
    """The same of nodeos-bp-4."""
    token: NotRequired[SecretSource]
    """What calls of the managers' API bear. One is made, and kept, unless given."""


@declared
class NodeosBPClusterArgs(TypedDict):
    """What `NodeosBPCluster` is told."""

    platform: TakenPlatform
    """What the platform's stack exports."""
    network: NodeosNetworkName
    """The chain."""
    namespace: KubernetesName
    """A namespace that the platform made for this team. It has no other cluster of nodeos: the Services are called
    nodeos-bp-0 and so on."""
    producers: Annotated[Sequence[ProducerName], Field(min_length=1), Distinct]
    """The names in the chain's schedule that these ordinals produce for."""
    release_version: NodeRelease
    """The nodes' release, in the cloud's own words."""
    images: NodeosImagesArgs
    """Where the images are taken from."""
    image_pull_secrets: NotRequired[Annotated[Sequence[ObjectName], Distinct, Default([])]]
    """Names of Secrets in the namespace that hold the registry's credentials (`kubernetes.io/dockerconfigjson`). They
    are put there beforehand."""
    ordinals: NotRequired[Annotated[Ordinals, Default(3)]]
    """The ordinals, by name. A number is as many: nodeos-bp-0, nodeos-bp-1 and so on (default 3). One has no
    standby."""
    active_producer: NotRequired[Annotated[OrdinalName, Default("nodeos-bp-0")]]
    """Who takes the right to produce when nobody ever had it (default nodeos-bp-0). Later it says nothing: the Lease in
    the cluster does, and `nodeyard nodeos switch-producer` moves it."""
    failover: NotRequired[Annotated[Failover, Default("manual")]]
    """Who moves the right to produce (default manual). `automatic` needs two ordinals that may produce."""
    flavour: NotRequired[Annotated[Flavour, Default("antelope")]]
    """The kind of nodeos in the image (default antelope)."""
    finalizers: NotRequired[bool]
    """Whether the chain has Savanna's finalizers, so that each ordinal needs a key of its own. True on the public
    chains, and elsewhere unless `flavour` is eos."""
    instance_type: NotRequired[Text]
    """The nodes' instance type, in the cloud's own words. One with room for the chain's state unless given."""
    disk_gib: NotRequired[DiskGib]
    """Size of each disk in GiB. The network's unless given."""
    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What nodeos and its manager ask of their node, and may take. Unless given, they ask for room for the chain's
    state, and may take all that the node has."""
    peers: NotRequired[Annotated[Sequence[PeerAddress], Distinct]]
    """The p2p peers that nodeos dials, besides the other ordinals. The network's public ones unless given."""
    peer_cidrs: NotRequired[Annotated[Sequence[Cidr], Distinct, Default([])]]
    """The ranges of other networks that are routed to the platform's and may dial the p2p port (default none). The
    internet never reaches it."""
    config: NotRequired[Annotated[Sequence[ConfigLine], Default([])]]
    """More lines of config.ini, or in place of the network's. What the manager sets itself is refused."""
    genesis: NotRequired[Genesis]
    """The genesis.json of a private chain, as a text of one line or more. Only of `private`, where it is required."""
    chain_id: NotRequired[ChainId]
    """The id of a private chain, to compare with that of `genesis`. Only of `private`."""
    signer_url: NotRequired[SignerUrl]
    """A signer with keosd's API that has the signing keys, instead of `secrets.signature_providers`."""
    grace: NotRequired[Annotated[int, Field(ge=300, le=3600), Default(600)]]
    """Seconds that nodeos has to stop before its pod is killed, which makes its database dirty (default 600)."""
    readiness_max_latency: NotRequired[Annotated[int, Field(ge=2, le=60), Default(5)]]
    """Seconds that a head may be old and still count as fresh (default 5)."""
    bucket: NotRequired[Annotated[BucketArgs, Default({})]]
    """Where snapshots and backups are kept."""
    snapshots: NotRequired[Annotated[SnapshotsArgs, Default({})]]
    """When nodeos' snapshots are made, and how many are kept."""
    backups: NotRequired[Annotated[BackupsArgs, Default({})]]
    """When backups are made, and how many are kept."""
    auto_restore: NotRequired[RestoreSource]
    """What a boot does with a data directory that is empty or dirty: none unless given. Refused with one ordinal
    alone."""
    api_nodes: NotRequired[Annotated[APINodes, Default(0)]]
    """Nodes without keys beside the producers, by name. A number is as many: nodeos-api-0 and so on. None unless
    given."""
    callers: NotRequired[Annotated[Sequence[KubernetesName], Distinct, Default([])]]
    """The namespaces of the cluster whose pods may call the chain API, on every node's port 9999 (default none)."""
    secrets: NotRequired[Annotated[NodeosSecretsArgs, Default({})]]
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
