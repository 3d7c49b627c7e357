"""What there is in a world, in whose state it is, and how two worlds differ, whatever ids their clouds made up."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.engine.harness import Sandbox

OF_NO_CLOUD = ("random:", "tls:", "pulumi:")
MADE_UP = re.compile(r"-[0-9a-f]{7,8}$")
"""What Pulumi ends a name with that it makes up, and a chart a Job's: a digest of what the Job is told."""


@dataclass(frozen=True)
class Thing:
    """Something that there is in a cloud or in a cluster."""

    kind: str
    id: str
    label: str
    """By what an operator would know it."""

    def __str__(self) -> str:
        return f"{self.kind} {self.label or self.id} ({self.id})"


def things(sandbox: Sandbox) -> Iterator[Thing]:
    with sqlite3.connect(sandbox.home / "world.sqlite") as world:
        rows = world.execute("select type, id, name, inputs from objects order by key").fetchall()
    for type_, id_, name, inputs in rows:
        if not type_.startswith(OF_NO_CLOUD):
            # A patch is known by its object: in the world its manager follows.
            known = id_.partition("#")[0] if type_.endswith("Patch") else id_
            yield Thing(kind_of(type_), known, label_of(name, json.loads(inputs)))


def kind_of(type_: str) -> str:
    """An object of a cluster has another type in the world than in a state."""
    return re.split("[:/]", type_)[-1]


def is_made(resource: dict[str, Any]) -> bool:
    """Whether a provider made it, for this stack."""
    return bool(resource.get("custom")) and not resource.get("external") and not resource["type"].startswith("pulumi:")


def label_of(name: str | None, inputs: dict[str, Any]) -> str:
    tags = inputs.get("tags")
    tagged = tags.get("Name") if isinstance(tags, dict) else None
    label = tagged or inputs.get("displayName") or inputs.get("description") or name or ""
    return MADE_UP.sub("", str(label))


def in_a_state(sandbox: Sandbox) -> set[tuple[str, str]]:
    """The kind and id of everything that some stack of the world has."""
    states = (sandbox.home / f"state/.pulumi/stacks/{sandbox.project}").glob("*.json")
    return {
        (kind_of(resource["type"]), resource["id"])
        for state in states
        for resource in (json.loads(state.read_text())["checkpoint"].get("latest") or {}).get("resources", [])
        if resource.get("id")
    }


def nobodys(sandbox: Sandbox) -> list[Thing]:
    """What is in no state: a release's objects, what a cloud makes by itself, and what was left over."""
    known = in_a_state(sandbox)
    return [thing for thing in set(things(sandbox)) if (thing.kind, thing.id) not in known]


def left_over(sandbox: Sandbox, clean: Sandbox) -> list[Thing]:
    """What is in no state, and more than there is in the clean world."""
    usual = Counter((thing.kind, thing.label) for thing in nobodys(clean))
    found = []
    for thing in nobodys(sandbox):
        usual[thing.kind, thing.label] -= 1
        if usual[thing.kind, thing.label] < 0:
            found.append(thing)
    return found


def lost(sandbox: Sandbox, clean: Sandbox, stack: str) -> list[str]:
    """What the state lacks that the clean one has, and what it has that there is not."""
    there = {(thing.kind, thing.id) for thing in things(sandbox)}
    has = {resource["urn"]: resource for resource in sandbox.resources(stack)}
    wanted = {resource["urn"] for resource in clean.resources(stack)}
    gone = [
        urn
        for urn, resource in has.items()
        if is_made(resource)
        and not resource["type"].startswith(OF_NO_CLOUD)
        and (kind_of(resource["type"]), resource["id"]) not in there
    ]
    return [*(f"not in the state: {urn}" for urn in wanted - has.keys()), *(f"not there: {urn}" for urn in gone)]
