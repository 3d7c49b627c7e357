"""What is wrong with a player's config.toml, all of it at once.

No value of the file is ever part of a finding: it holds a private key, passwords and hashes of keys.

Sources: Blockdaemon/builder-vault-helm `examples/*/config*.toml` and `kind/tsm*.yaml` (sections, env interpolation);
builder-vault-tsm.docs.blockdaemon.com/docs: player-index-and-keys (keys, address schemes and options),
direct-node-to-node-communication (MPCDirectServer, which ports may be 0, who dials whom, what mixes with a broker),
management-api (hashes of keys), mpc-protocols, horizontal-scaling. The vendor's list of all sections is not among what
it publishes openly, so that an unknown section is a warning.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Final

from . import mesh, node
from .findings import TEMPLATE, Finding, Table, error, warning

__all__ = ["Finding", "check"]

PROTOCOLS: Final = ("ADN06", "DKLS19", "DKLS23", "MRZ15", "SEPD19S")
SECTIONS: Final = (
    "Authentication",
    "Database",
    "ManagementServer",
    "MultiInstance",
    "Player",
    "Players",
    "SDKServer",
    *mesh.MPC_SERVERS,
    *PROTOCOLS,
)


def check(text: str) -> list[Finding]:
    """Everything that is wrong with a config.toml, in the order of its sections; nothing for a good one."""
    try:
        config = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        return [error("", _unreadable(problem, text))]
    rules: list[Callable[[Table], Iterator[Finding]]] = [
        _sections,
        mesh.player,
        mesh.players,
        mesh.indices,
        mesh.addresses,
        node.database,
        mesh.mpc_servers,
        node.servers,
        node.ports,
        node.management,
        node.authentication,
        node.multi_instance,
    ]
    return [finding for rule in rules for finding in rule(config)]


def _unreadable(problem: Exception, text: str) -> str:
    """Only where: what the parser says of it may be of the value."""
    where = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(problem))
    hint = "; a template outside of quotes is filled in by the node only" if TEMPLATE.search(text) else ""
    return f"is not TOML{', at ' + where[1] if where else ''}{hint}"


def _sections(config: Table) -> Iterator[Finding]:
    for name, value in config.items():
        if name == "MPCWebSocketServer":
            yield error(name, "was removed from the node: MPCDirectServer with a WSPort replaces it")
        elif name not in SECTIONS:
            yield warning(name, "is not a section that the vendor's examples have")
        elif not isinstance(value, dict):
            yield error(name, "is not a section")
    for name in ("Player", "Players", "Database", "SDKServer"):
        if name not in config:
            yield error(name, "is missing")
