"""The config.ini that nodeos starts with: our lines, and then the user's.

What is ours the user cannot set: such a line is refused, and never overridden in silence. The same lines suit Spring
and EOSIO 2. How nodeos reads the file: `application_base.cpp` of AntelopeIO/appbase, which gives it to Boost's
`parse_config_file`: a `#` begins a comment, and a line is NAME = VALUE.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .superviser import Unusable

P2P = "0.0.0.0:9876"
#: The chain API goes through the proxy. The metrics ask the other two, on loopback as well.
_PLUGINS = (
    "http_plugin",
    "chain_api_plugin",
    "net_plugin",
    "net_api_plugin",
    "db_size_api_plugin",
    # Every nodeos has this one, and it makes no block without a producer's name (programs/nodeos/main.cpp of
    # AntelopeIO/spring). Its API takes snapshots, also on a node that never produces.
    "producer_plugin",
    "producer_api_plugin",
)
_PAUSED = "nodeos always starts paused, and the node manager resumes it"
_LOOPBACK = "nodeos' APIs have no authentication, and listen on loopback only"
_DISK = "the node manager backs up and restores its own directories"
_SECRET = "a private key does not belong in a ConfigMap"  # noqa: S105
_OURS = {
    "http-server-address": _LOOPBACK,
    "http-category-address": _LOOPBACK,
    "https-server-address": _LOOPBACK,
    "unix-socket-path": _LOOPBACK,
    "p2p-listen-endpoint": f"nodeos listens on {P2P}",
    "producer-name": "--producer names the producers",
    "signature-provider": _SECRET,
    "private-key": _SECRET,
    "peer-private-key": _SECRET,
    "pause-on-startup": _PAUSED,
    "blocks-dir": _DISK,
    "state-dir": _DISK,
    "snapshots-dir": _DISK,
    "finalizers-dir": _DISK,
}
_COMMAND_LINE = {
    **_OURS,
    "config": "the node manager writes config.ini",
    "config-dir": "the node manager writes config.ini",
    "data-dir": "--data-dir of the node manager says it",
    "genesis-json": "the first boot takes genesis.json beside config.ini",
    "genesis-timestamp": "the first boot takes genesis.json beside config.ini",
    "snapshot": "a restore leaves the snapshot that nodeos starts from",
}


@dataclass(frozen=True)
class Ours:
    """What the manager sets, besides keys."""

    http: str
    """HOST:PORT on loopback."""
    peers: Sequence[str] = ()
    producers: Sequence[str] = ()
    """None of an API node, and none where there is no key to sign with."""
    finalizers: Path | None = None
    """Where nodeos keeps what its finalizer key has voted for. Spring only."""

    def lines(self) -> Iterator[str]:
        """Raises Unusable for a value that would end its line."""
        for plugin in _PLUGINS:
            yield f"plugin = eosio::{plugin}"
        yield f"http-server-address = {self.http}"
        yield f"p2p-listen-endpoint = {P2P}"
        for peer in self.peers:
            yield f"p2p-peer-address = {_value('--peer', peer)}"
        for producer in self.producers:
            yield f"producer-name = {_value('--producer', producer)}"
        if self.finalizers is not None:
            yield f"finalizers-dir = {self.finalizers}"


def merged(user: str, ours: Ours, keys: Sequence[str]) -> str:
    """The whole file. `keys` are signature providers, as `PUBLIC=KEY:PRIVATE`. Raises Unusable, with the line."""
    for number, line in enumerate(user.split("\n"), 1):
        _check(number, line)
    providers = (f"signature-provider = {key}" for key in keys)
    return "\n".join([*ours.lines(), *providers, user.rstrip(), ""])


def check_arguments(arguments: Sequence[str]) -> None:
    """Of the user's arguments of nodeos: they win over config.ini. Raises Unusable, which names the argument."""
    for argument in arguments:
        name = argument.partition("=")[0]
        if not argument.startswith("--"):
            raise Unusable(f"--nodeos-arg={name} is not of the form --NAME=VALUE.")
        for ours, why in _COMMAND_LINE.items():
            # Boost takes the beginning of a name for the name.
            if ours.startswith(name[2:]):
                raise Unusable(f"--nodeos-arg={name} is the node manager's to set ({ours}): {why}. Remove it.")


def write(path: Path, text: str) -> None:
    """Replaces the file, which only its owner reads: it holds keys."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600, exist_ok=False)
    new.write_text(text)
    new.replace(path)


def _check(number: int, line: str) -> None:
    told = line.partition("#")[0].strip()
    if not told:
        return
    at = f"config.ini, line {number}"
    name, equals = (part.strip() for part in told.partition("=")[:2])
    # The line may hold a key by mistake: it is never repeated.
    if not equals:
        raise Unusable(f"{at} is not of the form NAME = VALUE.")
    if name in _OURS:
        raise Unusable(f"{at}: {name} is the node manager's to set: {_OURS[name]}. Remove the line.")


def _value(option: str, text: str) -> str:
    if not text or any(character in "#," or character.isspace() for character in text):
        raise Unusable(f"{option} is one word: {text!r}.")
    return text
