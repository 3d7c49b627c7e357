"""A player's card, in a stack of its own: all that other teams may see of the player.

Whoever may refer to a stack may read the whole of its state. So other teams refer to this stack, which holds nothing
but the card, and never to the player's own.
"""

from typing import Annotated

import pulumi
from typing_extensions import TypedDict

from nodeyard.asking import checked
from nodeyard.inputs import declared
from nodeyard.reference import Taken
from nodeyard.tsm_node.args import CARD
from nodeyard.tsm_node.card import Card, read_card

from .file import StackFile


@declared
class TSMCardArgs(TypedDict):
    """What the card's stack is told."""

    player: Annotated[
        Card,
        Taken(
            output=CARD.output,
            called="the player's own stack",
            taken_by=CARD.taken_by,
            valid=read_card,
        ),
    ]
    """The player's card."""


def resolve(name: str, args: TSMCardArgs) -> TSMCardArgs:
    """The card, as the player's stack exports it. Raises `InputError` where it does not."""
    return checked(f"The card {name!r}", TSMCardArgs, args)


FILE = StackFile(TSMCardArgs, resolve, is_named=False)


def deploy(_name: str, args: TSMCardArgs) -> None:
    """Exports the card. Makes nothing."""
    pulumi.export(CARD.output, dict(args["player"]))
