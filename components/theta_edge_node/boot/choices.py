"""What the operator chooses of an edge node's boot. It can be judged before anything is made."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from ...errors import Problem
from ..args import Exposure
from ..networks import NETWORKS, RESOLVERS, ThetaNetwork

PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")


@dataclass(frozen=True, kw_only=True)
class BootChoices:
    """How the container of one edge node runs on its machine."""

    network: str
    """A key of `networks.NETWORKS`."""
    gpu: bool
    spot: bool = False
    """Whether to watch for the notice that the machine is about to be taken away."""
    expose: Exposure = Exposure.LOOPBACK
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

    @property
    def facts(self) -> ThetaNetwork:
        return NETWORKS[self.network]


def choice_problems(choices: BootChoices) -> Iterator[Problem]:
    """Everything that is wrong with the choices, by their keys."""
    if choices.network not in NETWORKS:
        yield "network", f"{choices.network!r} is not one of {', '.join(NETWORKS)}"
    if choices.user and not re.fullmatch(r"[0-9]+:[0-9]+", choices.user):
        yield "user", f"{choices.user!r} is not uid:gid"
    if choices.expose == "vpc" and not choices.expose_cidrs:
        yield "expose_cidrs", "who may reach the ports? Give at least one range with `expose: vpc`"
    if choices.expose == "loopback" and choices.expose_cidrs:
        yield "expose_cidrs", "only with `expose: vpc`"
    yield from _address_problems(choices)


def _address_problems(choices: BootChoices) -> Iterator[Problem]:
    if not choices.resolvers:
        yield "resolvers", "the container needs a name server"
    yield from (("resolvers", f"{cidr!r} is no address") for cidr in choices.resolvers if "/" in cidr)
    keys = ("expose_cidrs", "network_cidrs", "resolvers")
    wrong = [(key, cidr) for key in keys for cidr in getattr(choices, key) if not _ipv4(cidr)]
    yield from ((key, f"{cidr!r} is no IPv4 address or range") for key, cidr in wrong)
    if not _ipv4(choices.bridge_cidr):
        yield "bridge_cidr", f"{choices.bridge_cidr!r} is no IPv4 range"
    elif not wrong:
        yield from _range_problems(choices)


def _range_problems(choices: BootChoices) -> Iterator[Problem]:
    inside = [IPv4Network(cidr) for cidr in (*PRIVATE, *choices.network_cidrs)]
    for cidr in choices.expose_cidrs:
        if not any(IPv4Network(cidr).subnet_of(own) for own in inside):
            reason = "is not private, nor one of the network's own ranges: the node's interfaces ask for no password"
            yield "expose_cidrs", f"{cidr} {reason}"
    bridge = IPv4Network(choices.bridge_cidr)
    if any(bridge.overlaps(IPv4Network(own)) for own in choices.network_cidrs):
        yield "bridge_cidr", f"{choices.bridge_cidr} lies in the network's own ranges"


def _ipv4(cidr: str) -> bool:
    try:
        IPv4Network(cidr)
    except ValueError:
        return False
    return True
