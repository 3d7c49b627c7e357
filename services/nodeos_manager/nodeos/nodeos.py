"""nodeos as a supervised program: its arguments, what is on its disk, and what its exit means."""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .superviser import Unusable, Verdict

DATABASE_DIRTY = 2
"""nodeos' exit code where its database was not closed: `exit_code` in programs/nodeos/main.cpp of AntelopeIO/spring."""
_DIRTY = re.compile(r"database (?:metadata )?dirty flag set|database_dirty_flag", re.IGNORECASE)
_LEVEL = re.compile(r"\s*(?:<\d>\s*)?(debug|info|warn|error)\b", re.IGNORECASE)
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}
_HEADER = 9
#: `db_header` of AntelopeIO/chainbase, pinnable_mapped_file: eight bytes of an id that begins so, then the flag.
_MAGIC = b"EOSIODB"
_FLAG = 8
#: Spring's own default of `finalizers-dir`, below the data directory.
FINALIZERS = "finalizers"
#: Restores put the name of a snapshot in here, by which nodeos starts once.
RESTORED = "restored-snapshot"


@dataclass(frozen=True)
class Data:
    """nodeos' data directory."""

    directory: Path

    @property
    def finalizers(self) -> Path:
        """What the finalizer keys of this disk have voted for. No backup holds it, and no restore touches it: an older
        one would let a key vote against its own votes."""
        return self.directory / FINALIZERS

    @property
    def safety(self) -> Path:
        """Spring's file of these votes: `safety_filename` of AntelopeIO/spring, libraries/chain, config.hpp."""
        return self.finalizers / "safety.dat"

    def is_empty(self) -> bool:
        """Whether no nodeos has run here: neither blocks nor state."""
        return not any(_has_files(self.directory / name) for name in ("blocks", "state"))

    def is_dirty(self) -> bool:
        """Whether the chain state was not closed. It is so, too, while nodeos runs."""
        try:
            with (self.directory / "state/shared_memory.bin").open("rb") as file:
                header = file.read(_HEADER)
        except FileNotFoundError:
            return False
        return header.startswith(_MAGIC) and header[_FLAG:] not in (b"", b"\0")

    def take_snapshot(self) -> Path | None:
        """The snapshot that a restore has left to start from, until there is a state. Then it is forgotten: a snapshot
        starts an empty state only, also where nodeos failed on it."""
        mark = self.directory / RESTORED
        try:
            snapshot = Path(mark.read_text().strip())
        except FileNotFoundError:
            return None
        if _has_files(self.directory / "state"):
            mark.unlink(missing_ok=True)
            return None
        if not snapshot.is_file():
            raise Unusable(f"The restored snapshot {snapshot.name} is gone.")
        return snapshot

    def leave_snapshot(self, snapshot: Path) -> None:
        """Makes the next start begin from this file."""
        (self.directory / RESTORED).write_text(f"{snapshot}\n")


@dataclass(frozen=True)
class NodeosSettings:
    program: Path
    config: Path
    """The directory of the user's config.ini and, for a chain's first boot, of genesis.json."""
    data: Data
    more: tuple[str, ...] = ()
    """Arguments of the user's."""
    run: Path | None = None
    """The directory of config.ini as nodeos reads it, where that is another one."""


class NodeosSoftware:
    """nodeos, for the superviser."""

    def __init__(
        self, settings: NodeosSettings, log: logging.Logger, heard: Callable[[str], None] = lambda _line: None
    ) -> None:
        self._settings = settings
        self._log = log
        self._heard = heard
        self._said_dirty = False

    def command(self) -> Sequence[str]:
        """Paused, always: the manager resumes when it holds the right. Genesis on the first boot of an empty directory
        only; a snapshot once after a restore, and then without genesis: the snapshot has its own."""
        settings = self._settings
        if settings.data.is_dirty():
            raise Unusable("The database is dirty: nodeos was not stopped in order. Restore a backup or a snapshot.")
        places = [f"--config-dir={settings.run or settings.config}", f"--data-dir={settings.data.directory}"]
        self._said_dirty = False
        return [str(settings.program), *places, "--pause-on-startup", *self._first(), *settings.more]

    def said(self, line: str) -> None:
        """Passes the line on, with its level. A line without one is nodeos' own free text."""
        level = _LEVEL.match(line)
        self._log.log(_LEVELS[level[1].lower()] if level else logging.INFO, "%s", line)
        self._said_dirty = self._said_dirty or _DIRTY.search(line) is not None
        self._heard(line)

    def ended(self, code: int, asked: bool) -> Verdict:
        dirty = code == DATABASE_DIRTY or self._said_dirty or self._settings.data.is_dirty()
        if dirty:
            self._log.error("the database is dirty")
        return Verdict.UNUSABLE if dirty else Verdict.RESTART

    def _first(self) -> list[str]:
        snapshot = self._settings.data.take_snapshot()
        if snapshot is not None:
            return [f"--snapshot={snapshot}"]
        genesis = self._settings.config / "genesis.json"
        if self._settings.data.is_empty() and genesis.is_file():
            return [f"--genesis-json={genesis}"]
        return []


def _has_files(directory: Path) -> bool:
    return directory.is_dir() and any(directory.iterdir())
