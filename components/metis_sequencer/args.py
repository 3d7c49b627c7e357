"""What `MetisSequencer` is told."""

from collections.abc import Mapping
from typing import Literal, NotRequired

from pulumi import Input
from typing_extensions import TypedDict

from ..clouds.contract.platform import PlatformContract

SecretKey = Literal[
    "seq_priv", "node_key", "priv_validator_key", "l1_rpc_endpoint", "l1_beacon_endpoint", "persistent_peers"
]
SECRETS: Mapping[SecretKey, str] = {
    "seq_priv": "seq-priv",
    "node_key": "node-key",
    "priv_validator_key": "priv-validator-key",
    "l1_rpc_endpoint": "l1-rpc-endpoint",
    "l1_beacon_endpoint": "l1-beacon-endpoint",
    "persistent_peers": "persistent-peers",
}
"""Each secret's key, and the last part of its name in the cloud's store."""


class SecretSource(TypedDict):
    """Where one secret comes from. With neither key it is made empty, and the operator puts its value there."""

    value: NotRequired[Input[str]]
    """The value, as a Pulumi secret."""
    existing: NotRequired[str | None]
    """The id of a secret to adopt."""


class PlacedArgs(TypedDict):
    """A node, and the disk that belongs on it."""

    zone: NotRequired[str | None]
    """The zone of node and disk: the platform's first (l2geth) or second (themis) unless given."""
    instance_type: NotRequired[str | None]
    """The node's instance type, in the cloud's own words; `networks.INSTANCE_TYPES` unless given."""
    disk_gib: int
    """Size of the data disk."""
    existing_address: NotRequired[str | None]
    """The id of an address to adopt."""
    existing_disk: NotRequired[str | None]
    """The id of a disk to adopt."""


class L2gethArgs(PlacedArgs):
    """The execution client and its node, which l1dtl shares. Upstream's newest guide: 750 GiB."""

    seed_from: NotRequired[str | None]
    """A snapshot to start the disk from, once."""
    env: NotRequired[Mapping[str, str]]
    """More environment, or other than the network's."""


class L1dtlArgs(TypedDict):
    """The data transport layer."""

    egress_ports: NotRequired[list[int] | None]
    """Ports that it may reach outside, when your L1 endpoints are not on 443."""
    disk_gib: int
    """Size of the data disk."""
    existing_disk: NotRequired[str | None]
    """The id of a disk to adopt."""
    seed_from: NotRequired[str | None]
    """A snapshot to start the disk from, once."""
    env: NotRequired[Mapping[str, str]]
    """More environment, or other than the network's."""


class SigningStateArgs(TypedDict):
    """What the operator vouches for when the disk does not hold this validator's own signing state."""

    bootstrap: NotRequired[bool]
    """The validator is new and has never signed."""
    resume_at_height: NotRequired[int | None]
    """Sign from this height on, which is above the chain's head."""
    volume: NotRequired[str | None]
    """The disk that `resume_at_height` was meant for; no other is resumed."""
    key_ran_nowhere_else: NotRequired[bool]
    """No other process has this validator key."""


class ThemisArgs(PlacedArgs):
    """The consensus validator with its bridge, and its node. Upstream's newest guide: 300 GiB."""

    signing_state: NotRequired[SigningStateArgs]
    """Says nothing by default: an empty disk stops the validator."""


class MetisSequencerArgs(TypedDict):
    """What `MetisSequencer` is told."""

    platform: PlatformContract
    """What the platform's stack exports."""
    network: Literal["andromeda", "sepolia"]
    """The Metis network: andromeda (mainnet, chain id 1088) or sepolia (59902)."""
    namespace: str
    """A namespace that the platform made for this team."""
    sequencer_address: str
    """The sequencer's public address on L2 (SEQ_ADDRESS)."""
    release_version: str
    """The nodes' release, in the cloud's own words."""
    l2geth: L2gethArgs
    l1dtl: L1dtlArgs
    themis: ThemisArgs
    images: NotRequired[Mapping[str, str | None]]
    """Other images than upstream's, by process: l2geth, l1dtl, themis, exporter, address_claim."""
    secrets: NotRequired[Mapping[SecretKey, SecretSource]]
    """Where each secret comes from."""
    monitoring: NotRequired[bool]
    """Whether to make a ServiceMonitor and a PrometheusRule (default true)."""
