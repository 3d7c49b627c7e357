"""A cluster of producers: looked at as a whole, and changed one step at a time.

Nothing is remembered between two commands. What is to be done next is read from the cluster each time, so a command
that was interrupted is completed by the same command.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from .. import output
from ..errors import Failure, Unhealthy, Unreachable
from .kubernetes import Kubernetes
from .managers import Busy, Managers, follow, read
from .readings import Readings
from .sight import Ordinal, Sight

#: How many times in a row a manager may be at another command.
_BUSY = 5
_ATTEMPTS = 2
_RETRY_SECONDS = 5.0
_FORESEEN = 100


@dataclass(frozen=True)
class World:
    """The cluster's two sides."""

    kubernetes: Kubernetes
    managers: Managers
    is_automatic: bool

    async def look(self) -> Sight:
        """Raises `Unreachable` where Kubernetes does not answer: then nothing is known."""
        seen = await self.kubernetes.look()
        heard = await asyncio.gather(*(self._hear(each) for each in seen.ordinals.values()))
        ordinals = {each.name: each for each in heard}
        return Sight(ordinals, seen.lease, self.is_automatic, tuple(seen.notes))

    async def _hear(self, ordinal: Ordinal) -> Ordinal:
        if ordinal.pod is None or not ordinal.pod.is_running:
            return replace(ordinal, silence="its pod does not run")
        try:
            return replace(ordinal, readings=await self._read(ordinal.name))
        except Unreachable as problem:
            return replace(ordinal, silence=str(problem))

    async def _read(self, name: str) -> Readings:
        return await read(self.managers, name)


class Step(Protocol):
    """One change. It is a value: two steps that do the same are equal."""

    @property
    def what(self) -> str:
        """As the operator reads it: what will be done."""
        ...

    async def do(self, world: World) -> str:
        """Returns a sentence on what was done. Raises `Failure`."""
        ...

    def after(self, sight: Sight) -> Sight:
        """What the cluster is like when it was done, for a dry run."""
        ...


Plan = Callable[[Sight, frozenset[Step]], Step | None]
"""The next step from here, None where nothing is left to do; raises `Failure` where no step is safe. The set has what
this run has done: for what the cluster does not show."""


async def carry_out(world: World, plan: Plan, again: str) -> Sight:
    """Looks, does the next step, looks again, until nothing is left to do. `again` is the command that goes on from
    where this one ended."""
    done: set[Step] = set()
    try:
        return await _go(world, plan, done)
    except asyncio.CancelledError:
        output.note("What was asked of a manager last may still be done.")
        _said_again(done, again)
        raise
    except Failure:
        _said_again(done, again)
        raise


async def _go(world: World, plan: Plan, done: set[Step]) -> Sight:
    before: tuple[object, ...] = ()
    failures: list[Failure] = []
    busy = 0
    while True:
        sight = await world.look()
        step = plan(sight, frozenset(done))
        if step is None:
            return sight
        here = (step, sight.facts())
        if here != before:
            before, failures = here, []
        elif not failures:
            raise Unhealthy(f"It was done, and has changed nothing: {step.what}.")
        output.note(f"- {step.what}")
        try:
            output.note(f"  {await step.do(world)}")
            done.add(step)
            failures = []
        except Busy as other:
            busy += 1
            if busy > _BUSY:
                raise
            output.note(f"  {other} Waiting for it.")
            before = ()
            await _ended(world, other)
        except (Unhealthy, Unreachable) as failed:
            # The cluster says what came of it. Where that is nothing, one more attempt: nodeos may have just started.
            failures.append(failed)
            if len(failures) == _ATTEMPTS:
                raise
            output.note(f"  {failed}")
            await asyncio.sleep(_RETRY_SECONDS)


async def _ended(world: World, other: Busy) -> None:
    try:
        await follow(world.managers, other.ordinal, other.running)
    except Failure as failed:
        output.note(f"  {failed}")


def _said_again(done: set[Step], again: str) -> None:
    if not done:
        output.note("No step of this run is done for certain.")
    output.note(f"It goes on from here by: {again}")


def foresee(sight: Sight, plan: Plan) -> Sequence[Step]:
    """The steps to come, if each does what it says. Raises what the plan raises where one would be refused."""
    steps: list[Step] = []
    while (step := plan(sight, frozenset(steps))) is not None and len(steps) < _FORESEEN:
        steps.append(step)
        sight = step.after(sight)
    return steps
