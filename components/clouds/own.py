"""How a cloud sees what a component hands back to it."""

from typing import TypeVar

Own = TypeVar("Own")


def own(kind: type[Own], thing: object) -> Own:
    """`thing`, which was asked for as the contract's, as the class by which this cloud made it. Raises `TypeError` for
    another cloud's."""
    if not isinstance(thing, kind):
        raise TypeError(f"{thing} is no {kind.__module__}.{kind.__name__}")
    return thing
