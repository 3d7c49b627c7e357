"""Whether this ordinal produces, or is about to: then its nodeos is not stopped, and takes no snapshot."""

from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

from chain_store.clock import Clock

from ..production.production import Process, Production
from ..production.schedule import Schedule


class Scheduled(Protocol):
    async def schedule(self) -> Schedule: ...


class Held(Protocol):
    def remaining(self) -> float: ...


def produces(
    process: Process, production: Production, right: Held, nodeos: Scheduled, ours: Collection[str], clock: Clock
) -> Callable[[], Awaitable[str | None]]:
    """What answers why, as a sentence, or None. It raises what nodeos raises where the schedule is asked for, and is
    not known."""

    async def why() -> str | None:
        held = right.remaining() > 0
        if process.running() is None or not (held or production.may_produce()):
            return None
        schedule = await nodeos.schedule()
        if not schedule.has(ours):
            return None
        may = "holds the right to produce" if held else "may produce"
        return f"This ordinal {may}, and is in the schedule ({schedule.round(ours, clock.wall())})."

    return why


async def never() -> str | None:
    """An API node produces nothing."""
    return None
