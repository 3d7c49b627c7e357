"""config.ini, as the component hands it to the manager: the network's lines, and the user's in their place.

The manager adds what belongs to a node or to a role: ports, plugins, keys, peers, whether it begins paused.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from .networks import STATE_MB, NodeosNetwork

_BY_MANAGER: Final = "the manager sets it"
REFUSED: Final[Mapping[str, str]] = {
    "producer-name": "give it as `producers`",
    "signature-provider": "it is a secret: give it as `secrets.signature_providers`",
    "private-key": "it is a secret: give it as `secrets.signature_providers`",
    "peer-private-key": "it is a secret, and would stand in clear",
    "p2p-peer-address": "give it as `peers`",
    "p2p-auto-bp-peer": "it needs a key of the peer's that would stand in clear",
    "enable-stale-production": "a node that is cut off would produce a chain of its own",
    "genesis-json": "give it as `genesis`",
    "genesis-timestamp": "give it in `genesis`",
    "delete-all-blocks": "it would empty the disk at each start",
    "replay-blockchain": "it would replay the chain at each start",
    "hard-replay-blockchain": "it would replay the chain at each start",
    **dict.fromkeys(
        [
            "blocks-dir",
            "config",
            "config-dir",
            "data-dir",
            "finalizers-dir",
            "http-category-address",
            "http-server-address",
            "http-validate-host",
            "https-server-address",
            "logconf",
            "p2p-listen-endpoint",
            "pause-on-startup",
            "plugin",
            "snapshot",
            "snapshots-dir",
            "state-dir",
            "unix-socket-path",
        ],
        _BY_MANAGER,
    ),
}
"""Options that nobody gives as a line, with the reason. The last word has
`services/nodeos_manager/nodeos/config_file.py`."""


def option(line: str) -> tuple[str, str]:
    """A line's option, and its value."""
    name, _, value = line.partition("=")
    return name.strip(), value.strip()


def config_problems(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """What is wrong with a user's lines: (place, reason)."""
    for place, line in enumerate(lines):
        name, value = option(line)
        if reason := REFUSED.get(name):
            yield place, f"{name} cannot be set here: {reason}"
        elif "KEY:" in value or "PVT_" in value:
            yield place, f"{name} holds a private key, which would stand in clear"
        elif name == STATE_MB and not value.isdecimal():
            yield place, f"{name} must be a whole number"


def config_ini(network: NodeosNetwork, lines: Sequence[str]) -> str:
    """The whole text. An option that the user gives, once or more, stands in place of the network's."""
    given = [option(line) for line in lines]
    own = {name for name, _ in given}
    kept = [(name, value) for name, value in network.config.items() if name not in own]
    return "".join(f"{name} = {value}\n" for name, value in [*kept, *given])


def value_of(name: str, network: NodeosNetwork, lines: Sequence[str]) -> str:
    """What an option is in the end; empty where nobody says."""
    given = [value for key, value in map(option, lines) if key == name]
    return given[-1] if given else network.config.get(name, "")
