"""Who may produce. A Lease (coordination.k8s.io) records it; who does not hold it stays paused.

`failover: manual`: the right moves only when its holder gives it up, after a verified pause. Nobody takes it from a
holder. So the holder keeps it while the API server is away.

`failover: automatic`: the right ends by time. Machines' clocks are never compared: the holder counts from the moment
when it sent its last successful renewal, and a taker waits until it has seen the same record for the whole duration,
each on a clock of its own. A renewal takes effect after it was sent and is seen after it took effect, so the holder's
count ends first, unless clocks run at rates that differ by more than the margin (`Timing`).
"""

import asyncio
import math
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Protocol

from chain_store.clock import Clock

from .proof import Proof

NOBODY = ""


class Conflict(Exception):
    """Another one changed the record since it was read."""


class Unreachable(Exception):
    """The API server gave no answer. What was asked of it may have been done."""


class NotHeld(Exception):
    """This manager has no right to produce, or cannot have it now. The message says why."""


@dataclass(frozen=True)
class Identity:
    """Who asks for the right. A container that starts again in its pod is the same one: its old processes are gone
    before it starts. A new pod is another one."""

    ordinal: str
    """The pod's name, as `nodeos-bp-0`."""
    pod: str
    """The pod's uid."""

    def __str__(self) -> str:
        return f"{self.ordinal}_{self.pod}"


@dataclass(frozen=True)
class Record:
    """What the Lease says."""

    holder: str
    """An `Identity`, or NOBODY."""
    duration: float
    """Seconds that the right lasts from a renewal, where it ends by time. It is the holder's."""
    transitions: int
    """How often the holder changed."""
    version: str
    """Changes with each write. A write names the version that it replaces."""

    @property
    def ordinal(self) -> str:
        return self.holder.partition("_")[0]


class LeaseStore(Protocol):
    """Where the record is. Every method raises Unreachable; the writes raise Conflict."""

    async def read(self) -> Record | None: ...

    async def create(self, record: Record) -> Record: ...

    async def replace(self, record: Record) -> Record:
        """Writes where the stored version is the record's. Returns it with its new version. The store writes down the
        time, for a reader: nothing is decided by it."""
        ...


@dataclass(frozen=True)
class Timing:
    """Seconds of a right that ends by time. Each is checked, so that the margins hold.

    How far two clocks' rates may differ: the fence begins `fence` before the end. A holder whose clock is slow by the
    share d ends late by d * duration. `kill` is what remains for the operating system to end nodeos, and for drift."""

    duration: float = 15.0
    renew: float = 2.0
    """Between renewals."""
    fence: float = 6.0
    """Before the end, the holder begins to pause."""
    kill: float = 2.0
    """Before the end, it kills a nodeos whose pause is not verified."""

    def __post_init__(self) -> None:
        if not 0 < self.kill < self.fence < self.duration - 2 * self.renew:
            raise ValueError("A lease needs 0 < kill < fence < duration - 2 * renew.")


class Right(Protocol):
    """The right to produce, as one manager sees it."""

    @property
    def ends_by_time(self) -> bool: ...

    @property
    def holder(self) -> str:
        """The ordinal that the record named when it was read last. NOBODY also where it was not read yet. For people:
        nothing is decided by it."""
        ...

    def remaining(self) -> float:
        """Seconds for which the right is held for certain. 0 or less where it is not held; infinite where it does not
        end by time."""
        ...

    async def take(self) -> None:
        """Takes the right where it may be taken now. Raises NotHeld, Unreachable."""
        ...

    async def resume_holding(self, first: bool) -> None:
        """At a boot: takes the right where it was this ordinal's already; with `first`, also where it has never been
        anybody's. Otherwise nothing. Raises NotHeld, Unreachable."""
        ...

    async def refresh(self) -> None:
        """Holds what is held, and sees what another one holds. Raises Unreachable."""
        ...

    async def release(self, proof: Proof) -> None:
        """Gives the right up: the proof says that nodeos makes no block. Raises Unreachable, NotHeld: then it is not
        held either, as the release may have been done."""
        ...


@dataclass
class ManualRight:
    """The right that moves only by its holder's release. It never ends by time."""

    store: LeaseStore
    me: Identity
    clock: Clock
    _held: bool = field(default=False, init=False)
    _seen: Record | None = field(default=None, init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    """One exchange at a time: the late answer to a write must not bring back what was released meanwhile."""

    @property
    def ends_by_time(self) -> bool:
        return False

    @property
    def holder(self) -> str:
        return self._seen.ordinal if self._seen else NOBODY

    def remaining(self) -> float:
        return math.inf if self._held else 0.0

    async def take(self) -> None:
        """Takes a right that nobody holds, or that an earlier pod of this ordinal held: a StatefulSet has one pod of an
        ordinal at a time. Whoever deletes a pod by force has said that its processes are gone."""
        async with self._lock:
            record = await self._look()
            if record is None:
                self._seen = await _written(self.store.create(Record(str(self.me), 0.0, 0, "")))
            elif record.holder == NOBODY or record.ordinal == self.me.ordinal:
                # Written even where we hold it: a release of ours that is still on its way must find another version.
                self._seen = await _written(self.store.replace(_passed(record, str(self.me), 0.0)))
            else:
                self._held = False
                raise NotHeld(f"{record.ordinal} holds the right to produce, and has not given it up.")
            self._held = True

    async def resume_holding(self, first: bool) -> None:
        record = await self._look()
        if record.ordinal == self.me.ordinal if record is not None else first:
            await self.take()

    async def refresh(self) -> None:
        async with self._lock:
            record = await self._look()
            self._held = self._held and record is not None and record.holder == str(self.me)

    async def release(self, proof: Proof) -> None:
        async with self._lock:
            # Before it is sent: an answer that gets lost must not leave a right that another one has taken.
            self._held = False
            record = await self._look()
            if record is not None and record.holder == str(self.me):
                self._seen = await _written(self.store.replace(_passed(record, NOBODY, 0.0)))

    async def _look(self) -> Record | None:
        self._seen = await self.store.read()
        return self._seen


@dataclass
class AutomaticRight:
    """The right that ends by time."""

    store: LeaseStore
    me: Identity
    clock: Clock
    timing: Timing = field(default_factory=Timing)
    _until: float = field(default=-math.inf, init=False)
    _seen: Record | None = field(default=None, init=False)
    _seen_at: float = field(default=0.0, init=False)
    _gone_at: float | None = field(default=None, init=False)
    """When the Lease was first seen to be deleted."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    """One exchange at a time: the late answer to a renewal must not bring back what was released meanwhile."""

    @property
    def ends_by_time(self) -> bool:
        return True

    @property
    def holder(self) -> str:
        return self._seen.ordinal if self._seen else NOBODY

    def remaining(self) -> float:
        return self._until - self.clock.monotonic()

    async def take(self) -> None:
        """Takes a right that nobody holds, that this very pod held, or whose record has not changed for its whole
        duration. What was seen counts from the end of the read that saw it first; so does a Lease that was deleted."""
        async with self._lock:
            record = await self._look()
            last = self._seen
            if last is not None and last.holder not in (NOBODY, str(self.me)):
                left = self._left(last)
                if left > 0:
                    known = "unless it renews" if record is not None else "though the Lease was deleted"
                    raise NotHeld(f"{last.ordinal} may produce for {left:.1f} s more, {known}.")
            await self._write(record)

    async def resume_holding(self, first: bool) -> None:
        await self.take()

    async def refresh(self) -> None:
        """Renews what is held; else only looks, so that the wait for its end goes on."""
        async with self._lock:
            held = self.remaining() > 0
            record = await self._look()
            if held and record is not None and record.holder == str(self.me):
                try:
                    await self._write(record)
                except NotHeld:
                    await self._look()
            elif held:
                # Somebody wrote over it: an operator by hand. The end has come now.
                self._until = -math.inf

    async def release(self, proof: Proof) -> None:
        async with self._lock:
            self._until = -math.inf
            record = await self._look()
            if record is not None and record.holder == str(self.me):
                await _written(self.store.replace(_passed(record, NOBODY, self.timing.duration)))

    def _left(self, record: Record) -> float:
        """Seconds for which another one may still count on its right."""
        waited = self.clock.monotonic() - (self._seen_at if self._gone_at is None else self._gone_at)
        # Whoever holds it may have been told a longer duration than we.
        return max(record.duration, self.timing.duration) - waited

    async def _look(self) -> Record | None:
        record = await self.store.read()
        if record is None:
            self._gone_at = self.clock.monotonic() if self._gone_at is None else self._gone_at
            return None
        self._gone_at = None
        if self._seen is None or self._seen.version != record.version:
            self._seen, self._seen_at = record, self.clock.monotonic()
        return record

    async def _write(self, record: Record | None) -> None:
        sent = self.clock.monotonic()
        if record is None:
            written = await _written(self.store.create(Record(str(self.me), self.timing.duration, 0, "")))
        else:
            written = await _written(self.store.replace(_passed(record, str(self.me), self.timing.duration)))
        self._seen, self._seen_at, self._gone_at = written, self.clock.monotonic(), None
        self._until = sent + self.timing.duration


def _passed(record: Record, holder: str, duration: float) -> Record:
    changes = 0 if record.holder == holder else 1
    return replace(record, holder=holder, duration=duration, transitions=record.transitions + changes)


async def _written(write: Awaitable[Record]) -> Record:
    try:
        return await write
    except Conflict as lost:
        raise NotHeld("Another one wrote the lease first.") from lost
