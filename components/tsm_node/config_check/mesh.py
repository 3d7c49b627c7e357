"""The rules of who the players are, and how they reach one another."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicNumbers

from ..keys import private_key_problem, read_private_key, read_public_key
from .findings import Finding, Table, error, has, known_text, table, templated, text_there, warning, whole

MPC_SERVERS: Final = ("MPCTCPServer", "MPCDirectServer", "MPCRedisServer")
DIALLED: Final = ("tcp", "tcps", "ws", "wss")
"""Schemes of an address that has a host and a port."""
SCHEMES: Final = (*DIALLED, "broker", "incoming")
ADDRESS_OPTIONS: Final = ("connectionLifetime", "connectionPoolSize", "disableMultiplexing", "symmetricConnection")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


def player(config: Table) -> Iterator[Finding]:
    if not has(config, "Player"):
        return
    own = table(config, "Player")
    if not whole(own.get("Index")) or own["Index"] < 0:
        yield error("Player.Index", "is missing" if "Index" not in own else "is not a number from 0 on")
    yield from text_there(own, "Player", "PrivateKey")
    key = known_text(own, "PrivateKey")
    if key and (problem := private_key_problem(key)):
        yield error("Player.PrivateKey", problem)
    white_list = own.get("ExportWhiteList", [])
    if not isinstance(white_list, list):
        yield error("Player.ExportWhiteList", "is not a list")
    elif white_list:
        yield warning("Player.ExportWhiteList", "is not empty: key shares may be exported from this node")


def _own_index(config: Table) -> int | None:
    index = table(config, "Player").get("Index")
    return index if isinstance(index, int) and whole(index) and index >= 0 else None


def _own_public(config: Table) -> EllipticCurvePublicNumbers | None:
    key = known_text(table(config, "Player"), "PrivateKey")
    if not key or private_key_problem(key):
        return None
    return read_private_key(key).public_key().public_numbers()


def _listed(config: Table) -> dict[int, Table]:
    """The entries of Players, by index, without those that `players` finds wrong altogether."""
    return {
        int(name): entry
        for name, entry in table(config, "Players").items()
        if _INDEX.fullmatch(name) and isinstance(entry, dict)
    }


def players(config: Table) -> Iterator[Finding]:
    for name, entry in table(config, "Players").items():
        if not _INDEX.fullmatch(name):
            yield error(f"Players.{name}", "is not named by a player's index, such as 0 or 1")
        elif not isinstance(entry, dict):
            yield error(f"Players.{name}", "is not a section")
        else:
            yield from text_there(entry, f"Players.{name}", "PublicKey")
    yield from _public_keys(config)


def _public_keys(config: Table) -> Iterator[Finding]:
    index, own = _own_index(config), _own_public(config)
    owners = {own: f"Player {index} itself"} if own and index is not None else {}
    for listed, entry in _listed(config).items():
        path = f"Players.{listed}.PublicKey"
        key = known_text(entry, "PublicKey")
        if not key:
            continue
        try:
            public = read_public_key(key).public_numbers()
        except ValueError as wrong:
            yield error(path, str(wrong))
            continue
        if listed == index:
            if own and public != own:
                yield error(path, "does not belong to Player.PrivateKey")
        elif public in owners:
            yield error(path, f"is the key of {owners[public]} as well")
        else:
            owners[public] = f"Players.{listed}"


def indices(config: Table) -> Iterator[Finding]:
    """The players of a network are 0..n-1. The first alone may be left out, where it is configured dynamically."""
    index, listed = _own_index(config), set(_listed(config))
    if index is None or not has(config, "Players"):
        return
    if not listed - {index}:
        yield error("Players", "names no other player")
        return
    known = listed | {index}
    count = len(known)
    if max(known) < count:
        return
    if known == set(range(1, count + 1)):
        yield warning("Players", "does not name player 0, which is right only if it is configured dynamically")
    elif index >= count:
        yield error("Player.Index", f"is not among 0..{count - 1}, of the {count} players that are known")
    else:
        absent = next(each for each in range(count) if each not in known)
        yield error("Players", f"does not name player {absent}, and the indices are 0..n-1")


def addresses(config: Table) -> Iterator[Finding]:
    """Who has the lower index dials, so that an address is needed towards higher ones; a broker needs none."""
    index = _own_index(config)
    direct = any(name in config for name in MPC_SERVERS if name != "MPCRedisServer")
    for listed, entry in _listed(config).items():
        path = f"Players.{listed}.Address"
        address = entry.get("Address")
        if address is None or address == "":
            if direct and index is not None and listed > index and "MPCRedisServer" not in config:
                yield error(path, "is missing, and this player dials those with a higher index")
        elif not isinstance(address, str):
            yield error(path, "is not a string")
        elif not templated(address):
            yield from _address(path, address)


def _address(path: str, address: str) -> Iterator[Finding]:
    try:
        url = urlsplit(address)
        host, port = url.hostname, url.port
    except ValueError:
        yield error(path, "is not an address")
        return
    if url.scheme not in SCHEMES:
        yield error(path, f"has a scheme that is none of {', '.join(SCHEMES)}")
    elif url.scheme in DIALLED and not (host and port):
        yield error(path, "has no host or no port")
    if parse_qs(url.query, keep_blank_values=True).keys() - set(ADDRESS_OPTIONS):
        yield warning(path, f"has an option that is none of {', '.join(ADDRESS_OPTIONS)}")


def mpc_servers(config: Table) -> Iterator[Finding]:
    there = [name for name in MPC_SERVERS if name in config]
    if not there:
        yield error("", f"has none of {', '.join(MPC_SERVERS)}: no player is reached")
    elif "MPCTCPServer" in there and "MPCDirectServer" in there:
        yield error("MPCTCPServer", "stands beside MPCDirectServer, which replaces it")
    elif len(there) > 1:
        yield warning("MPCRedisServer", f"stands beside {there[0]}: both are used, which costs some speed")
    if has(config, "MPCRedisServer"):
        yield from text_there(table(config, "MPCRedisServer"), "MPCRedisServer", "ServerURL")
