"""What an earlier stack, or an earlier node of the same name, left in the cloud."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

Kind = Literal["address", "bucket", "database", "disk", "secret"]
"""What outlives the stack that made it: each of them is retained."""

LOOKING = "NODEYARD_LOOKING"
"""A variable of the environment: whoever sets it for a preview looks itself for what is there, and asks about it, as
`nodeyard recover --planned` does. No program stops then at what was left."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One thing that is to be made, and must not be there yet."""

    kind: Kind
    name: str
    """The name that it is made under: the component's own, but `SecretSpec.name` for a secret."""
    zone: str = ""
    """A disk's."""


def beginning(names: Collection[str]) -> str:
    """What all of the names begin with: clouds list what has such a name in one answer."""
    pairs = zip(min(names), max(names), strict=False)
    return "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
