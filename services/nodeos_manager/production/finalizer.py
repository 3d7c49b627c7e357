"""The finalizer key of one ordinal, and when nodeos may start with it.

On a Savanna chain finalizers vote for blocks. A key must never vote against its own earlier votes. nodeos keeps them in
safety.dat, and without that file it votes as if the key had never voted: `load_finalizer_safety_info` in
libraries/chain/finalizer.cpp of AntelopeIO/spring. So a key that was used starts again only on the disk that it was
used on, and only with its votes.
"""

import asyncio
import base64
import binascii
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chain_store.clock import Clock

from ..nodeos.nodeos import Data
from ..nodeos.nodeos_api import Refused, Unanswered
from ..nodeos.superviser import NotYet, Unusable
from ..plugins.plugins import Plugin
from .finalizer_ledger import DiskLedger, Ledger, LedgerStore, Start
from .right import Conflict, Unreachable

if TYPE_CHECKING:
    from ..manager import Manager

_PUBLIC = 96
"""Bytes of a public key: an affine point of G1, little-endian. safety.dat has the same ones."""
_PRIVATE = 32
_CHECKSUM = 4
_NEW_KEY = "Generate a new finalizer key for this ordinal, and activate it in place of this one (regfinkey, actfinkey)."
_POLL = 1.0
"""Seconds between two looks for the first vote."""
_ASK = 10.0
"""Seconds between two questions to the chain whether the key is active."""


@dataclass(frozen=True)
class FinalizerKey:
    public: str
    point: bytes
    """The public key as safety.dat has it."""
    provider: str = field(repr=False)
    """`PUBLIC=KEY:PRIVATE`, for nodeos."""

    @property
    def short(self) -> str:
        return f"{self.public[:16]}..."

    @classmethod
    def read(cls, path: Path) -> "FinalizerKey":
        """Raises Unusable, without the key."""
        try:
            lines = [line.strip() for line in path.read_text().splitlines() if line.partition("#")[0].strip()]
        except (OSError, UnicodeDecodeError):
            raise Unusable(f"The finalizer key in {path.name} cannot be read.") from None
        if len(lines) != 1:
            raise Unusable(f"{path.name} holds {len(lines)} finalizer keys. An ordinal has one, on one line.")
        public, _, private = lines[0].partition("=KEY:")
        point = _decoded(public, "PUB_BLS_", _PUBLIC)
        if point is None or _decoded(private, "PVT_BLS_", _PRIVATE) is None:
            raise Unusable(f"{path.name} is not of the form PUB_BLS_...=KEY:PVT_BLS_...")
        return cls(public, point, lines[0])


class Finalizer:
    """The key of one ordinal, on its disk."""

    def __init__(
        self,
        path: Path,
        data: Data,
        disk: str,
        outside: LedgerStore,
        active_keys: Callable[[], Awaitable[Collection[str]]],
    ) -> None:
        self._path = path
        self._data = data
        self._disk = disk
        self._outside = outside
        self._inside = DiskLedger(data.finalizers)
        self._active_keys = active_keys
        self.key: FinalizerKey | None = None
        """The one that nodeos runs with."""

    @property
    def directory(self) -> Path:
        return self._data.finalizers

    def read(self) -> FinalizerKey:
        """The key that is given now. Raises Unusable."""
        return FinalizerKey.read(self._path)

    async def admit(self) -> FinalizerKey:
        """Before each start: the key, where nodeos may start with it. Its first start is written down before it.

        Raises Unusable where it may not; NotYet where the API server does not say."""
        key = self.read()
        if not self._disk:
            raise Unusable("A finalizer key needs --disk-id: without it a copy of the disk is not known as one.")
        try:
            ledger = await self._outside.read()
            await self._admit(key, ledger)
        except Unreachable as silent:
            raise NotYet(f"Whether the finalizer key was used before is not known: {silent}") from silent
        except Conflict as lost:
            raise NotYet("Another ordinal wrote its finalizer key down at the same time.") from lost
        self.key = key
        return key

    async def _admit(self, key: FinalizerKey, ledger: Ledger) -> None:
        inside, has_votes = self._read_inside(), self._has_votes(key)
        here = inside.get(key.public)
        starts = [start for start in (here, ledger.starts.get(key.public)) if start is not None]
        used = has_votes or bool(starts)
        if used and (here is None or any(start.disk != self._disk for start in starts)):
            raise Unusable(
                f"The finalizer key {key.short} was used before, and not on this disk: it is new, was emptied, or is a "
                f"copy. Votes of the key may be missing here. {_NEW_KEY}"
            )
        if not has_votes and any(start.voted for start in starts):
            raise Unusable(f"The finalizer key {key.short} has voted, and safety.dat has lost its votes. {_NEW_KEY}")
        await self._write_down(key, Start(self._disk, has_votes), inside, ledger)

    async def _write_down(self, key: FinalizerKey, start: Start, inside: Mapping[str, Start], ledger: Ledger) -> None:
        """On the disk first: were it outside alone, this start would be taken for one on another disk."""
        if inside.get(key.public) != start:
            # On a thread: a disk may take seconds to keep it, and the fence must go on meanwhile.
            await asyncio.to_thread(self._inside.write, {**inside, key.public: start})
        if ledger.starts.get(key.public) != start:
            await self._outside.write(replace(ledger, starts={**ledger.starts, key.public: start}))

    async def note_votes(self) -> bool:
        """Writes down that the key has voted, once it has. Returns whether that is written. Raises Unreachable,
        Conflict."""
        key = self.key
        if key is None or not self._has_votes(key):
            return False
        await self._write_down(key, Start(self._disk, True), self._read_inside(), await self._outside.read())
        return True

    async def is_active(self) -> bool | None:
        """Whether the chain counts the votes of the key. None where nodeos does not say."""
        if self.key is None:
            return None
        try:
            return self.key.public in await self._active_keys()
        except (Unanswered, Refused):
            return None

    def has_voted(self) -> bool:
        return self.key is not None and self._has_votes(self.key)

    def _read_inside(self) -> Mapping[str, Start]:
        try:
            return self._inside.read()
        except ValueError:
            raise Unusable(f"{self._inside.path} cannot be read. Remove it. {_NEW_KEY}") from None

    def _has_votes(self, key: FinalizerKey) -> bool:
        try:
            return key.point in self._data.safety.read_bytes()
        except FileNotFoundError:
            return False


class FinalizerWatch(Plugin):
    """Writes the first vote down, and says whether the key is active."""

    name = "the finalizer key"

    def __init__(self, finalizer: Finalizer, clock: Clock) -> None:
        self._finalizer = finalizer
        self._clock = clock
        self._noted: FinalizerKey | None = None
        self._active: bool | None = None

    async def run(self, manager: "Manager") -> None:
        asked = -_ASK
        while True:
            await self._note()
            if self._clock.monotonic() - asked >= _ASK:
                asked, self._active = self._clock.monotonic(), await self._finalizer.is_active()
            await self._clock.sleep(_POLL)

    def status(self) -> Mapping[str, object]:
        key = self._finalizer.key
        return {"finalizer": None if key is None else {"key": key.public, "active": self._active}}

    async def _note(self) -> None:
        key = self._finalizer.key
        if key is self._noted:
            return
        # The next look is in a second.
        with contextlib.suppress(Unreachable, Conflict):
            if await self._finalizer.note_votes():
                self._noted = key


def _decoded(text: str, prefix: str, size: int) -> bytes | None:
    """What a key says, without its checksum: that is RIPEMD-160, which Python may lack."""
    body = text.removeprefix(prefix).rstrip("=")
    try:
        decoded = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded[:size] if text.startswith(prefix) and len(decoded) == size + _CHECKSUM else None
