"""What `TSMNode` is told: every key, its type, its form and its default.

The model of the stack file, `configs/stack.schema.json` and the schema of the Pulumi package are derived from these
declarations. `rules.py` asks the rules across keys.
"""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Annotated, NotRequired

from pulumi import Output
from pydantic import Field
from typing_extensions import TypedDict

from ..ingress import IngressArgs
from ..inputs import (
    Cidr,
    Default,
    DiskGib,
    Distinct,
    ImageReference,
    IPv4,
    KubernetesName,
    LabelName,
    LabelValue,
    Later,
    Matching,
    NodeRelease,
    ObjectName,
    SecretSource,
    SecretValue,
    Tags,
    Text,
    declared,
)
from ..reference import Taken, TakenPlatform
from ..resources import ResourcesArgs
from ..words import Word
from .card import Card, read_card
from .keys import written_public_key
from .protocols import PROTOCOLS

CARD = Taken(
    output="card",
    called="the stack of a player's card",
    taken_by="nodeyard.tsm_node.card.read_card(<a card>)",
    valid=read_card,
    may_lack=True,
)
TakenCard = Annotated[Card, CARD]
"""A player's card. In a stack's file the card's stack is named there."""

PublicKey = Annotated[str | Awaitable[str] | Output[str], Later(written_public_key)]
"""A player's public key: a DER file in base64, of the curve P-256."""


class KeySource(Word):
    """Where a player's private key comes from."""

    EXTERNAL = "external"
    """A ceremony of the operator, who gives it as a secret (`nodeyard tsm keygen`)."""
    GENERATED = "generated"
    """The stack, which keeps it in its encrypted state. For test networks."""


class MeshKind(Word):
    """How players meet."""

    PUBLIC = "public"
    """Each under a reserved public address, which lets in the peers' own addresses alone."""
    PRIVATE = "private"
    """Each under a private address, through networks that are routed to each other."""
    CLUSTER = "cluster"
    """All in one cluster, by their Services. For test networks: one cluster holds every share."""


class MPCServer(Word):
    """What listens for other players."""

    DIRECT = "direct"
    """`[MPCDirectServer]`, which upstream advises from version 73 on."""
    TCP = "tcp"
    """`[MPCTCPServer]`, of older versions."""


class SDKExposure(Word):
    """Where the SDK's port is reached from."""

    INTERNAL = "internal"
    """The platform's network, under a load balancer."""
    PUBLIC = "public"
    """The internet, under a load balancer, by those whom `callers` names."""
    CLUSTER = "cluster"
    """The cluster alone."""


class Confidential(Word):
    """Whether the nodes' memory is encrypted against the host."""

    REQUIRED = "required"
    """Confidential nodes, or none."""
    OFF = "off"
    """Usual nodes."""


class Permission(Word):
    """What a key of the management port may ask for."""

    HEALTH = "HEALTH"
    """How the node is."""
    TSMINFO = "TSMINFO"
    """What the node tells of itself and of its players."""
    METRICS = "METRICS"
    """The node's metrics."""
    APIKEY = "APIKEY"
    """To make and to remove the keys of applications, where they are dynamic."""


KeyHash = Annotated[
    str,
    Matching(r"[A-Za-z0-9+/]{43}=", "the hash of an API key, as `nodeyard tsm apikey` prints it: 32 bytes in base64"),
]
Duration = Annotated[str, Matching(r"[1-9]\d*(ms|s|m|h)", "a time like 5m")]
ProtocolName = Annotated[str, Matching("|".join(PROTOCOLS), f"a protocol of Builder Vault: {', '.join(PROTOCOLS)}")]
MPCAddress = Annotated[
    str, Matching(r"(tcps?|wss?)://[A-Za-z0-9._-]+:\d{1,5}", "an address like tcp://198.51.100.7:9000")
]
PlayerIndex = Annotated[str, Matching(r"0|[1-9]\d?", 'a player\'s number, in quotes: "0", "1", ...')]
Time = Annotated[
    str, Matching(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "a time in UTC like 2026-11-29T12:00:00Z, in quotes")
]


@declared
class PeerArgs(TypedDict):
    """Another player, by its card or by value. A player of whom nothing is known yet is left out."""

    card: NotRequired[TakenCard]
    """Its card, from a stack of its team."""
    signed_card: NotRequired[Text]
    """Its card as a text with a signature (`nodeyard tsm card`). Needs `public_key`."""
    public_key: NotRequired[PublicKey]
    """Its public key, as the ceremony told it. A card must have the same."""
    address: NotRequired[MPCAddress]
    """Where it is dialled, instead of a card's."""
    egress: NotRequired[Annotated[Sequence[Cidr], Default([])]]
    """The ranges that its calls come from, instead of a card's."""
    sdk: NotRequired[Text]
    """Where the SDK reaches it, instead of a card's."""
    namespace: NotRequired[KubernetesName]
    """Its namespace in this cluster, with `mesh.kind: cluster`."""


@declared
class MeshArgs(TypedDict):
    """How the player meets the others."""

    kind: NotRequired[Annotated[MeshKind, Default("public")]]
    """The way there (default public). All players have the same."""
    server: NotRequired[Annotated[MPCServer, Default("direct")]]
    """What listens (default direct)."""
    private_address: NotRequired[IPv4]
    """The private address to take, with `kind: private`. Azure needs one: an address that nothing else takes."""
    existing_addresses: NotRequired[Annotated[Sequence[Text], Distinct, Default([])]]
    """The ids of public addresses to adopt instead of making some: on AWS one for each zone, elsewhere one."""


@declared
class SDKArgs(TypedDict):
    """The port of the SDK."""

    exposure: NotRequired[SDKExposure]
    """Where it is reached from: `internal` unless given, and `cluster` with `ingress`, so that no balancer is made
    beside it. The port speaks HTTP without TLS: from outside put TLS before it."""
    ingress: NotRequired[IngressArgs]
    """An HTTPS host in front of it."""
    callers: NotRequired[Annotated[Sequence[Cidr], Distinct]]
    """Who may call: the platform's network and those routed to it unless given. With `exposure: public`, and with an
    ingress that is `public`, give them."""
    namespaces: NotRequired[Annotated[Sequence[KubernetesName], Distinct, Default([])]]
    """The namespaces of the cluster whose pods may call, besides."""
    private_address: NotRequired[IPv4]
    """The private address to take, with `exposure: internal`. Azure needs one: an address that nothing else takes."""
    existing_addresses: NotRequired[Annotated[Sequence[Text], Distinct, Default([])]]
    """The ids of public addresses to adopt, with `exposure: public`: on AWS one for each zone, elsewhere one."""


@declared
class TSMNodesArgs(TypedDict):
    """The player's own Kubernetes nodes."""

    instance_type: NotRequired[Text]
    """In the cloud's own words. One with room for upstream's sizing unless given."""
    zones: NotRequired[Annotated[Sequence[Text], Field(min_length=1), Distinct]]
    """Where the replicas stand, in turns (the platform's zones unless given). A zone that goes takes its nodes with
    it."""
    confidential: NotRequired[Annotated[Confidential, Default("off")]]
    """Whether memory is encrypted against the host (default off)."""


@declared
class TSMDatabaseArgs(TypedDict):
    """The player's PostgreSQL server, which holds its key shares."""

    instance_type: NotRequired[Text]
    """In the cloud's own words. A small one that the cloud offers with a standby unless given."""
    disk_gib: NotRequired[Annotated[DiskGib, Default(64)]]
    """Size of the disk in GiB (default 64)."""
    version: NotRequired[
        Annotated[Annotated[str, Matching(r"1[5-8]", 'a major version of PostgreSQL, in quotes: "17"')], Default("17")]
    ]
    """PostgreSQL's major version (default 17)."""
    standby: NotRequired[Annotated[bool, Default(True)]]
    """Whether a standby in another zone takes over (default true)."""
    backup_days: NotRequired[Annotated[int, Field(ge=7, le=35), Default(14)]]
    """How many days back a restore can go (default 14)."""
    max_open_connections: NotRequired[Annotated[int, Field(ge=2, le=500), Default(50)]]
    """How many connections each replica opens at most (default 50)."""
    max_idle_connections: NotRequired[Annotated[int, Field(ge=1, le=500), Default(10)]]
    """How many of them a replica keeps open (default 10)."""
    restored_from: NotRequired[Text]
    """The id of a server to make this one from. Nobody reaches the node then before `presignatures_purged`. Where the
    server is there already, none is made, and the node is closed all the same."""
    restored_at: NotRequired[Time]
    """As that server was at this time: the last possible one unless given. On Azure it must be given."""
    presignatures_purged: NotRequired[Annotated[bool, Default(False)]]
    """Your word that DeleteAllPresigs was called on this node after the restore (default false). A presignature that is
    used twice gives the key away."""
    existing: NotRequired[Text]
    """The id of a server to adopt instead of making one."""


@declared
class TSMImagesArgs(TypedDict):
    """Where the images are taken from."""

    node: ImageReference
    """Builder Vault's node. Its repository is private: Blockdaemon gives you access."""
    database_client: NotRequired[ImageReference]
    """What makes the player's role in the database: an image with PostgreSQL's `psql` (the official one unless
    given)."""


@declared
class KeptSecret(TypedDict):
    """A secret that the stack makes and fills."""

    existing: NotRequired[Text]
    """The id of a secret to adopt, which gets the stack's value. On Azure it would keep its own, and is refused."""


@declared
class GivenSecret(TypedDict):
    """A value that goes into the node's configuration."""

    value: NotRequired[SecretValue]
    """The value, as a Pulumi secret. In a stack's file it stands under `nodeyard:secrets`."""


@declared
class TSMSecretsArgs(TypedDict):
    """Where the secrets come from."""

    private_key: NotRequired[GivenSecret]
    """The player's private key, as `nodeyard tsm keygen` makes it. Goes with `key: external`."""
    master_password: NotRequired[GivenSecret]
    """EncryptorMasterPassword, which opens the key shares in the database. One is made unless given, and the first one
    stays for good."""
    pull: NotRequired[SecretSource]
    """The credentials of the node image's registry (a `.dockerconfigjson`). None unless given; `{}` makes an empty
    secret."""
    config: NotRequired[KeptSecret]
    """The whole configuration of the node."""
    metrics_key: NotRequired[KeptSecret]
    """The key that Prometheus calls the management port with."""
    database_admin: NotRequired[KeptSecret]
    """The password of the database's first user. With `database.existing` adopt that server's, which keeps its
    value."""
    database_role: NotRequired[KeptSecret]
    """The password of the player's own user."""


@declared
class APIKeyArgs(TypedDict):
    """A key that an application calls the SDK's port with."""

    hash: KeyHash
    """Its hash, as `nodeyard tsm apikey` prints it."""
    application_id: Text
    """Who the caller is to the node."""


@declared
class ManagementKeyArgs(TypedDict):
    """A key that an operator calls the management port with."""

    hash: KeyHash
    """Its hash, as `nodeyard tsm apikey` prints it."""
    permissions: Annotated[Sequence[Permission], Field(min_length=1), Distinct]
    """What it may ask for."""


@declared
class AuthenticationArgs(TypedDict):
    """Who may call."""

    api_keys: NotRequired[Annotated[Mapping[ObjectName, APIKeyArgs], Default({})]]
    """The applications' keys, by names of yours."""
    dynamic: NotRequired[Annotated[bool, Default(False)]]
    """Whether applications' keys are made through the management port instead (default false)."""
    management_keys: NotRequired[Annotated[Mapping[ObjectName, ManagementKeyArgs], Default({})]]
    """The operators' keys, by names of yours."""


@declared
class MultiInstanceArgs(TypedDict):
    """How replicas of one player find each other's sessions."""

    cleanup_interval: NotRequired[Annotated[Duration, Default("5m")]]
    """How often a replica looks for others that are gone (default 5m)."""
    cleanup_probability: NotRequired[Annotated[int, Field(ge=0, le=100), Default(75)]]
    """In how many of a hundred turns it does (default 75)."""


@declared
class TSMNodeArgs(TypedDict):
    """What `TSMNode` is told."""

    platform: TakenPlatform
    """What the platform's stack exports."""
    namespace: KubernetesName
    """A namespace that the platform made for this team."""
    index: Annotated[int, Field(ge=0, le=98)]
    """The player's number, from 0."""
    players: NotRequired[Annotated[int, Field(ge=2, le=99), Default(3)]]
    """How many players there are (default 3)."""
    peers: NotRequired[Annotated[Mapping[PlayerIndex, PeerArgs], Default({})]]
    """The other players, by their numbers. The node starts when all of them are known."""
    release_version: NodeRelease
    """The nodes' release, in the cloud's own words."""
    images: TSMImagesArgs
    """Where the images are taken from."""
    key: NotRequired[Annotated[KeySource, Default("external")]]
    """Where the player's private key comes from (default external)."""
    public_key: NotRequired[PublicKey]
    """The public half, with `config_secret_name`."""
    config_secret_name: NotRequired[ObjectName]
    """A Kubernetes Secret in the namespace with a config.toml of yours, instead of the one that is made of all this."""
    replicas: NotRequired[Annotated[int, Field(ge=1, le=5), Default(2)]]
    """How many instances of the player run (default 2). More than five would need another setting of the protocols."""
    mesh: NotRequired[Annotated[MeshArgs, Default({})]]
    """How it meets the other players."""
    sdk: NotRequired[Annotated[SDKArgs, Default({})]]
    """The port of the SDK."""
    nodes: NotRequired[Annotated[TSMNodesArgs, Default({})]]
    """Its Kubernetes nodes."""
    database: NotRequired[Annotated[TSMDatabaseArgs, Default({})]]
    """Its database."""
    authentication: NotRequired[Annotated[AuthenticationArgs, Default({})]]
    """Who may call."""
    features: NotRequired[Annotated[Mapping[ProtocolName, Annotated[Sequence[Text], Distinct]], Default({})]]
    """What an SDK may ask for, by protocol. Nothing unless given."""
    export_white_list: NotRequired[Annotated[Sequence[Text], Distinct, Default([])]]
    """The public keys that shares may be exported to (default none)."""
    multi_instance: NotRequired[Annotated[MultiInstanceArgs, Default({})]]
    """How its instances find each other."""
    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What an instance asks of its node, and may take. The chart's own sizing unless given."""
    secrets: NotRequired[Annotated[TSMSecretsArgs, Default({})]]
    """Where the secrets come from."""
    tags: NotRequired[Tags]
    """What is put on everything that can carry it, such as an owner and a cost centre (default none): tags, or labels
    on Google Cloud."""
    monitoring: NotRequired[Annotated[bool, Default(True)]]
    """Whether to make a ServiceMonitor and a PrometheusRule (default true)."""
    monitoring_namespace: NotRequired[Annotated[KubernetesName, Default("monitoring")]]
    """Where Prometheus runs, which alone may read the management port (default monitoring)."""
    monitoring_labels: NotRequired[Annotated[Mapping[LabelName, LabelValue], Default({})]]
    """Labels of both, by which a Prometheus of yours selects them, besides those by which the platform's own does:
    `release` and its release's name for one of kube-prometheus-stack. Needs `monitoring`."""
