"""Ranges of addresses that nobody on the internet comes from (IANA IPv4 Special-Purpose Address Registry, RFC 6890)."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Final

PRIVATE: Final = "for private networks, RFC 1918"
DOCUMENTATION: Final = "for documentation, RFC 5737: replace it"


def _named(reason: str, *ranges: str) -> dict[IPv4Network, str]:
    return {IPv4Network(range_): reason for range_ in ranges}


PRIVATE_RANGES: Final[Mapping[IPv4Network, str]] = _named(PRIVATE, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
DOCUMENTATION_RANGES: Final[Mapping[IPv4Network, str]] = _named(
    DOCUMENTATION, "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"
)
NOT_GLOBAL: Final[Mapping[IPv4Network, str]] = {
    **PRIVATE_RANGES,
    **DOCUMENTATION_RANGES,
    **_named("this host itself", "0.0.0.0/8", "127.0.0.0/8"),
    **_named("for carriers' own networks, RFC 6598", "100.64.0.0/10"),
    **_named("of one link", "169.254.0.0/16"),
    **_named("for IETF's protocols", "192.0.0.0/24", "192.88.99.0/24"),
    **_named("for benchmarks", "198.18.0.0/15"),
    **_named("for multicast", "224.0.0.0/4"),
    **_named("reserved", "240.0.0.0/4"),
}
