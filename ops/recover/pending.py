"""What an operation that was cut off left in a stack's state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import Unreachable

CREATING = "creating"
PLANNED = "planned"


@dataclass(frozen=True)
class Pending:
    """One resource that Pulumi was at when it ended: it does not know what became of it."""

    operation: str
    """creating, updating, deleting, reading or importing; or planned, of which `planned` knows."""
    resource: Mapping[str, Any]
    """As the state has a resource: urn, type, inputs, and what an existing one has besides."""
    provider: Mapping[str, Any]
    """The inputs of its provider: region, project, subscription."""

    @property
    def urn(self) -> str:
        return str(self.resource["urn"])

    @property
    def type(self) -> str:
        return str(self.resource["type"])

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]

    @property
    def inputs(self) -> Mapping[str, Any]:
        return self.resource.get("inputs") or {}

    @property
    def may_have_made(self) -> bool:
        return self.operation == CREATING or self.is_planned

    @property
    def is_planned(self) -> bool:
        """Whether it is no pending operation, but a create of the next `up`."""
        return self.operation == PLANNED


def pending(deployment: Mapping[str, Any]) -> list[Pending]:
    """In the order in which they began. Raises `Unreachable` for what no engine writes."""
    known = providers(deployment)
    try:
        return [
            Pending(str(each["type"]), each["resource"], known.get(each["resource"].get("provider", ""), {}))
            for each in deployment.get("pending_operations") or []
            if each["resource"]["urn"] and each["resource"]["type"]
        ]
    except (LookupError, TypeError, AttributeError):
        raise Unreachable("the state's pending operations are not what Pulumi writes.") from None


def providers(deployment: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The inputs of each, by what a resource calls its provider."""
    return {
        f"{each['urn']}::{each.get('id', '')}": each.get("inputs") or {}
        for each in resources(deployment)
        if str(each.get("type")).startswith("pulumi:providers:")
    }


def resources(deployment: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    return deployment.get("resources") or []


UNREAD = "nodeyard recover: taken into the state, and not read yet"
"""Stands among a resource's errors until a `refresh` has read it."""


def unread(deployment: Mapping[str, Any]) -> list[Pending]:
    """What an earlier `recover` took into the state, and was itself ended before it was read."""
    return [Pending("reading", each, {}) for each in resources(deployment) if UNREAD in (each.get("initErrors") or [])]


def with_taken(deployment: Mapping[str, Any], taken: Sequence[tuple[Pending, str]]) -> dict[str, Any]:
    """The state with what was made in it, as if the engine had written it down; what the provider answered is missing.

    What a new one replaces goes when the next `up` has seen the new one; what is gone already goes now.
    """
    replaced = {each.urn for each, _ in taken}
    kept = [
        {**each, "delete": True} if each["urn"] in replaced and not each.get("delete") else each
        for each in resources(deployment)
        if not (each["urn"] in replaced and each.get("pendingReplacement"))
    ]
    new = [{**each.resource, "id": id_, "outputs": {}, "initErrors": [UNREAD]} for each, id_ in taken]
    return {**deployment, "resources": [*kept, *new], "pending_operations": []}


def with_replaced(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any] | None:
    """The state where what was to be replaced stays, as its new one turned out not to be there; None where that is so.

    `before` is the state without what was taken, `after` the one that a `refresh` left."""
    condemned = {str(each["urn"]) for each in resources(before) if each.get("delete")}
    living = {str(each["urn"]) for each in resources(after) if not each.get("delete")}
    lost = [each for each in resources(after) if each.get("delete") and each["urn"] not in living | condemned]
    if not lost:
        return None
    back = [
        {key: value for key, value in each.items() if key != "delete"} if each in lost else each
        for each in resources(after)
    ]
    return {**after, "resources": back}
