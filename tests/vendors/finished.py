"""What a stack has made, as its state tells it, in the form that every judge takes."""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.engine.harness import SECRET

A_SECRET = "a secret"

Adapt = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes of a resource's inputs what its provider sends, where more than names differ."""


@dataclass(frozen=True)
class Made:
    """A resource of a cloud. `inputs` is what its provider was told."""

    type: str
    name: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]

    def told(self, inputs: dict[str, Any]) -> "Made":
        """The same resource, had its provider been told this."""
        return replace(self, inputs=inputs)


class Unmapped(AssertionError):
    """A type that a judge's table does not have: it would go unjudged."""

    def __init__(self, made: Made, table: str) -> None:
        super().__init__(f"{made.type} has no line in {table}: nothing holds it against what its cloud takes")


def resources(state: Mapping[str, Any], package: str) -> list[Made]:
    """Those of one provider in a stack's export, without what was only read, in the order of their URNs: the engine
    keeps them in the order in which they came to be. What is secret is `A_SECRET`."""
    by_urn = sorted(state["deployment"]["resources"], key=lambda item: str(item["urn"]))
    found = [item for item in by_urn if item["type"].startswith(f"{package}:")]
    return [
        Made(item["type"], item["urn"].rpartition("::")[2], plain(item["inputs"]), plain(item.get("outputs", {})))
        for item in found
        if item.get("inputs") and not item.get("external")
    ]


def plain(value: Any) -> Any:
    """Without the wrapping of secrets, and without what the SDK adds for itself."""
    if isinstance(value, dict):
        if SECRET in value.values():
            return A_SECRET
        return {key: plain(inner) for key, inner in value.items() if key != "__defaults"}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def without(inputs: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    left_out = set(keys)
    return {key: copy.deepcopy(value) for key, value in inputs.items() if key not in left_out}
