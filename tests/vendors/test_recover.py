"""What an `up` that was killed has made is found again: `nodeyard recover` knows the id of everything that a stack or a
variant has, by what a pending operation keeps of it.

Proved against the sandbox's stand-in clouds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ops.recover.ids import NotTaken, row_of
from ops.recover.plan import Step, plan
from sandbox.endpoints import server, services
from sandbox.simulation.world import World
from tests.faults.things import OF_NO_CLOUD, is_made
from tests.faults.unwritten import pending_operation
from tests.vendors.stacks import Stacks, everywhere

EVERY = everywhere("gcp")


@contextmanager
def answering(home: Path) -> Iterator[Mapping[str, str]]:
    """Where the clouds of a world are asked."""
    serving = server.Server(home)
    thread = Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield {name: f"{serving.url}/{name}" for name in services()}
    serving.shutdown()
    thread.join()
    serving.server_close()


def step_of(one: Mapping[str, Any], resources: Sequence[Mapping[str, Any]], endpoints: Mapping[str, str]) -> Step:
    """What becomes of a resource that was being made, after all the others."""
    others = [each for each in resources if each is not one]
    (step,) = plan({"resources": others, "pending_operations": [pending_operation(one)]}, {}, endpoints)
    return step


def is_right(step: Step, resource: Mapping[str, Any], world: World) -> bool:
    """An id is right if it is what the state has, or what an import of that very thing takes."""
    if isinstance(row_of(step.pending), NotTaken):
        return step.fate == "forget"
    meant = [one.id for one in world.identified(f"{step.pending.type} {step.id}")]
    return step.fate == "take" and resource["id"] in (step.id, *meant)


@pytest.mark.parametrize(("cloud", "stack"), EVERY, ids=[stack for _, stack in EVERY])
def test_everything_of_a_stack_is_found_by_what_a_pending_operation_keeps(
    cloud: str, stack: str, stacks_of: Callable[[str], Stacks]
) -> None:
    sandbox = stacks_of(cloud).sandbox(stack)
    resources, world = sandbox.resources(stack), World(sandbox.home / "world.sqlite")
    made = [one for one in resources if is_made(one) and not one["type"].startswith(OF_NO_CLOUD)]
    assert made
    with answering(sandbox.home) as endpoints:
        found = [(step_of(one, resources, endpoints), one) for one in made]
    assert [f"{step.name}: {step.why} {step.id}" for step, one in found if not is_right(step, one, world)] == []
