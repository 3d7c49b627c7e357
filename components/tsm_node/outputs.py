"""What a player tells those who use it."""

from typing_extensions import TypedDict


class SDKPlayer(TypedDict):
    """One player, as the SDK of an application must know it. The keys are spelled as stacks export them."""

    index: int
    """The player's number, from 0."""
    url: str
    """Where its SDK port is."""
    publicKey: str
    """Its public key: a DER file in base64."""
