"""How a cloud sees what a component hands back to it."""

from typing import TypeVar

Own = TypeVar("Own")


def own(kind: type[Own], thing: object) -> Own:
    """The same `thing`, as the cloud's own class `kind`.

    A component knows what it made only by the contract's class. A cloud needs more of the thing than the contract says.
    Raises `TypeError` for a thing that another cloud made.
    """
    if not isinstance(thing, kind):
        raise TypeError(f"{thing} is no {kind.__module__}.{kind.__name__}")
    return thing
