"""Which finalizer keys nodeos was started with, on which disk: written down on that disk, and outside of all disks.

A disk may be lost, or be a copy. What stands outside says then that its keys have been used.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Start:
    """The first start of nodeos with a key."""

    disk: str
    """The disk's id, which no copy of that disk has."""
    voted: bool = False
    """Whether the key has been seen in that disk's safety.dat."""


@dataclass(frozen=True)
class Ledger:
    """What is known of finalizer keys. A key is written as `PUB_BLS_...`."""

    starts: Mapping[str, Start]
    version: str = ""
    """Changes with each write. A write names the version that it replaces. Empty: never written."""


class LedgerStore(Protocol):
    """Where the ledger of all ordinals is, outside of their disks. Both methods raise `right.Unreachable`."""

    async def read(self) -> Ledger:
        """An empty one where none was written."""
        ...

    async def write(self, ledger: Ledger) -> Ledger:
        """Raises `right.Conflict` where another one wrote meanwhile."""
        ...


class DiskLedger:
    """The same on one disk, beside safety.dat: whoever loses that file by losing its directory loses this one too."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "node-manager.json"

    def read(self) -> Mapping[str, Start]:
        """Raises ValueError where what stands there is no ledger."""
        try:
            return understood(self.path.read_text())
        except FileNotFoundError:
            return {}

    def write(self, starts: Mapping[str, Start]) -> None:
        """When it returns, it is on the disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        with new.open("w") as file:
            file.write(written(starts))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def written(starts: Mapping[str, Start]) -> str:
    return json.dumps({key: asdict(start) for key, start in starts.items()}, sort_keys=True)


def understood(text: str) -> Mapping[str, Start]:
    """Raises ValueError where it is no such text."""
    try:
        return {key: Start(str(start["disk"]), start["voted"] is True) for key, start in json.loads(text).items()}
    except (AttributeError, KeyError, TypeError) as wrong:
        raise ValueError("This is no ledger of finalizer keys.") from wrong
