"""What `ThetaEdgeNode` is told."""

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired

from pulumi import Input
from typing_extensions import TypedDict

from ..clouds.contract.platform import PlatformContract


class PasswordSource(TypedDict):
    """Where a node's password comes from. With no key it is generated, once."""

    value: NotRequired[Input[str]]
    """The value, as a Pulumi secret. The first one counts: another one later is warned of, and not taken."""
    existing: NotRequired[str | None]
    """The id of a secret to adopt."""
    external: NotRequired[bool]
    """The secret is made empty, and the node waits until the operator has put a value there."""


class EdgeNodeArgs(TypedDict):
    """One node of the fleet."""

    zone: NotRequired[str | None]
    """Of machine and disk; by the node's name unless given (`nodes.zone_of`)."""
    instance_type: NotRequired[str | None]
    """Another one than the fleet's."""
    image: NotRequired[str | None]
    """Another container image than the fleet's, for trying a version on one node first."""
    password: NotRequired[PasswordSource]
    """Where its password comes from."""
    existing_disk: NotRequired[str | None]
    """The id of a disk to adopt."""
    seed_from: NotRequired[str | None]
    """A snapshot to make the disk from, once. It holds an identity: refused while the disk that it was taken of lives,
    which the cloud is asked about."""
    old_disk_is_gone: NotRequired[bool]
    """That disk is deleted. Believed only where the cloud cannot tell: of a copy, or in another account."""


class SiteArgs(TypedDict):
    """Where the machines stand without a platform: AWS's default VPC, elsewhere a small network that is made."""

    cloud: Literal["aws", "azure", "gcp"]
    account: NotRequired[str | None]
    """AWS account id, Azure subscription id or Google Cloud project id. On AWS and Azure that of the credentials unless
    given."""
    region: str


class ThetaEdgeNodeArgs(TypedDict):
    """What `ThetaEdgeNode` is told. Either `platform` or `site` is required."""

    network: Literal["mainnet", "testnet"]
    """The Theta network."""
    image: str
    """Container image of the edge launcher, by digest."""
    nodes: Mapping[str, EdgeNodeArgs]
    """The fleet, by name. A name is an identity: another name is another node with another disk."""
    platform: NotRequired[PlatformContract]
    """What a platform's stack exports."""
    site: NotRequired[SiteArgs]
    """Where the machines stand without one."""
    zones: NotRequired[Sequence[str] | None]
    """Which zones the nodes are spread over: those that offer the instance type. Required with `site`; all of the
    platform's otherwise. Another list moves nodes that have no zone of their own, and their disks' protection stops
    that."""
    placement: NotRequired[Literal["machine", "cluster"]]
    """`machine` (default): a machine for each node. `cluster`: a pod and a node pool in the platform's cluster."""
    gpu: NotRequired[bool]
    """Whether the nodes have a GPU (default true)."""
    instance_type: NotRequired[str | None]
    """In the cloud's own words; `instance_types.DEFAULTS` unless given."""
    capacity: NotRequired[Literal["on-demand", "spot"]]
    """`spot` is cheaper and taken away at any time; disk and identity stay. Default `on-demand`."""
    machine_image: NotRequired[str | None]
    """A version of the machine's image, or another documented look-up than `images.IMAGES`."""
    root_disk_gib: NotRequired[int | None]
    """Size of the disk that a node boots from and keeps container images on; what the machine's image needs and room
    for two containers unless given (`images.IMAGES`)."""
    disk_gib: NotRequired[int]
    """Size of each data disk (default 256, as upstream's sample)."""
    disk_iops: NotRequired[int]
    """Default 3000, upstream's sample and what is free on AWS."""
    disk_throughput_mibps: NotRequired[int]
    """Default 125, upstream's sample and what is free on AWS."""
    snapshots: NotRequired[bool]
    """A daily snapshot of each disk, from which a lost identity is restored (default false)."""
    expose: NotRequired[Literal["loopback", "vpc"]]
    """`vpc` opens the node's interfaces, which ask for no password, to `expose_cidrs`. Only of machines."""
    expose_cidrs: NotRequired[Sequence[str]]
    """Who may reach them then: private ranges, or the network's own."""
    user: NotRequired[str | None]
    """`uid:gid` of the container; the image's own unless given. Not tried on the image."""
    read_only_root: NotRequired[bool]
    """Whether the container's root filesystem is read-only (default false). Not tried on the image."""
    resolvers: NotRequired[Sequence[str] | None]
    """The container's name servers; public ones unless given."""
    notify: NotRequired[str | None]
    """Who hears of alarms: ARN of an SNS topic (AWS), id of an action group (Azure) or notification channel (GCP)."""
    log_days: NotRequired[int]
    """How long logs are kept (default 90)."""
    namespace: NotRequired[str | None]
    """With `placement: cluster`: a namespace that the platform made for this team."""
    release_version: NotRequired[str | None]
    """With `placement: cluster`: the release of the cluster's nodes, in the cloud's own words."""
    probe_image: NotRequired[str | None]
    """With `placement: cluster`: an image with `curl` and a shell, which asks the node how it is."""
