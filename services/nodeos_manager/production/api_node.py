"""A node that never produces: no right, no Lease, no producer's name. The API server is not asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection

from .production import MayNotResume
from .proof import Proof, Unresumed

NEVER = "This is an API node: it never produces."


class NeverProduces:
    """Stands where a producer has its keeper, so that commands are the same for both."""

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def give_up(self, timeout: float) -> str:
        """It has nothing to give up."""
        return NEVER

    async def take_over(self, lost: Collection[str] = ()) -> str:
        raise MayNotResume(NEVER)

    @contextlib.asynccontextmanager
    async def resting(self, timeout: float) -> AsyncIterator[Proof]:
        """nodeos was started paused, and nothing resumes it."""
        yield Unresumed(0)

    @contextlib.asynccontextmanager
    async def not_resuming(self) -> AsyncIterator[None]:
        yield

    async def pause_or_kill(self) -> Proof:
        return Unresumed(0)

    def is_alive(self) -> bool:
        return True

    def told(self) -> dict[str, bool]:
        return {}

    def is_standby(self) -> bool:
        """A standby may do without asking what an API node's clients would miss."""
        return False
