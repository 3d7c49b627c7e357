"""Keeps the rule: nodeos produces while this ordinal holds the right, and not a moment longer.

Four loops, so that none waits for another: one holds the right, one fences, one resumes, one watches nodeos. The fence
asks nobody for leave: before the right ends it pauses nodeos, and kills one whose pause it cannot verify.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field

from chain_store.clock import Clock

from ..nodeos.nodeos_api import Head, Nodeos, Refused, Unanswered
from ..nodeos.superviser import Superviser
from .api_node import NeverProduces
from .freshness import Freshness, age, may_be_at_head
from .production import Fellows, MayNotResume, Production, TooLate, Unverified
from .proof import Proof, Stopped
from .right import NotHeld, Right, Timing, Unreachable

_FAILED = (Unanswered, Refused, Unverified)
#: Seconds. Longer than one pause and one kill take, which the fence waits for.
_FENCE_IS_DEAD = 10.0


class NotReleased(Exception):
    """nodeos is paused, and the right may still be recorded as ours."""


@dataclass(frozen=True)
class KeeperSettings:
    """Times are in seconds."""

    producers: frozenset[str]
    """Our names in the chain's schedule."""
    timing: Timing = field(default_factory=Timing)
    freshness: Freshness = field(default_factory=Freshness)
    can_sign: bool = True
    """Whether this ordinal has a signing key. Without one the right is of no use to it."""
    first: bool = False
    """`failover: manual`: takes a right that has never been anybody's."""
    tick: float = 0.25
    """Between two looks of the fence."""
    retry: float = 1.0
    """Between two attempts to resume, or to take the right."""
    silence: float = 5.0
    """`failover: automatic`: a producing nodeos that does not answer for so long is killed, and the right given up."""
    stale: float = 15.0
    """`failover: automatic`: a producer whose head is older gives the right up: it is cut off from the chain. Longer
    than two turns, as only one's own blocks may be missing."""
    attempts: int = 2
    """`failover: automatic`: so many failed attempts to resume, and the right is given up."""
    stand_aside: float = 20.0
    """After it gave the right up, it does not take it for so long: another one may do better."""


class Keeper:
    """The right, the production and the process of one ordinal."""

    def __init__(
        self,
        right: Right,
        production: Production,
        nodeos: Nodeos,
        superviser: Superviser,
        fellows: Fellows,
        clock: Clock,
        settings: KeeperSettings,
        log: logging.Logger,
    ) -> None:
        self._right = right
        self._production = production
        self._nodeos = nodeos
        self._superviser = superviser
        self._fellows = fellows
        self._clock = clock
        self._settings = settings
        self._log = log
        self._resuming: asyncio.Task[None] | None = None
        self._failures = 0
        self._aside_until = 0.0
        self._resumed_at = 0.0
        self._resting = 0
        self._looked_at = clock.monotonic()
        self.wanted = settings.can_sign
        """Whether this ordinal is to produce when it can. A command sets it."""
        self.lost: Collection[str] = ()
        """Ordinals that the operator has vouched for as stopped."""

    async def run(self) -> None:
        """Runs until it is cancelled."""
        async with asyncio.TaskGroup() as loops:
            for loop in (self._hold, self._fence, self._produce, self._watch):
                loops.create_task(loop())

    async def give_up(self, timeout: float) -> str:
        """`safely_pause_production`: pauses in the gap, and then releases the right. It may be repeated.

        Raises what `safely_pause` raises; and NotReleased: then nodeos is paused, and the record may still say that the
        right is ours."""
        async with self.resting(timeout) as proof:
            self.wanted = False
            try:
                await self._right.release(proof)
            except (Unreachable, NotHeld) as failed:
                raise NotReleased(f"nodeos is paused. The release is not confirmed, repeat it: {failed}") from failed
        return "nodeos is paused, and that is verified. The right to produce is free."

    async def take_over(self, lost: Collection[str] = ()) -> str:
        """`safely_resume_production`: takes the right, and resumes. Raises MayNotResume where it may not."""
        if not self._settings.can_sign:
            raise MayNotResume("This ordinal has no signing key.")
        try:
            if self._right.remaining() <= 0:
                await self._right.take()
        except (NotHeld, Unreachable) as refused:
            raise MayNotResume(str(refused)) from refused
        self.wanted, self.lost, self._aside_until = True, lost, 0.0
        # The loop's own attempt does not know whom the operator vouches for.
        while self._resuming is not None:
            await self._stop_resuming()
        await self._resume()
        return "nodeos produces when its turn comes."

    @contextlib.asynccontextmanager
    async def resting(self, timeout: float) -> AsyncIterator[Proof]:
        """While a command stops nodeos, or needs it paused: pauses in the gap, and neither resumes nor takes the right
        until it is left. A right that does not end by time is kept. Raises what `safely_pause` raises."""
        async with self.not_resuming():
            yield await self._production.safely_pause(timeout)

    @contextlib.asynccontextmanager
    async def not_resuming(self) -> AsyncIterator[None]:
        """Neither resumes nor takes the right until it is left. What produces goes on."""
        self._resting += 1
        try:
            await self._stop_resuming()
            yield
        finally:
            self._resting -= 1

    def told(self) -> dict[str, bool]:
        """What GET `status` says besides the right itself."""
        can_sign = self._settings.can_sign
        return {"can_sign": can_sign, "stands_aside": can_sign and not self.wanted}

    def is_standby(self) -> bool:
        """Whether nodeos makes no block now, and none is wanted of it: by what this manager did. Asks nobody."""
        return self._right.remaining() <= 0 and not self._production.may_produce()

    def is_alive(self) -> bool:
        """Whether the fence has looked lately: the liveness probe's question."""
        return self._clock.monotonic() - self._looked_at < _FENCE_IS_DEAD

    async def _hold(self) -> None:
        """Renews, or watches for the moment when the right may be taken."""
        said = ""
        while True:
            try:
                await self._right.refresh()
                if self._should_take():
                    await self._take()
                said = ""
            except NotHeld as refused:
                said = ""
                self._log.debug("the right: %s", refused)
            except Unreachable as silent:
                # Once, and not at each try: the API server may refuse for days, where nobody let this pod at the Lease.
                if str(silent) != said:
                    said = str(silent)
                    self._log.warning("who may produce cannot be read or written: %s", said)
            held = self._right.remaining() > 0
            await self._clock.sleep(self._settings.timing.renew if held else self._settings.retry)

    def _should_take(self) -> bool:
        aside = self._clock.monotonic() < self._aside_until
        return self.wanted and not self._resting and not aside and self._right.remaining() <= 0

    async def _take(self) -> None:
        if not self._right.ends_by_time:
            # By hand it moves only by a command. At a boot, what was this ordinal's is still its own.
            await self._right.resume_holding(self._settings.first)
            return
        # Nobody is helped by a producer that is not at the head.
        if self._superviser.running() and await self._may_be_at_head():
            await self._right.take()
            self._log.info("this ordinal holds the right to produce")

    async def _may_be_at_head(self) -> bool:
        settings = self._settings
        return await may_be_at_head(self._nodeos, self._clock, settings.producers, settings.freshness)

    async def _fence(self) -> None:
        """What may produce without a right is paused; what cannot be paused is killed."""
        timing = self._settings.timing
        while True:
            self._looked_at = self._clock.monotonic()
            await self._clock.sleep(self._settings.tick)
            if not self._production.may_produce() or self._right.remaining() >= timing.fence:
                continue
            self._log.warning("the right to produce ends: nodeos is paused")
            await self._stop_resuming()
            await self.pause_or_kill()

    async def pause_or_kill(self) -> Proof:
        """Pauses nodeos now, or kills it where that is not verified before the right ends."""
        timing = self._settings.timing
        # Where the right does not end by time, it was taken away by hand: nothing counts down.
        patience = self._right.remaining() - timing.kill if self._right.ends_by_time else timing.fence
        try:
            async with self._clock.timeout(max(0.0, patience)):
                return await self._production.pause()
        except (TimeoutError, *_FAILED) as failed:
            self._log.error("the pause is not verified: %s", failed)
        await self._superviser.kill()
        return Stopped()

    async def _produce(self) -> None:
        """Resumes where the right is held."""
        while True:
            await self._clock.sleep(self._settings.tick)
            if not self._is_due():
                continue
            try:
                await self._resume()
                self._failures = 0
                self._log.info("production is resumed")
                continue
            except (MayNotResume, *_FAILED) as refused:
                self._failures += 1
                self._log.info("production is not resumed: %s", refused)
            await self._clock.sleep(self._settings.retry)
            if self._right.ends_by_time and self._failures >= self._settings.attempts:
                await self._stand_aside("it cannot resume")

    def _is_due(self) -> bool:
        runs = self._superviser.running() is not None and not self._production.was_resumed()
        may = self.wanted and not self._resting and self._right.remaining() > 0
        # A command's resume is under way: it is no failure of this loop's.
        return runs and may and self._resuming is None

    async def _resume(self) -> None:
        if self._resuming is not None:
            raise MayNotResume("Another resume is under way.")
        work = asyncio.create_task(self._production.safely_resume(self._right, self._fellows, self.lost))
        self._resuming = work
        try:
            await asyncio.wait([work])
        finally:
            # The fence ends it through this task; so does whoever ends the caller.
            self._resuming = None
            work.cancel()
        if work.cancelled():
            raise MayNotResume("It was told to pause meanwhile.")
        work.result()
        self._resumed_at = self._clock.monotonic()

    async def _stop_resuming(self) -> None:
        work = self._resuming
        if work is not None:
            work.cancel()
            await asyncio.wait([work])

    async def _watch(self) -> None:
        """`failover: automatic`: gives the right up where nodeos has ended, hangs, or is cut off from the chain."""
        heard = self._clock.monotonic()
        while True:
            await self._clock.sleep(self._settings.retry)
            if not self._right.ends_by_time or self._right.remaining() <= 0:
                heard = self._clock.monotonic()
                continue
            if not self.wanted:
                # It was asked for before the command came, and nobody else could ever take it.
                await self._stand_aside("this ordinal was told to pause")
                continue
            if self._superviser.running() is None:
                await self._stand_aside("nodeos has ended")
                continue
            try:
                head = await self._nodeos.head()
                heard = self._clock.monotonic()
            except (Unanswered, Refused):
                if self._clock.monotonic() - heard >= self._settings.silence:
                    await self._stand_aside("nodeos does not answer")
                continue
            if self._is_cut_off(head):
                await self._stand_aside("nodeos is cut off from the chain")

    def _is_cut_off(self, head: Head) -> bool:
        """A node that resumed a moment ago may have an old head: on a chain of ours alone there was no block since."""
        produces_for = self._clock.monotonic() - self._resumed_at
        stale = self._settings.stale
        return self._production.was_resumed() and produces_for > stale and age(head, self._clock) > stale

    async def _stand_aside(self, why: str) -> None:
        """Gives the right up, once nothing may produce, so that another ordinal takes it at once."""
        self._log.warning("the right to produce is given up: %s", why)
        self._failures = 0
        self._aside_until = self._clock.monotonic() + self._settings.stand_aside
        # The proof must hold until the release: nothing resumes in between.
        async with self.not_resuming():
            proof = None if self._production.may_produce() else await self._production.proof()
            await self._release(proof or await self.pause_or_kill())

    async def _release(self, proof: Proof) -> None:
        try:
            await self._right.release(proof)
        except (Unreachable, NotHeld) as failed:
            # It is not ours any more in any case. Where it ends by time, others wait for that.
            self._log.warning("the release is not confirmed: %s", failed)


async def stop_in_order(keeper: Keeper | NeverProduces, superviser: Superviser, patience: float, wait: float) -> None:
    """Before the manager ends: pauses in the gap where there is time, then stops nodeos whatever came of that."""
    superviser.retire()
    async with contextlib.AsyncExitStack() as rest:
        with contextlib.suppress(TooLate, *_FAILED):
            await rest.enter_async_context(keeper.resting(patience))
        await superviser.stop(wait)
