"""The other players, as the operator tells them: by their cards, or by value."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import Input

from ..errors import Path, Problem, below
from .args import PeerArgs, TSMNodeArgs
from .card import Card, read_signed
from .keys import private_key_problem, public_key_of


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Another player of whom everything is known that the node must know."""

    index: int
    address: str
    public_key: Input[str]
    egress: Sequence[str]
    mesh: str = ""
    """As its card says; empty without a card."""
    peered: Sequence[str] = ()
    """The ranges that its network is routed to, as its card says."""
    sdk: str = ""
    """Where the SDK reaches it."""
    namespace: str = ""
    """Its namespace in this cluster."""


def others(args: TSMNodeArgs) -> list[int]:
    """The numbers of all other players."""
    return [index for index in range(args["players"]) if index != args["index"]]


def known_peers(args: TSMNodeArgs) -> list[Peer]:
    """The peers of whom enough is known, by their numbers. Malformed ones are none: `peer_problems` tells of them."""
    found = [_peer(index, args["peers"].get(str(index))) for index in others(args)]
    return [peer for peer in found if peer]


def missing_peers(args: TSMNodeArgs) -> list[int]:
    """The numbers of the players of whom nothing is known yet."""
    known = {peer.index for peer in known_peers(args)}
    return [index for index in others(args) if index not in known]


def peer_problems(args: TSMNodeArgs) -> Iterator[Problem]:
    """What is wrong with the peers, each by its key."""
    for key, told in args["peers"].items():
        path: Path = ("peers", key)
        if int(key) == args["index"]:
            yield path, "is this player itself: a peer is another one"
        elif int(key) >= args["players"]:
            yield path, f"is none of the players: they are 0 to {args['players'] - 1}"
        yield from below(path, _problems(int(key), told))
    yield from _twice(args)


def _peer(index: int, told: PeerArgs | None) -> Peer | None:
    if told is None:
        return None
    namespace = told.get("namespace", "")
    if "address" in told:
        if not (key := told.get("public_key")):
            return None
        return Peer(
            index=index,
            address=told["address"],
            public_key=key,
            egress=told["egress"],
            sdk=told.get("sdk", ""),
            namespace=namespace,
        )
    card = _card(told)
    if card is None:
        return None
    return Peer(
        index=index,
        address=card["address"],
        public_key=card["public_key"],
        egress=card["egress"],
        mesh=card["mesh"],
        peered=card["peered"],
        sdk=card["sdk"],
        namespace=namespace,
    )


def _card(told: PeerArgs) -> Card | None:
    """The peer's card; None where it has none yet, or none that can be read."""
    if "card" in told:
        return told["card"]
    key, text = told.get("public_key"), told.get("signed_card")
    if not text or not isinstance(key, str):
        return None
    try:
        return read_signed(text, key)
    except ValueError:
        return None


def _problems(index: int, told: PeerArgs) -> Iterator[tuple[Path, str]]:
    given = [key for key in ("card", "signed_card", "address") if key in told]
    if len(given) > 1:
        yield (), f"is told more than once: give one of {', '.join(f'`{key}`' for key in given)}"
        return
    key = told.get("public_key")
    if "address" in told and not key:
        yield ("address",), "needs the peer's `public_key` beside it"
    for value in ("egress", "sdk"):
        if told.get(value) and "address" not in told:
            yield (value,), "goes with `address`: a card says it itself"
    if "signed_card" in told:
        yield from _signed_problems(told["signed_card"], key)
    card = _card(told)
    if card and card["index"] != index:
        yield (given[0],), f"is the card of player {card['index']}"
    if card and isinstance(key, str) and card["public_key"] != key:
        yield (given[0],), "is a card of another key than `public_key` says"


def _signed_problems(text: str, key: Any) -> Iterator[tuple[Path, str]]:
    if not isinstance(key, str):
        yield ("public_key",), "is needed with `signed_card`: it is what the signature is checked with"
        return
    try:
        read_signed(text, key)
    except ValueError as error:
        yield ("signed_card",), str(error)


def _twice(args: TSMNodeArgs) -> Iterator[Problem]:
    """Two players with one key, or with one address, are one player twice. This player's own key counts where it is
    known."""
    seen = dict.fromkeys(_own_keys(args), args["index"])
    for peer in known_peers(args):
        for what, value in (("key", peer.public_key), ("address", peer.address)):
            if isinstance(value, str) and (first := seen.setdefault(value, peer.index)) != peer.index:
                yield ("peers", str(peer.index)), f"has the {what} of player {first}"


def _own_keys(args: TSMNodeArgs) -> Iterator[Any]:
    """The player's public key, as it is told and as its private key says."""
    yield args.get("public_key")
    private = args["secrets"].get("private_key", {}).get("value")
    if isinstance(private, str) and not private_key_problem(private):
        yield public_key_of(private)
