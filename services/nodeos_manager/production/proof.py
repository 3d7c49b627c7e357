"""What shows that a nodeos makes no block."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Paused:
    """This process was told to pause by us, said so, and nothing told it to resume since."""

    process: int
    """Counts the starts of nodeos by this manager."""


@dataclass(frozen=True)
class Unresumed:
    """This process was started by us with `--pause-on-startup`, has not answered yet, and nothing told it to resume."""

    process: int


@dataclass(frozen=True)
class Stopped:
    """No process of nodeos runs under this manager."""


Proof = Paused | Unresumed | Stopped


class Standing(StrEnum):
    """What another ordinal's manager says of its nodeos. The words are part of the HTTP API."""

    PAUSED = "paused"
    STOPPED = "stopped"
    MAY_PRODUCE = "may produce"
    """There is no proof that it makes no block."""
    UNKNOWN = "unknown"
    """The manager gave no answer."""


@dataclass(frozen=True)
class Fellow:
    """Another ordinal that has the same signing key."""

    ordinal: str
    standing: Standing
    head: int | None = None
    """The number of its newest block, where it is known."""
    reloads: bool = False
    """Whether it takes a new configuration, or is not well with it yet."""


def standing(proof: Proof | None) -> Standing:
    if proof is None:
        return Standing.MAY_PRODUCE
    return Standing.STOPPED if isinstance(proof, Stopped) else Standing.PAUSED
