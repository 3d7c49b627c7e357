"""What `MetisSequencer` is told: every key, its type, its form and its default.

The model of the stack file, `configs/stack.schema.json` and the schema of the Pulumi package are derived from these
declarations. `settings.py` asks the rules across keys.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from ..inputs import (
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

HIGHEST_HEIGHT = 10**10 - 1
"""No chain gets there: with a block a second it takes 317 years. What is higher was typed wrong."""


@declared
class L2gethArgs(TypedDict):
    """l2geth, the execution client, and its node, which l1dtl shares."""

    zone: NotRequired[Text]
    """The zone of node and disk. The platform's first unless given."""
    instance_type: NotRequired[Text]
    """The node's instance type, in the cloud's own words. Upstream's choice, or the like of it, unless given."""
    disk_gib: NotRequired[Annotated[DiskGib, Default(750)]]
    """Size of the data disk in GiB (default 750, as upstream's newest guide)."""
    disk_iops: NotRequired[DiskIops]
    """IOPS of the data disk: 3000 unless given. On Google Cloud they follow from the size."""
    disk_throughput_mibps: NotRequired[DiskMibps]
    """MiB a second of the data disk: 200, as upstream asks for, unless given. On Google Cloud it follows from the
    size."""
    existing_address: NotRequired[Text]
    """The id of an address to adopt instead of making one."""
    existing_disk: NotRequired[Text]
    """The id of a disk to adopt instead of making one. Excludes `seed_from`."""
    seed_from: NotRequired[Text]
    """What the disk starts from: a snapshot of the cloud, or an https:// URL of a .tar, .tar.gz or .tgz of the data
    directory. It is looked at once, when the disk is made, or empty. Excludes `existing_disk`."""
    seed_sha256: NotRequired[SHA256]
    """The SHA-256 of the archive, with a `seed_from` that is a URL."""
    env: NotRequired[Annotated[Env, Default({})]]
    """More environment, or other than the network's. What the chart sets itself is refused."""
    args: NotRequired[Annotated[Sequence[GethArgument], Field(min_length=1)]]
    """Arguments to geth in place of upstream's `--txpool.lifetime=10m`. What the chart or `env` sets is refused."""
    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What it asks of its node, and may take. Upstream's requests, and all that its node has left, unless given."""


@declared
class L1dtlArgs(TypedDict):
    """l1dtl, the data transport layer, which reads the sequencer's batches from L1."""

    disk_gib: NotRequired[Annotated[DiskGib, Default(100)]]
    """Size of the data disk in GiB (default 100)."""
    disk_iops: NotRequired[DiskIops]
    """IOPS of the data disk: 3000 unless given. On Google Cloud they follow from the size."""
    disk_throughput_mibps: NotRequired[DiskMibps]
    """MiB a second of the data disk: 200, as upstream asks for, unless given. On Google Cloud it follows from the
    size."""
    existing_disk: NotRequired[Text]
    """The id of a disk to adopt instead of making one. Excludes `seed_from`."""
    seed_from: NotRequired[Text]
    """What the disk starts from: a snapshot of the cloud, or an https:// URL of a .tar, .tar.gz or .tgz of the data
    directory. It is looked at once, when the disk is made, or empty. Excludes `existing_disk`."""
    seed_sha256: NotRequired[SHA256]
    """The SHA-256 of the archive, with a `seed_from` that is a URL."""
    env: NotRequired[Annotated[Env, Default({})]]
    """More environment, or other than the network's. What the chart sets itself is refused."""
    egress_ports: NotRequired[Annotated[Sequence[PortNumber], Field(min_length=1), Distinct]]
    """The ports it may reach outside. Unless given: 443, and 6083 of upstream's archive of batches."""
    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What it asks of its node, and may take. Upstream's unless given, with room for its heap, which is three quarters
    of the memory that it may take unless `env` says other `NODE_OPTIONS`."""


@declared
class SigningStateArgs(TypedDict):
    """What may be done when the disk does not hold this validator's own signing state. Each of these can make the
    validator sign twice when it is said and is not true."""

    bootstrap: NotRequired[Annotated[bool, Default(False)]]
    """The validator is new and has never signed: start at height 0 if the disk is empty (default false). Needs
    `volume`, and excludes `resume_at_height`."""
    resume_at_height: NotRequired[Annotated[int, Field(ge=1, le=HIGHEST_HEIGHT)]]
    """Sign from this height on, which is above the chain's head. Needs `volume` and `key_ran_nowhere_else`. As long as
    nothing was signed since, another height takes its place."""
    volume: NotRequired[Text]
    """The disk that all of this is said of, as themis' init container names it. It is said of no other."""
    key_ran_nowhere_else: NotRequired[Annotated[bool, Default(False)]]
    """Your word that no other process has this validator key (default false)."""


@declared
class ThemisArgs(TypedDict):
    """themis, the consensus validator with its bridge, and its node."""

    zone: NotRequired[Text]
    """The zone of node and disk. The platform's second unless given, so that one zone's loss is not that of both
    nodes."""
    instance_type: NotRequired[Text]
    """The node's instance type, in the cloud's own words. Upstream's choice, or the like of it, unless given."""
    disk_gib: NotRequired[Annotated[DiskGib, Default(300)]]
    """Size of the data disk in GiB (default 300, as upstream's newest guide)."""
    disk_iops: NotRequired[DiskIops]
    """IOPS of the data disk: 3000 unless given. On Google Cloud they follow from the size."""
    disk_throughput_mibps: NotRequired[DiskMibps]
    """MiB a second of the data disk: 200, as upstream asks for, unless given. On Google Cloud it follows from the
    size."""
    existing_address: NotRequired[Text]
    """The id of an address to adopt instead of making one."""
    existing_disk: NotRequired[Text]
    """The id of a disk to adopt instead of making one."""
    signing_state: NotRequired[Annotated[SigningStateArgs, Default({})]]
    """What the operator vouches for. Nothing unless given: an empty disk then stops the validator."""
    env: NotRequired[Annotated[Env, Default({})]]
    """More environment. What the chart sets itself is refused."""
    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What it asks of its node, and may take. Upstream's requests, and all that its node has left, unless given."""


@declared
class BridgeArgs(TypedDict):
    """The bridge between L1, L2 and themis, which runs beside themis."""

    env: NotRequired[Annotated[Env, Default({})]]
    """More environment, or other than the network's. What the chart sets itself is refused."""
    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What it asks of themis' node, and may take. Upstream's unless given."""


@declared
class ExporterArgs(TypedDict):
    """The exporter of metrics, which runs on themis' node."""

    resources: NotRequired[Annotated[ResourcesArgs, Default({})]]
    """What it asks of themis' node, and may take."""


@declared
class MetisImagesArgs(TypedDict):
    """Where the images are taken from. Each is upstream's, by tag, unless given. A digest is better."""

    l2geth: NotRequired[ImageReference]
    """metisdao/l2geth."""
    l1dtl: NotRequired[ImageReference]
    """metisdao/dtl."""
    themis: NotRequired[ImageReference]
    """metisdao/themis, for themis, its bridge and its init container."""
    exporter: NotRequired[ImageReference]
    """metisdao/sequencer-exporter."""
    tools: NotRequired[ImageReference]
    """The chain tools of `services/chain_tools`, which nobody publishes: build them. Unless given, nothing tells
    Prometheus of the sync gates, of peers, and of what themis signs."""
    address_claim: NotRequired[ImageReference]
    """What runs the script that claims the addresses, on clouds where one does. It has the cloud's own command line."""


@declared
class MetisSecretsArgs(TypedDict):
    """Where the secrets come from. Each is made empty unless given, and the operator puts its value there."""

    seq_priv: NotRequired[SecretSource]
    """The sequencer's private key, in hexadecimal."""
    node_key: NotRequired[SecretSource]
    """Themis' node_key.json."""
    priv_validator_key: NotRequired[SecretSource]
    """Themis' priv_validator_key.json."""
    l1_rpc_endpoint: NotRequired[SecretSource]
    """URL of an Ethereum RPC endpoint with archive data."""
    l1_beacon_endpoint: NotRequired[SecretSource]
    """URL of an Ethereum beacon endpoint."""
    persistent_peers: NotRequired[SecretSource]
    """Themis' peers: `<node id>@<host>:<port>`, separated by commas."""


@declared
class MetisSequencerArgs(TypedDict):
    """What `MetisSequencer` is told."""

    platform: TakenPlatform
    """What the platform's stack exports."""
    network: MetisNetworkName
    """The Metis network."""
    namespace: KubernetesName
    """A namespace that the platform made for this team."""
    sequencer_address: EthereumAddress
    """The sequencer's public address on L2 (SEQ_ADDRESS). Forty zeros until there is a key."""
    validator_public_key: NotRequired[
        Annotated[str, Matching(r"0x[0-9a-fA-F]{128}", "the public half of the validator key: 0x and 64 bytes")]
    ]
    """The public half of the validator key, for `nodeyard metis keys` to compare. `sequencer_address` belongs to it."""
    release_version: NodeRelease
    """The nodes' release, in the cloud's own words."""
    l2geth: NotRequired[Annotated[L2gethArgs, Default({})]]
    """The execution client and its node."""
    l1dtl: NotRequired[Annotated[L1dtlArgs, Default({})]]
    """The data transport layer."""
    themis: NotRequired[Annotated[ThemisArgs, Default({})]]
    """The consensus validator and its node."""
    bridge: NotRequired[Annotated[BridgeArgs, Default({})]]
    """The bridge beside it."""
    exporter: NotRequired[Annotated[ExporterArgs, Default({})]]
    """The exporter beside it."""
    snapshots: NotRequired[Annotated[ChainSnapshotsArgs, Default({})]]
    """When snapshots of l2geth's and l1dtl's data are made. Of themis' data there are none: a signing state from a
    snapshot is old."""
    images: NotRequired[Annotated[MetisImagesArgs, Default({})]]
    """Other images than upstream's."""
    image_pull_secrets: NotRequired[Annotated[Sequence[ObjectName], Distinct, Default([])]]
    """Names of Secrets in the namespace that hold the registry's credentials (`kubernetes.io/dockerconfigjson`). They
    are put there beforehand."""
    secrets: NotRequired[Annotated[MetisSecretsArgs, Default({})]]
    """Where each secret comes from."""
    tags: NotRequired[Tags]
    """What is put on everything that can carry it, such as an owner and a cost centre (default none): tags, or labels
    on Google Cloud."""
    monitoring: NotRequired[Annotated[bool, Default(True)]]
    """Whether to make a ServiceMonitor and a PrometheusRule (default true)."""
    monitoring_labels: NotRequired[Annotated[Mapping[LabelName, LabelValue], Default({})]]
    """Labels of both, by which a Prometheus of yours selects them, besides those by which the platform's own does:
    `release` and its release's name for one of kube-prometheus-stack. Needs `monitoring`."""
