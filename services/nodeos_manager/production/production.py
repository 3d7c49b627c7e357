"""Pausing and resuming nodeos' production, so that what is said of it is true.

nodeos' `paused` answers true also while Spring pauses itself, until votes come back (`producer_plugin::paused` of
AntelopeIO/spring: `_pause_production || implicitly_paused()`). And `pause` only sets a flag: a block that is being made
is still signed (`producer_plugin::pause`). So a pause is verified when

1. this process answered our `pause` with 201,
2. nothing told it to resume since, and no `resume` to it ever stayed without an answer: it could still take effect,
3. `SETTLE` has passed, and
4. `paused` answers true.
"""

import asyncio
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chain_store.clock import Clock

from ..nodeos.nodeos_api import TIMEOUT, NeverReached, Nodeos, Refused, Unanswered
from .freshness import Freshness, Stale, fresh_head
from .proof import Fellow, Paused, Proof, Standing, Stopped, Unresumed
from .right import Right, Timing
from .schedule import LEAD

SETTLE = LEAD + 0.5
"""Seconds from nodeos' 201 until its last block is out everywhere: the block in the making, and half a second for its
way and for what the clocks of two nodes differ by."""
_TICK = 0.1


class Unverified(Exception):
    """There is no proof that nodeos makes no block."""


class TooLate(Exception):
    """A command's timeout fired. The message says what it waited for."""


class MayNotResume(Exception):
    """Production stays as it is. The message says why."""


class Process(Protocol):
    """The process of nodeos, as far as production depends on it."""

    def running(self) -> int | None:
        """The number of the process: it counts the starts. None where no process runs."""
        ...


class Fellows(Protocol):
    """The other ordinals that have the same signing key."""

    async def ask(self) -> Sequence[Fellow]:
        """What each of them says, all of them. It ends within a few seconds."""
        ...


@dataclass(frozen=True)
class ProductionSettings:
    """Times are in seconds."""

    producers: frozenset[str]
    """Our names in the chain's schedule."""
    freshness: Freshness = field(default_factory=Freshness)
    patience: float = 30.0
    """How long a resume waits for a fresh head."""
    margin: float = Timing().fence + TIMEOUT
    """What must remain of a right that ends by time when nodeos is told to resume: the fence, and one request."""


class Production:
    """The production of one nodeos. One pause or resume at a time speaks to it."""

    def __init__(self, nodeos: Nodeos, process: Process, clock: Clock, settings: ProductionSettings) -> None:
        self._nodeos = nodeos
        self._process = process
        self._clock = clock
        self._settings = settings
        self._lock = asyncio.Lock()
        self._paused: int | None = None
        self._paused_at = math.inf
        self._resumed: int | None = None
        """The newest process that was told to resume."""
        self._unanswered: int | None = None
        """A process that a `resume` was sent to which it has not answered."""

    def may_produce(self) -> bool:
        """Whether there is no proof that nodeos makes no block, by what this manager did. Asks nobody."""
        process = self._process.running()
        return process is not None and not self._is_paused(process) and not self._is_unresumed(process)

    def was_resumed(self) -> bool:
        """Whether the process that runs was told to resume, and not to pause since."""
        process = self._process.running()
        return process is not None and process == self._resumed and process != self._paused

    async def proof(self) -> Proof | None:
        """What shows now that nodeos makes no block, or None. nodeos is asked."""
        process = self._process.running()
        if process is None:
            return Stopped()
        if not self._is_paused(process):
            return await self._started_paused(process)
        try:
            paused = await self._nodeos.paused()
        except (Unanswered, Refused):
            # What it answered before holds: only this manager tells it to resume.
            paused = True
        if not paused and self._paused == process:
            self._paused = None
        return Paused(process) if self._is_paused(process) and self._process.running() == process else None

    async def pause(self) -> Proof:
        """Pauses now, whosever turn it is. Raises Unverified, Unanswered, Refused."""
        async with self._lock:
            process = self._process.running()
            if process is None:
                return Stopped()
            if self._unanswered == process:
                raise Unverified("A resume that nodeos did not answer may still take effect: stop nodeos.")
            if self._paused != process:
                await self._nodeos.pause()
                self._paused, self._paused_at = process, self._clock.monotonic()
            while not self._is_settled():
                await self._clock.sleep(_TICK)
        proof = await self.proof()
        if proof is None:
            raise Unverified("nodeos answered the pause, and then said that it is not paused.")
        return proof

    async def safely_pause(self, timeout: float) -> Proof:
        """Pauses in the gap between our turns. Where there is no gap, because all turns are ours, pauses at once.

        Raises TooLate where no pause was verified within `timeout` seconds, and what `pause` raises."""
        waiting = "the gap between our turns"
        try:
            async with self._clock.timeout(timeout):
                if self.may_produce():
                    await self._gap()
                waiting = "nodeos to pause"
                return await self.pause()
        except TimeoutError as fired:
            raise TooLate(f"{timeout:g} s have passed, and it still waited for {waiting}.") from fired

    async def safely_resume(self, right: Right, fellows: Fellows, lost: Collection[str] = ()) -> None:
        """Resumes where we have the right, no other ordinal may produce, and the head is fresh.

        `lost` names ordinals that an operator vouches for: they are stopped, though they do not answer. Raises
        MayNotResume; and Unanswered, after which nodeos may produce."""
        process = self._process.running()
        if process is None:
            raise MayNotResume("nodeos does not run.")
        self._require(right)
        # Together, as each takes seconds: one that does not answer is waited for.
        others = asyncio.ensure_future(self._others_rest(right, fellows, lost))
        try:
            await self._at_head(others)
            await others
        finally:
            others.add_done_callback(_looked_at)
            others.cancel()
        # The head took seconds: the others are asked again.
        await self._others_rest(right, fellows, lost)
        await self._resume(process, right)

    async def _at_head(self, others: asyncio.Future[int]) -> None:
        def highest() -> int | None:
            return others.result() if others.done() else None

        settings = self._settings
        try:
            await fresh_head(
                self._nodeos, self._clock, settings.producers, highest, settings.freshness, settings.patience
            )
        except Stale as stale:
            raise MayNotResume(str(stale)) from stale
        except (Unanswered, Refused) as silent:
            raise MayNotResume(f"The head is not known: {silent}") from silent

    async def _resume(self, process: int, right: Right) -> None:
        async with self._lock:
            if self._process.running() != process:
                raise MayNotResume("nodeos was started anew meanwhile.")
            if self._unanswered == process:
                raise MayNotResume("An earlier resume has no answer yet: start nodeos anew.")
            self._require(right)
            self._paused, self._resumed, self._unanswered = None, process, process
            try:
                await self._nodeos.resume()
            except NeverReached:
                self._unanswered = None
                raise
            except Refused as refused:
                self._unanswered = None
                raise MayNotResume(str(refused)) from refused
            self._unanswered = None

    def _require(self, right: Right) -> None:
        remaining = right.remaining()
        if remaining <= 0:
            raise MayNotResume("This ordinal does not hold the right to produce.")
        if remaining < self._settings.margin:
            raise MayNotResume(f"The right to produce ends in {remaining:.1f} s.")

    async def _others_rest(self, right: Right, fellows: Fellows, lost: Collection[str]) -> int:
        """The highest head that the others know. A right that ends by time has ended for those that do not answer."""
        answers = await fellows.ask()
        for fellow in answers:
            if fellow.standing is Standing.MAY_PRODUCE:
                raise MayNotResume(f"{fellow.ordinal} may produce.")
            unknown = fellow.standing is Standing.UNKNOWN
            if unknown and not right.ends_by_time and fellow.ordinal not in lost:
                raise MayNotResume(f"{fellow.ordinal} does not answer: nobody knows whether it produces.")
        return max((fellow.head for fellow in answers if fellow.head is not None), default=0)

    async def _gap(self) -> None:
        """Until a gap begins, or has room enough: who pauses late in one misses the turn after it."""
        ours = self._settings.producers
        while True:
            schedule = await self._nodeos.schedule()
            now = self._clock.wall()
            gap = schedule.gap(ours, now)
            if gap is None or gap.has_room(now):
                return
            if gap.holds(now):
                gap = schedule.gap(ours, gap.end + LEAD) or gap
            # Asked again then: the schedule may be another one.
            await self._clock.sleep(gap.start - now)

    async def _started_paused(self, process: int) -> Proof | None:
        if not self._is_unresumed(process):
            return None
        try:
            paused = await self._nodeos.paused()
        except (Unanswered, Refused):
            paused = True
        return Unresumed(process) if paused and self._is_unresumed(process) else None

    def _is_unresumed(self, process: int) -> bool:
        return process != self._resumed and process == self._process.running()

    def _is_paused(self, process: int) -> bool:
        return self._paused == process and self._is_settled() and self._unanswered != process

    def _is_settled(self) -> bool:
        return self._clock.monotonic() >= self._paused_at + SETTLE


def _looked_at(done: asyncio.Future[int]) -> None:
    """Its error is another one's, or comes after one."""
    if not done.cancelled():
        done.exception()
