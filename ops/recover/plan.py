"""What is to become of each pending operation."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from .ids import Computed, LookedUp, NotTaken, Unknown, row_of
from .ids.rows import Endpoints
from .pending import Pending, pending, resources, unread

_AT_ONCE = 8
Fate = Literal["take", "read", "forget", "stop"]


@dataclass(frozen=True)
class Step:
    """One pending operation, and what `recover` does with it.

    `take`: what it made goes into the state. `read`: it is in the state, and is read anew. `forget`: the next `up`
    makes it. `stop`: only the operator can tell.
    """

    pending: Pending
    fate: Fate
    why: str
    id: str = ""
    found: tuple[str, ...] = ()
    """All that may be it."""

    @property
    def name(self) -> str:
        return self.pending.name


def plan(
    deployment: Mapping[str, Any], ids: Mapping[str, str], endpoints: Endpoints, planned: Sequence[Pending] = ()
) -> list[Step]:
    """`ids` are those that the operator says, by URN or by name. Of what is `planned`, only what may be there already
    is in the plan. Asks the cloud only what is there.

    Raises `Unreachable` where it does not answer: what is not seen would be forgotten.
    """
    operations = pending(deployment)
    cut_off = {one.urn for one in operations}
    known = {(str(each["type"]), str(each.get("id"))) for each in resources(deployment)}
    inside = {str(each["urn"]) for each in resources(deployment)}

    def step(one: Pending) -> Step:
        if not one.may_have_made:
            return _other(one, one.urn in inside)
        if given := ids.get(one.urn) or ids.get(one.name):
            return Step(one, "take", "the operator says so", given)
        return _create(one, known, endpoints)

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        further = threads.map(step, [one for one in planned if one.urn not in cut_off])
        there = [each for each in further if each.fate == "take" or each.found]
        return [*threads.map(step, operations), *there, *_unread(deployment)]


def _other(one: Pending, is_inside: bool) -> Step:
    if is_inside:
        return Step(one, "read", f"Pulumi ended while it was {one.operation}")
    return Step(one, "forget", f"Pulumi ended while it was {one.operation}: the next `up` does it again")


def _unread(deployment: Mapping[str, Any]) -> Iterator[Step]:
    for one in unread(deployment):
        yield Step(one, "read", "an earlier `recover` took it, and could not read it", str(one.resource["id"]))


def _create(one: Pending, known: set[tuple[str, str]], endpoints: Endpoints) -> Step:
    row = row_of(one)
    if isinstance(row, NotTaken):
        return Step(one, "forget", row.why)
    if row is None:
        return Step(one, "stop", f"nobody knows how ids of {one.type} are made: give it with --id")
    try:
        if isinstance(row, Computed):
            return Step(one, "take", "if it is there", row.id_of(one))
        found = [id_ for id_ in row.find(one, endpoints) if (one.type, id_) not in known]
    except Unknown as missing:
        return Step(one, "stop", f"its `{missing}` is not in the state, of which its id is made: give it with --id")
    return _looked_up(one, row, found)


def _looked_up(one: Pending, row: LookedUp, found: Sequence[str]) -> Step:
    if not found:
        return Step(one, "forget", "it is not there: the next `up` makes it")
    if len(found) == 1:
        return Step(one, "take", "it is there", found[0])
    removing = "; ".join(row.remove.format(id=id_) for id_ in found)
    why = f"there are {len(found)} of that name: say which with --id, and remove the others ({removing})"
    return Step(one, "stop", why, found=tuple(found))
