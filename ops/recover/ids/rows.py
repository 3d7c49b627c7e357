"""How the id of something is found that was made and not written down."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..pending import Pending

Endpoints = Mapping[str, str] | None
"""Where the cloud's services are asked, where that is not where the cloud has them: the stack's `cloud.endpoints`."""
_PLACE = re.compile(r"\{([\w.]+)\}")


class Unknown(Exception):
    """What the id is made of is not in the pending operation, or is a secret there."""


@dataclass(frozen=True)
class Computed:
    """An id that is made of names. Whether something has it, the provider says when it reads."""

    template: str
    """Of the resource's inputs, and of its provider's where the resource has none of that name."""
    ending: str = ""
    """What follows for those that have it."""

    def id_of(self, pending: Pending) -> str:
        """Raises `Unknown`."""
        begin = filled(self.template, pending)
        try:
            return begin + filled(self.ending, pending)
        except Unknown:
            return begin


@dataclass(frozen=True)
class LookedUp:
    """An id that the cloud gave: it is asked what is there under our name."""

    find: Callable[[Pending, Endpoints], list[str]]
    """The ids of all that the operation may have made. Raises `Unknown`, and `Unreachable`."""
    remove: str
    """The command that deletes one of them, with a place for its `{id}`."""


@dataclass(frozen=True)
class NotTaken:
    """Something that the next `up` may make again."""

    why: str


Row = Computed | LookedUp | NotTaken
Rows = Mapping[str, Row]


def filled(template: str, pending: Pending) -> str:
    """Raises `Unknown`."""
    return _PLACE.sub(lambda place: word(place[1], pending), template)


def word(path: str, pending: Pending) -> str:
    """An input at a path of names. Raises `Unknown`."""
    value: Any = pending.inputs if path.partition(".")[0] in pending.inputs else pending.provider
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, str | int | float) or value == "":
        raise Unknown(path)
    return str(int(value) if isinstance(value, float) else value)
