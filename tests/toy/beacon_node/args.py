"""What `BeaconNode` is told."""

from typing import Annotated, NotRequired

from typing_extensions import TypedDict

from nodeyard.inputs import Default, DiskGib, ImageReference, KubernetesName, NodeRelease, SecretSource, Text, declared
from nodeyard.reference import TakenPlatform
from nodeyard.words import Word


class BeaconNetwork(Word):
    """The networks that there are."""

    HOLESKY = "holesky"
    HOODI = "hoodi"


@declared
class BeaconSecretsArgs(TypedDict):
    """Where the secrets come from."""

    peer_key: NotRequired[SecretSource]
    """The node's key."""


@declared
class BeaconNodeArgs(TypedDict):
    """What `BeaconNode` is told."""

    platform: TakenPlatform
    """What the platform's stack exports."""
    network: BeaconNetwork
    """The network."""
    namespace: KubernetesName
    """A namespace that the platform made for this team."""
    release_version: NodeRelease
    """The node's release, in the cloud's own words."""
    instance_type: Text
    """The node's instance type, in the cloud's own words."""
    image: ImageReference
    """The container image."""
    disk_gib: NotRequired[Annotated[DiskGib, Default(10)]]
    """Size of the data disk in GiB (default 10)."""
    secrets: NotRequired[Annotated[BeaconSecretsArgs, Default({})]]
    """Where each secret comes from."""
