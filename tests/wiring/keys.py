"""Walks from every place of a finished deployment that names a customer key to whoever uses the key there besides us,
and says who of them has no right to.

A place that no table of a cloud knows is a problem too: whatever comes to use a key says by whose right. Grants are
evaluated, never recognised by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.controlplane.clouds import View
from sandbox.simulation.world import Object
from tests.wiring.deployment import State

Asks = Callable[[View, Object, Object], Iterator[str]]
"""What is wrong with the rights of those who use the key for a thing: of the view, the key, and the thing."""
Users = Mapping[tuple[str, str], Asks]
"""By a thing's type and the path of its inputs that names the key."""


def named(state: State, users: Users, key: Object, *spellings: str) -> Iterator[str]:
    """The problems of every place that names a key in one of these spellings."""
    for item in state.objects:
        for path in dict.fromkeys(path for path, value in leaves(item.inputs) if value in spellings):
            if asks := users.get((item.type, path)):
                yield from (f"{item.id}: {problem}" for problem in asks(state, key, item))
            else:
                yield f"nobody says by whose right {item.type} uses a key at {path}"


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a thing's inputs, by its path without the places of lists."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    elif isinstance(value, str):
        yield path, value


def nobody(_view: View, _key: Object, _item: Object) -> Iterator[str]:
    """Where we alone use the key, or tell of it."""
    yield from ()
