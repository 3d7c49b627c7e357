"""Faults that are put into resources that nothing is wrong with, to see who sees them.

Each is one that somebody could make in a component. A fault that nobody sees stands in the tables too: it says what
the models do not know, which our own rules must.
"""

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.vendors.finished import Made

GONE = object()
"""The value of a key that is taken away."""


@dataclass(frozen=True)
class Fault:
    type: str
    path: str
    """Of the input, with dots; after a `|`, inside the JSON that stands there."""
    value: Any
    seen_by: str = ""
    """The judges that see it, by their names."""

    def __str__(self) -> str:
        return f"{self.type} {self.path}={'-' if self.value is GONE else self.value}"

    def put_into(self, stack: Sequence[Made]) -> Made:
        """The first resource that has the place, with the fault."""
        for made in stack:
            if made.type == self.type:
                inputs = copy.deepcopy(made.inputs)
                if put(inputs, self.path, self.value):
                    assert inputs != made.inputs, f"{self} changes nothing"
                    return made.told(inputs)
        raise LookupError(f"no resource has a place for {self}")


def put(inputs: Any, path: str, value: Any) -> bool:
    """Whether there is such a place."""
    before, _, inside = path.partition("|")
    *parents, last = before.split(".")
    holder = inputs
    for part in parents:
        holder = at(holder, part)
    if not isinstance(holder, dict | list) or ((value is GONE or inside) and at(holder, last) is None):
        return False
    key: Any = int(last) if isinstance(holder, list) else last
    if inside:
        document = json.loads(holder[key])
        found = put(document, inside, value)
        holder[key] = json.dumps(document)
        return found
    if value is GONE:
        del holder[key]
    else:
        holder[key] = value
    return True


def at(holder: Any, part: str) -> Any:
    if isinstance(holder, list):
        return holder[int(part)] if part.isdigit() and int(part) < len(holder) else None
    return holder.get(part) if isinstance(holder, dict) else None
