"""What the machine of an edge node is told at boot. Nothing in it is secret, and nothing in it names the image."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from ...errors import InputError, Problem
from ..networks import NETWORKS, RESOLVERS, ThetaNetwork

Cloud = Literal["aws", "azure", "gcp"]

# What goes into /etc/nodeyard/theta.env, which both a shell and systemd read, may need no quoting.
_PLAIN = re.compile(r"[A-Za-z0-9._:/@-]+")
PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}")
_IDENTITY = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/[\w-]+"
)
_SECRET: Mapping[str, tuple[re.Pattern[str], str]] = {
    "aws": (re.compile(r"arn:aws[a-z-]*:secretsmanager:.+"), "the ARN of a secret in Secrets Manager"),
    "azure": (re.compile(r"https://[a-z0-9.-]+/secrets/[A-Za-z0-9-]+"), "https://<vault's host>/secrets/<name>"),
    "gcp": (re.compile(r"projects/[^/]+/secrets/[^/]+"), "projects/<project>/secrets/<name>"),
}


@dataclass(frozen=True)
class DataDisk:
    """The data disk, found by how it is attached and never by its size."""

    paths: tuple[str, ...]
    """Where its block device shows; the first that exists is taken."""
    volume: str = ""
    """The id of the volume that the machine attaches to itself; empty where it comes attached."""


@dataclass(frozen=True, kw_only=True)
class BootSpec:
    """One edge node's machine."""

    node: str
    """The node's name: the dimension of its metrics and the name of its log stream."""
    cloud: Cloud
    region: str
    network: str
    """A key of `networks.NETWORKS`."""
    gpu: bool
    disk: DataDisk
    secret: str
    """Where the password is: ARN (AWS), `https://<vault's host>/secrets/<name>` (Azure), `projects/P/secrets/S`."""
    image_source: str
    """Where the running machine reads the container image's reference, so that a new version changes no user data: the
    name of an SSM parameter (AWS), of a tag of the machine (Azure), of a metadata attribute of the instance (GCP)."""
    log_group: str
    """CloudWatch log group (AWS), log id (GCP). On Azure the agent's collection rule names the table: any word."""
    metrics_namespace: str
    identity: str = ""
    """ARM id of the identity that the machine asks as (Azure: a policy may give it others); elsewhere empty."""
    expose: Literal["loopback", "vpc"] = "loopback"
    expose_cidrs: tuple[str, ...] = ()
    """Who may reach the node's ports on the machine's private address, with `expose: vpc`."""
    network_cidrs: tuple[str, ...] = ()
    """The network's own and peered ranges, which the container may not reach; private ranges are closed anyway."""
    resolvers: tuple[str, ...] = RESOLVERS
    """The container's name servers."""
    bridge_cidr: str = "198.18.255.240/28"
    """The container's own bridge network, out of a range (RFC 2544) that no cloud's network uses."""
    user: str = ""
    """`uid:gid` of the container; empty for the image's own, as upstream runs it. Not tried on the image."""
    read_only_root: bool = False
    """Whether the container's root filesystem is read-only. Upstream's is not. Not tried on the image."""
    spot: bool = False
    """Whether to watch for the notice that the machine is about to be taken away."""

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise InputError(f"the edge node {self.node!r} cannot boot like this:", problems)

    @property
    def facts(self) -> ThetaNetwork:
        return NETWORKS[self.network]


def image_problem(reference: str) -> str | None:
    """What is wrong with a container image's reference: the machine runs only what is pinned by digest."""
    if _IMAGE.fullmatch(reference):
        return None
    return f"{reference!r} is no image by digest (repository@sha256:...)"


def _problems(spec: BootSpec) -> Iterator[Problem]:
    for key in ("node", "region", "image_source", "log_group", "metrics_namespace"):
        if not _PLAIN.fullmatch(getattr(spec, key)):
            yield key, f"{getattr(spec, key)!r} is empty or has other characters than letters, digits and . _ : / @ -"
    if spec.cloud == "gcp" and "/" in spec.log_group:
        yield "log_group", f"{spec.log_group!r}: Cloud Logging's agent names a log after its receiver, without a slash"
    if spec.network not in NETWORKS:
        yield "network", f"{spec.network!r} is not one of {', '.join(NETWORKS)}"
    pattern, shape = _SECRET[spec.cloud]
    if not pattern.fullmatch(spec.secret) or not _PLAIN.fullmatch(spec.secret):
        yield "secret", f"{spec.secret!r} is not {shape}"
    if spec.user and not re.fullmatch(r"[0-9]+:[0-9]+", spec.user):
        yield "user", f"{spec.user!r} is not uid:gid"
    if bool(_IDENTITY.fullmatch(spec.identity)) != (spec.cloud == "azure"):
        yield "identity", f"{spec.identity!r}: on Azure, and only there, the ARM id of a user-assigned identity"
    yield from _disk_problems(spec)
    yield from _network_problems(spec)


def _disk_problems(spec: BootSpec) -> Iterator[Problem]:
    if spec.cloud == "aws" and not re.fullmatch(r"vol-[0-9a-f]+", spec.disk.volume):
        yield "disk", "on AWS the machine attaches its volume itself, and needs its id"
    if spec.cloud != "aws" and spec.disk.volume:
        yield "disk", "only on AWS does the machine attach its disk itself"
    if not spec.disk.paths or not all(path.startswith("/dev/") and _PLAIN.fullmatch(path) for path in spec.disk.paths):
        yield "disk", f"{spec.disk.paths!r} are not paths of block devices"


def _network_problems(spec: BootSpec) -> Iterator[Problem]:
    if spec.expose == "vpc" and not spec.expose_cidrs:
        yield "expose_cidrs", "who may reach the ports? Give at least one range with expose: vpc"
    if spec.expose == "loopback" and spec.expose_cidrs:
        yield "expose_cidrs", "only with expose: vpc"
    if not spec.resolvers:
        yield "resolvers", "the container needs a name server"
    addresses = {"expose_cidrs": spec.expose_cidrs, "network_cidrs": spec.network_cidrs, "resolvers": spec.resolvers}
    wrong = [(key, cidr) for key, cidrs in addresses.items() for cidr in cidrs if not _ipv4(cidr)]
    for key, cidr in wrong:
        yield key, f"{cidr!r} is no IPv4 address or range"
    yield from (("resolvers", f"{cidr!r} is no address") for cidr in spec.resolvers if "/" in cidr)
    if not wrong:
        yield from _exposure_problems(spec)
    if not _ipv4(spec.bridge_cidr):
        yield "bridge_cidr", f"{spec.bridge_cidr!r} is no IPv4 range"
    elif not wrong and any(IPv4Network(spec.bridge_cidr).overlaps(IPv4Network(own)) for own in spec.network_cidrs):
        yield "bridge_cidr", f"{spec.bridge_cidr} lies in the network's own ranges"


def _exposure_problems(spec: BootSpec) -> Iterator[Problem]:
    inside = [IPv4Network(cidr) for cidr in (*PRIVATE, *spec.network_cidrs)]
    for cidr in spec.expose_cidrs:
        if not any(IPv4Network(cidr).subnet_of(own) for own in inside):
            reason = "is not private, nor one of the network's own ranges: the node's interfaces ask for no password"
            yield "expose_cidrs", f"{cidr} {reason}"


def _ipv4(cidr: str) -> bool:
    try:
        IPv4Network(cidr)
    except ValueError:
        return False
    return True
