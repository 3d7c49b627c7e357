"""Puts what was restored in place of what was there. A kill at any step leaves what goes on at the next start.

A journal in the data directory says what to do. It is written when all has come and was checked, and removed when all
is done. While it is there, nodeos does not start.
"""

import asyncio
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

from ..nodeos.nodeos import Data
from ..nodeos.superviser import Unusable

STAGING = ".restore"
"""Below the data directory: on the same disk, so that a move is one step."""
_JOURNAL = f"{STAGING}/journal.json"


class Phase(StrEnum):
    ASIDE = "aside"
    PLACE = "place"
    CLEAN = "clean"


@dataclass(frozen=True)
class Plan:
    """Names are paths below the data directory."""

    aside: tuple[str, ...]
    """What is moved away, and removed when the rest is done."""
    place: tuple[str, ...]
    """What was restored, and takes its place."""
    snapshot: str = ""
    """The file among these that nodeos starts from once."""
    phase: Phase = Phase.ASIDE


class Swap:
    """The exchange in one data directory."""

    def __init__(self, data: Data) -> None:
        self._data = data
        self._journal = data.directory / _JOURNAL
        self.new = data.directory / STAGING / "new"
        """Where a restore puts what comes."""
        self._old = data.directory / STAGING / "old"

    def is_begun(self) -> bool:
        return self._journal.exists()

    def clear(self) -> None:
        """Removes what a restore left that was cut off before its journal was written."""
        if not self.is_begun():
            shutil.rmtree(self._data.directory / STAGING, ignore_errors=True)

    def begin(self, plan: Plan) -> None:
        """From here on it is only ever completed."""
        os.sync()  # what came is on the disk before the journal says so
        self._write(plan)

    def finish(self) -> None:
        """Does what is left to do; nothing where nothing is begun. Raises OSError, and may be repeated."""
        for _step in self.steps():
            pass

    def steps(self) -> Iterator[str]:
        """Does one thing at a time, and names it. Whoever stops in between goes on with a new iterator."""
        if not self.is_begun():
            return
        plan = self._read()
        if plan.phase is Phase.ASIDE:
            for name in plan.aside:
                _move(self._data.directory / name, self._old / name)
                yield f"{name} is moved away"
            plan = self._write(replace(plan, phase=Phase.PLACE))
            yield "all is moved away"
        if plan.phase is Phase.PLACE:
            for name in plan.place:
                _move(self.new / name, self._data.directory / name)
                yield f"{name} is in place"
            if plan.snapshot:
                self._data.leave_snapshot(self._data.directory / plan.snapshot)
                yield "the snapshot is marked"
            self._write(replace(plan, phase=Phase.CLEAN))
            yield "all is in place"
        for leftover in (self._old, self.new):
            shutil.rmtree(leftover, ignore_errors=True)
            yield f"{leftover.name} is removed"
        self._journal.unlink()
        yield "the journal is removed"

    def _read(self) -> Plan:
        given = json.loads(self._journal.read_text())
        return Plan(tuple(given["aside"]), tuple(given["place"]), given["snapshot"], Phase(given["phase"]))

    def _write(self, plan: Plan) -> Plan:
        """As a whole or not at all."""
        unfinished = self._journal.with_suffix(".unfinished")
        self._journal.parent.mkdir(exist_ok=True)
        with unfinished.open("w") as file:
            json.dump(asdict(plan), file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._journal)
        _sync(self._journal.parent)
        _sync(self._data.directory)
        return plan


async def complete(data: Data) -> None:
    """Before each start of nodeos: puts in place what was restored, or goes on where that was cut off. Raises Unusable
    where that fails; a later start goes on."""
    try:
        await asyncio.to_thread(Swap(data).finish)
    except (OSError, ValueError, KeyError) as failed:
        raise Unusable(f"What was restored is not in place yet, and resume goes on with it: {failed}") from failed


def _move(source: Path, target: Path) -> None:
    """Nothing where it was done before."""
    if source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)


def _sync(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
