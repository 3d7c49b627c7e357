"""What is killed, when, and how it looks where nothing is: all of it chosen by a seed."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.engine.harness import Sandbox
from tests.engine.worlds import Worlds
from tests.faults.killing import VICTIMS, Moment
from tests.faults.stacks import DESTROY, UP, Stack
from tests.faults.things import is_made

Make = Callable[[Worlds, Path], Sandbox]
KINDS = ("up",) * 3 + ("update", "destroy")
"""As often as each is to come. A platform's `destroy` deletes nothing that could be cut off."""
CALLS = {"up": "Create", "update": "Update", "destroy": "Delete"}
WALL_CLOCK = 0.1
"""So many are killed by the clock, the others at a call."""
SECONDS = (0.3, 6.0)
"""After the start, by the clock."""


@dataclass(frozen=True)
class Scenario:
    begin: Make
    command: Sequence[str]
    moment: Moment
    victim: str
    end: Make
    """The world of a run that nobody disturbed."""

    def __str__(self) -> str:
        return f"{self.command[0]}: {self.victim} killed {self.moment}"


def scenario(stack: Stack, seed: int, worlds: Worlds) -> Scenario:
    """The same for the same stack and seed."""
    choose = random.Random(f"{stack}/{seed}")
    kinds = [kind for kind in KINDS if (stack.kind, kind) != ("platform", "destroy")]
    kind, victim = choose.choice(kinds), choose.choice(VICTIMS)
    # What is there after a call, and nobody was told, is what a kill leaves: before it, nothing is lost.
    when = choose.choice(("before", "after", "after", "after"))
    if choose.random() < WALL_CLOCK:
        moment = Moment(seconds=choose.uniform(*SECONDS))
    else:
        moment = Moment(when, CALLS[kind], choose.choice(work(stack, kind, worlds)))
    if kind == "destroy":
        return Scenario(stack.up, (*DESTROY, "--stack", stack.name), moment, victim, stack.destroyed)
    begin, end = (stack.ready, stack.up) if kind == "up" else (stack.changed, stack.updated)
    return Scenario(begin, (*UP, "--stack", stack.name), moment, victim, end)


@cache
def work(stack: Stack, kind: str, worlds: Worlds) -> Sequence[str]:
    """The URNs of what an undisturbed run makes, changes or deletes."""
    made = inputs_of(stack.up, stack, worlds)
    if kind == "up":
        return sorted(made)
    if kind == "destroy":
        return sorted(made.keys() - inputs_of(stack.destroyed, stack, worlds).keys())
    changed = inputs_of(stack.updated, stack, worlds)
    return sorted(urn for urn, inputs in changed.items() if made.get(urn, inputs) != inputs)


def inputs_of(make: Make, stack: Stack, worlds: Worlds) -> dict[str, object]:
    """Of everything that a provider made, by its URN."""
    with TemporaryDirectory() as home:
        resources = make(worlds, Path(home)).resources(stack.name)
    return {resource["urn"]: resource.get("inputs") for resource in resources if is_made(resource)}
