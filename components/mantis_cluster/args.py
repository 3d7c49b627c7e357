"""What `MantisCluster` is told: every key, its type, its form and its default.

The model of the stack file, `configs/stack.schema.json` and the schema of the Pulumi package are derived from these
declarations. `rules.py` asks the rules across keys. What pods ask for, and how large their disks are, has its defaults
in `charts/mantis/values.yaml`.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from ..bucket import BucketArgs
from ..ingress import IngressArgs
from ..inputs import (
    AsWritten,
    Cidr,
    Default,
    DiskGib,
    Distinct,
    Env,
    EthereumAddress,
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
from .clients.contract import ClientName, Consensus

MOST_MINERS: Final = 30
MOST_PASSIVE: Final = 60
MOST_CHECKPOINT: Final = 5
MOST_GENERATIONS: Final = 1000
LONGEST_PERIOD: Final = 60
"""Seconds. The largest network's miners still make a block each in the half hour by which the alerts go."""

HOUR: Final = 3600
_PERIODS: Final = [HOUR * hours for hours in (1, 2, 3, 4, 6, 8, 12, 24)]
"""What cron can say of every day alike."""


def _period(seconds: int) -> int:
    if seconds not in _PERIODS:
        raise ValueError(f"must be one of {', '.join(map(str, _PERIODS))}: whole hours that divide a day")
    return seconds


def _balance(written: str) -> str:
    if int(written) >= 2**256:
        raise ValueError("is more wei than an account can hold")
    return written


Wei = Annotated[str, AsWritten, Matching(r"[1-9]\d{0,77}", "an amount of wei, in quotes"), AfterValidator(_balance)]
MinerName = Annotated[str, Matching(r"miner-(0|[1-9]\d?)", "a miner: miner-0, miner-1 and so on")]
KeyName = Annotated[
    str, Matching(r"(miner|obft)-(0|[1-9]\d?)|faucet", "who has a key: miner-0 and so on, obft-0 and so on, or faucet")
]
RpcApi = Annotated[str, Matching(r"[a-z][a-z0-9]*", "a namespace of the RPC API, like eth")]
# A process that is not root opens no port below.
UserPort = Annotated[int, Field(ge=1024, le=65535)]


@declared
class MantisImagesArgs(TypedDict):
    """Where the images are taken from."""

    client: ImageReference
    """The program of miners and passive nodes. No public image of Mantis exists. A digest is best."""
    tools: NotRequired[ImageReference]
    """What makes and restores backups, as `make image` builds it. Required with `backup` or `auto_restore`."""
    obft: NotRequired[ImageReference]
    """The program of the checkpoint nodes. Required with `obft`."""
    explorer: NotRequired[ImageReference]
    """The explorer. Required with `explorer`."""
    faucet: NotRequired[ImageReference]
    """The faucet. Required with `faucet`."""
    address_claim: NotRequired[ImageReference]
    """What runs the script that claims the addresses of a `public` network, on clouds where one does. It has the
    cloud's own command line."""


@declared
class GenesisArgs(TypedDict):
    """What the first block is made of. It is made once: `reset_generation` makes another."""

    period: NotRequired[Annotated[int, Field(ge=1, le=LONGEST_PERIOD)]]
    """Seconds from one block to the next, 60 at most. 5 unless given. Only of clique."""
    gas_limit: NotRequired[Annotated[int, Field(ge=5000, le=10**12), Default(8_000_000)]]
    """The gas that a block may use (default 8000000)."""
    difficulty: NotRequired[Annotated[int, Field(ge=1, le=2**53 - 1)]]
    """The first block's difficulty. 1000000 unless given. Only of ethash."""
    alloc: NotRequired[Annotated[Mapping[EthereumAddress, Wei], Default({})]]
    """Wei by address, in quotes, besides those of the genesis miners and of the faucet (default none)."""


@declared
class MantisNodesArgs(TypedDict):
    """The Kubernetes nodes of one kind, and what runs on them."""

    instance_type: NotRequired[Text]
    """In the cloud's own words. One with room for what runs there unless given."""
    disk_gib: NotRequired[DiskGib]
    """Size of the chain's disk in GiB. It never changes in place."""
    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What each of them asks of its node, and may take."""


@declared
class MantisBackupArgs(TypedDict):
    """The node that follows the chain from time to time, and puts its data away."""

    enabled: NotRequired[Annotated[bool, Default(True)]]
    """Whether there is one (default true)."""
    period: NotRequired[
        Annotated[
            Annotated[int, AfterValidator(_period), Field(json_schema_extra={"enum": [*_PERIODS]})], Default(HOUR)
        ]
    ]
    """Seconds from one backup to the next (default 3600): whole hours that divide a day."""
    keep: NotRequired[Annotated[int, Field(ge=1, le=1000), Default(48)]]
    """How many stay in the bucket (default 48)."""


@declared
class ExplorerArgs(TypedDict):
    """A web application in front of the passive nodes' RPC API, in an image of yours. Its environment says RPC_URL,
    CHAIN_ID, NETWORK and PORT."""

    port: UserPort
    """The port that it listens on."""
    ingress: NotRequired[IngressArgs]
    """An HTTPS host in front of it. Without one the cluster alone reaches it."""
    callers: NotRequired[Annotated[Sequence[Cidr], Distinct]]
    """Who may call by `ingress`: the platform's network and those routed to it unless given. With an ingress that is
    `public`, give them."""
    health_path: NotRequired[Annotated[Annotated[str, Matching(r"/\S*", "a path like /ping")], Default("/")]]
    """What tells the ingress that it is well (default /)."""
    environment: NotRequired[Annotated[Env, Default({})]]
    """More of its environment."""
    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What it asks of its node, and may take."""


@declared
class FaucetArgs(TypedDict):
    """What gives strangers some of the network's coins, in an image of yours. Its environment says what the explorer's
    does, and besides KEY_FILE, DATA_DIR, AMOUNT and PER_ADDRESS."""

    port: UserPort
    """The port that it listens on."""
    amount: Wei
    """Wei for a request, in quotes."""
    per_address: Wei
    """Wei for an address in a day, in quotes."""
    ingress: NotRequired[IngressArgs]
    """An HTTPS host in front of it. Without one the cluster alone reaches it."""
    callers: NotRequired[Annotated[Sequence[Cidr], Distinct]]
    """Who may call by `ingress`: the platform's network and those routed to it unless given. With an ingress that is
    `public`, give them."""
    health_path: NotRequired[Annotated[Annotated[str, Matching(r"/\S*", "a path like /ping")], Default("/")]]
    """What tells the ingress that it is well (default /)."""
    environment: NotRequired[Annotated[Env, Default({})]]
    """More of its environment."""
    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What it asks of its node, and may take."""


@declared
class MantisClusterArgs(TypedDict):
    """What `MantisCluster` is told. The network's name is the component's, and the namespace's, which the platform made
    for this team."""

    platform: TakenPlatform
    """What the platform's stack exports."""
    client: NotRequired[Annotated[ClientName, Default("core-geth")]]
    """The program of the nodes (default core-geth)."""
    consensus: NotRequired[Consensus]
    """How nodes agree on the next block: clique for core-geth and ethash for mantis unless given."""
    chain_id: Annotated[int, Field(ge=1, le=2**52)]
    """The chain's id (EIP-155). Take one that no public chain has: a transaction is valid on each chain of its id."""
    release_version: NodeRelease
    """The nodes' release, in the cloud's own words."""
    images: MantisImagesArgs
    """Where the images are taken from."""
    image_pull_secrets: NotRequired[Annotated[Sequence[ObjectName], Distinct, Default([])]]
    """Names of Secrets in the namespace that hold the registry's credentials (`kubernetes.io/dockerconfigjson`). They
    are put there beforehand."""
    miners: NotRequired[Annotated[int, Field(ge=1, le=MOST_MINERS), Default(5)]]
    """How many nodes make blocks (default 5). Each has a key, which stays when the number goes down."""
    passive: NotRequired[Annotated[int, Field(ge=0, le=MOST_PASSIVE), Default(5)]]
    """How many nodes follow the chain and answer the RPC API (default 5)."""
    obft: NotRequired[Annotated[int, Field(ge=0, le=MOST_CHECKPOINT), Default(0)]]
    """How many nodes sign checkpoints: none unless given. Only of a client that knows checkpoints."""
    genesis_miners: NotRequired[Annotated[int, Field(ge=1, le=MOST_MINERS)]]
    """How many of the miners are in the genesis, and so are whom every node dials first. The `miners` of the first `up`
    unless given."""
    reset_generation: NotRequired[Annotated[int, Field(ge=0, le=MOST_GENERATIONS), Default(0)]]
    """A higher number makes another genesis, which the nodes begin anew from when they restart. 0 unless given."""
    genesis: NotRequired[Annotated[GenesisArgs, Default({})]]
    """What the first block is made of."""
    miner_nodes: NotRequired[Annotated[MantisNodesArgs, Default({})]]
    """The miners' machines, one for each."""
    passive_nodes: NotRequired[Annotated[MantisNodesArgs, Default({})]]
    """The passive nodes' machines, one for each."""
    services_nodes: NotRequired[Annotated[MantisNodesArgs, Default({})]]
    """The one machine of the backup, the checkpoint nodes, the explorer and the faucet. `disk_gib` and `resources` are
    of the backup's node, and `resources` of each checkpoint node too."""
    rpc_apis: NotRequired[Annotated[Sequence[RpcApi], Field(min_length=1), Distinct]]
    """The namespaces of the RPC API that passive nodes answer: the client's harmless ones unless given."""
    public: NotRequired[Annotated[bool, Default(False)]]
    """Whether the world may dial the genesis miners, each of which has a static public address then (default false)."""
    addresses: NotRequired[Annotated[Mapping[MinerName, Text], Default({})]]
    """The ids of public addresses to adopt instead of making some, by the genesis miner (default none)."""
    callers: NotRequired[Annotated[Sequence[KubernetesName], Distinct, Default([])]]
    """The namespaces of the cluster whose pods may call the passive nodes' RPC API (default none)."""
    backup: NotRequired[Annotated[MantisBackupArgs, Default({})]]
    """The backups."""
    bucket: NotRequired[Annotated[BucketArgs, Default({})]]
    """Where backups are kept."""
    auto_restore: NotRequired[bool]
    """Whether a node with an empty disk begins with the latest backup. True where backups are made unless given."""
    explorer: NotRequired[ExplorerArgs]
    """The explorer. None unless given."""
    faucet: NotRequired[FaucetArgs]
    """The faucet. None unless given. Its account is in every genesis, so that one can be had later."""
    keys: NotRequired[Annotated[Mapping[KeyName, SecretSource], Default({})]]
    """Keys that are given, as 64 hexadecimal digits, instead of made (default none)."""
    tags: NotRequired[Tags]
    """What is put on everything that can carry it, such as an owner and a cost centre (default none): tags, or labels
    on Google Cloud."""
    monitoring: NotRequired[Annotated[bool, Default(True)]]
    """Whether to make ServiceMonitors and a PrometheusRule (default true)."""
    monitoring_namespace: NotRequired[Annotated[KubernetesName, Default("monitoring")]]
    """Where your Prometheus runs, which alone may read the metrics (default monitoring)."""
    monitoring_labels: NotRequired[Annotated[Mapping[LabelName, LabelValue], Default({})]]
    """Labels of both, by which your Prometheus selects them: `release` and its release's name for one of
    kube-prometheus-stack. Needs `monitoring`."""
