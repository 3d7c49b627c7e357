"""A module for each component, under the component's name. It knows what runs in the component's parts, and how that is
asked.
"""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import cast

from ...errors import BadInput
from ..asked import Reader


def of_component(name: str) -> Reader | None:
    """None for a component that has no reader."""
    known = name.isidentifier() and find_spec(f"{__name__}.{name}")
    return cast(Reader, import_module(f"{__name__}.{name}")) if known else None


def of_places(names: set[str]) -> Reader:
    """The one that asks at all of these places. Raises `BadInput`."""
    readers = [cast(Reader, import_module(f"{__name__}.{found.name}")) for found in iter_modules(__path__)]
    for reader in readers:
        if names <= reader.PLACES.keys():
            return reader
    known = "; ".join(", ".join(reader.PLACES) for reader in readers if reader.PLACES)
    raise BadInput(f"No component has {', '.join(sorted(names))} to ask. These are asked together: {known}.")
