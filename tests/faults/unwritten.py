"""The state of an `up` that was killed when its clouds had made everything, and the engine had written nothing of it
down.

No engine comes so far: it makes only what needs nothing that is still being made. But what a kill leaves of a few
resources is here left of all at once, so that one run tries the way back of everything that a stack has.
"""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ops.recover.ids import NotTaken, row_of
from ops.recover.pending import Pending
from tests.engine.harness import Sandbox
from tests.faults.things import OF_NO_CLOUD, is_made, kind_of

Resource = dict[str, Any]
PROVIDER = "pulumi:providers:"
KNOWN_AFTERWARDS = ("id", "outputs", "created", "modified")
"""What a pending operation does not have of its resource."""


def forget(sandbox: Sandbox, stack: str) -> dict[str, str]:
    """Leaves everything pending but what a provider needs, such as its cluster: without it nothing of that provider
    could be. Returns the ids of what is pending, by URN."""
    _, others = parts_of(sandbox.resources(stack))
    return leave_pending(sandbox, stack, others)


def forget_what_providers_need(sandbox: Sandbox, stack: str) -> dict[str, str]:
    """Leaves that pending. Whatever came after it is not there yet."""
    needed, others = parts_of(sandbox.resources(stack))
    remove(sandbox, others)
    return leave_pending(sandbox, stack, needed, others)


def parts_of(resources: Sequence[Resource]) -> tuple[list[Resource], list[Resource]]:
    """What some provider depends on, however far away, and all the rest that is in a cloud or in a cluster."""
    by_urn = {one["urn"]: one for one in resources}
    waiting = [one["urn"] for one in resources if one["type"].startswith(PROVIDER)]
    needed: set[str] = set()
    while waiting:
        further = set(by_urn[waiting.pop()].get("dependencies") or ()) - needed
        needed |= further
        waiting += further
    made = [one for one in resources if is_made(one) and not one["type"].startswith(OF_NO_CLOUD)]
    return [one for one in made if one["urn"] in needed], [one for one in made if one["urn"] not in needed]


def leave_pending(
    sandbox: Sandbox, stack: str, these: Sequence[Resource], removed: Sequence[Resource] = ()
) -> dict[str, str]:
    file = sandbox.home / f"state/.pulumi/stacks/{sandbox.project}/{stack}.json"
    state = json.loads(file.read_text())
    latest = state["checkpoint"]["latest"]
    these = [one for one in these if not has_to_stay(one, these)]
    gone = {one["urn"] for one in (*these, *removed)}
    gone |= {one["urn"] for one in latest["resources"] if not stays(one, gone)}
    latest["resources"] = [without_dependencies(one, gone) for one in latest["resources"] if one["urn"] not in gone]
    latest["pending_operations"] = [pending_operation(one) for one in these]
    file.write_text(json.dumps(state))
    return {one["urn"]: one["id"] for one in these}


def has_to_stay(resource: Resource, pending: Sequence[Resource]) -> bool:
    """What `recover` never takes, and others depend on: they cannot be there before the engine has written it down."""
    is_taken = not isinstance(row_of(Pending("creating", resource, {})), NotTaken)
    return not is_taken and any(resource["urn"] in (one.get("dependencies") or ()) for one in pending)


def pending_operation(resource: Mapping[str, Any]) -> dict[str, Any]:
    """As the engine writes it before it makes the resource."""
    return {"type": "creating", "resource": {key: resource[key] for key in resource if key not in KNOWN_AFTERWARDS}}


def stays(resource: Resource, gone: Collection[str]) -> bool:
    """A provider is made when all that it needs is there."""
    return not resource["type"].startswith(PROVIDER) or gone.isdisjoint(resource.get("dependencies") or ())


def without_dependencies(resource: Resource, gone: Collection[str]) -> Resource:
    """What stays waits for what it depends on before it is registered: here it did not."""
    left = [urn for urn in resource.get("dependencies") or () if urn not in gone]
    by_property = {
        name: [urn for urn in urns or () if urn not in gone]
        for name, urns in (resource.get("propertyDependencies") or {}).items()
    }
    return {**resource, "dependencies": left, "propertyDependencies": by_property}


def remove(sandbox: Sandbox, these: Sequence[Resource]) -> None:
    """Removes them from the world, with what is in their releases."""
    gone = {(kind_of(one["type"]), one["id"]) for one in these}
    with sqlite3.connect(sandbox.home / "world.sqlite") as world:
        world.execute("PRAGMA foreign_keys = ON")
        rows = world.execute("select key, type, id, properties from objects").fetchall()
        keys = [
            (key,)
            for key, type_, id_, properties in rows
            if (kind_of(type_), id_) in gone or json.loads(properties).get("release")
        ]
        world.executemany("delete from objects where key = ?", keys)
