"""A player's card: what the other players must know of it, and nothing else.

A card goes from team to team as the only output of a small stack, or as a signed text. The signature is a JWS
(RFC 7515, ES256) made with the player's own key, so that a receiver who knows the public key from the ceremony can
check the rest. Nothing of Pulumi is imported here: `nodeyard tsm card` does without.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from ipaddress import ip_network
from typing import Any, Final

import jwt
from pydantic import TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from .keys import public_key_of, public_key_problem, read_private_key, read_public_key

CARD_VERSION: Final = 1
"""The version grows when a field changes its meaning or goes. A new field does not count."""

_ALGORITHM: Final = "ES256"


@dataclass(frozen=True, kw_only=True)
class Card:
    """The public facts of one player."""

    index: int
    """The player's number, from 0."""
    address: str
    """Where peers dial the player, as in `tcp://198.51.100.7:9000`."""
    public_key: str
    """The public half of the player's key: a DER file in base64."""
    egress: tuple[str, ...] = ()
    """The ranges that the player's own calls come from."""
    mesh: str = "public"
    """How the player meets its peers: `public`, `private` or `cluster`."""
    peered: tuple[str, ...] = ()
    """The ranges of other networks that are routed to the player's own."""
    contract: int = field(default=CARD_VERSION)
    """The `CARD_VERSION` of the program that wrote the card."""

    def told(self) -> dict[str, Any]:
        """The card as stacks and files spell it."""
        return {to_camel(key): list(value) if key in _LISTS else value for key, value in asdict(self).items()}


_LISTS: Final = ("egress", "peered")
_KEYS: Final = {to_camel(key): key for key in Card.__dataclass_fields__}
_READER: Final = TypeAdapter(Card)


def read_card(told: object) -> Card:
    """The card that a stack or a file tells. Raises `ValueError`, in one sentence."""
    if not isinstance(told, Mapping):
        raise ValueError("is no card: it must hold keys and their values")
    if told.get("contract") != CARD_VERSION:
        raise ValueError(f"is a card of version {told.get('contract')}, and this program needs {CARD_VERSION}")
    try:
        card = _READER.validate_python({_KEYS.get(str(key), str(key)): value for key, value in told.items()})
    except ValidationError as error:
        lacking = sorted({to_camel(str(detail["loc"][0])) for detail in error.errors()})
        raise ValueError(f"is no whole card: look at its {', '.join(lacking)}") from None
    if problems := [f"{key}: {reason}" for key, reason in _problems(card)]:
        raise ValueError(f"is no card: {'; '.join(problems)}")
    return card


def sign(card: Card, private_key: str) -> str:
    """The card as a signed text. Raises `ValueError` where the key is another player's."""
    if public_key_of(private_key) != card.public_key:
        raise ValueError("the key is not the one that the card names: sign with the player's own key")
    return jwt.encode(card.told(), read_private_key(private_key), algorithm=_ALGORITHM, headers={"typ": "card"})


def read_signed(text: str, public_key: str | None = None) -> Card:
    """The card in a signed text. Its signature must be of the key that it names, which is `public_key` where one is
    known from elsewhere. Raises `ValueError`, in one sentence."""
    try:
        named = jwt.decode(text.strip(), options={"verify_signature": False}).get("publicKey", "")
        read = jwt.decode(text.strip(), read_public_key(public_key or str(named)), algorithms=[_ALGORITHM])
    except jwt.InvalidSignatureError:
        raise ValueError("is a card whose signature is not of this key") from None
    except jwt.InvalidTokenError:
        raise ValueError("is no signed card, as `nodeyard tsm card` prints one") from None
    card = read_card(read)
    if public_key and card.public_key != public_key:
        raise ValueError("is a card of another key")
    return card


def _problems(card: Card) -> Iterator[tuple[str, str]]:
    if card.index < 0:
        yield "index", "is below 0"
    if not card.address:
        yield "address", "is empty"
    if problem := public_key_problem(card.public_key):
        yield "publicKey", problem
    for key in _LISTS:
        for range_ in getattr(card, key):
            if not _is_range(range_):
                yield key, f"{range_!r} is no range of addresses"


def _is_range(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True
