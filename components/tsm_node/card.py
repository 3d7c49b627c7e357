"""A player's card: what the other players must know of it, and nothing else.

A card goes from team to team as the only output of a small stack, or as a signed text. The signature is a JWS
(RFC 7515, ES256) made with the player's own key, so that a receiver who knows the public key from the ceremony can
check the rest. Nothing of Pulumi is imported here: `nodeyard tsm card` does without.
"""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

import jwt
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from .keys import public_key_of, read_private_key, read_public_key, written_public_key

CARD_VERSION: Final = 1
"""The version grows when a field of `Card` changes its meaning or goes. A new field does not count."""

_ALGORITHM: Final = "ES256"
_UNSIGNED: Final = "is no signed card, as `nodeyard tsm card` prints one"


class Card(TypedDict):
    """The public facts of one player."""

    contract: int
    """The `CARD_VERSION` of the program that wrote the card."""
    index: int
    """The player's number, from 0."""
    address: str
    """Where peers dial the player, as in `tcp://198.51.100.7:9000`."""
    public_key: str
    """The public half of the player's key: a DER file in base64."""
    egress: list[str]
    """The ranges that the player's own calls come from."""
    mesh: str
    """How the player meets its peers: `public`, `private` or `cluster`."""
    peered: list[str]
    """The ranges of other networks that are routed to the player's own."""
    sdk: str
    """Where the SDK reaches the player; empty where nobody outside may."""


_READER: Final = TypeAdapter(Card)


def read_card(told: object) -> Card:
    """The card that a stack or a file tells. Raises `ValueError`, in words that follow `is`."""
    if not isinstance(told, dict) or told.get("contract") != CARD_VERSION:
        raise ValueError(f"is no card of version {CARD_VERSION}, which this program needs")
    try:
        card = _READER.validate_python({key: _as_written(value) for key, value in told.items()}, strict=True)
    except ValidationError as error:
        lacking = sorted({".".join(map(str, detail["loc"])) for detail in error.errors()})
        raise ValueError(f"is no whole card: look at its {', '.join(lacking)}") from None
    if problems := list(_problems(card)):
        raise ValueError(f"is no card: {'; '.join(problems)}")
    return card


def sign(card: Card, private_key: str) -> str:
    """The card as a signed text. Raises `ValueError` where the key is another player's."""
    if public_key_of(private_key) != card["public_key"]:
        raise ValueError("the key is not the one that the card names: sign with the player's own key")
    return jwt.encode(dict(card), read_private_key(private_key), algorithm=_ALGORITHM)


def read_signed(text: str, public_key: str) -> Card:
    """The card in a signed text, whose signature must be of `public_key`. Raises `ValueError`."""
    try:
        read = jwt.decode(text.strip(), read_public_key(public_key), algorithms=[_ALGORITHM])
    except jwt.InvalidSignatureError:
        raise ValueError("is a card whose signature is not of this public key") from None
    except jwt.InvalidTokenError:
        raise ValueError(_UNSIGNED) from None
    card = read_card(read)
    if card["public_key"] != public_key:
        raise ValueError("is a card of another public key")
    return card


def signer_of(text: str) -> str:
    """The public key that a signed text itself says it is of, unproven. Raises `ValueError`."""
    try:
        key = jwt.decode(text.strip(), options={"verify_signature": False}).get("public_key")
    except jwt.InvalidTokenError:
        key = None
    if not isinstance(key, str):
        raise ValueError(_UNSIGNED)
    return key


def _as_written(value: object) -> object:
    """A whole number as one: Pulumi hands every number of another stack on as a fraction."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _problems(card: Card) -> Iterator[str]:
    if card["index"] < 0:
        yield "its index is below 0"
    if not card["address"]:
        yield "its address is empty"
    yield from _key_problems(card["public_key"])
    yield from (
        f"{range_!r} is no range of addresses" for range_ in [*card["egress"], *card["peered"]] if not _is_range(range_)
    )


def _key_problems(key: str) -> Iterator[str]:
    try:
        written = written_public_key(key)
    except ValueError as error:
        yield f"its public key {error}"
        return
    if written != key:
        yield f"its public key is written in another way than {written}"


def _is_range(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True
