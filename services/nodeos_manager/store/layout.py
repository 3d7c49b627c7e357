"""What of nodeos' data directory is kept and put back, and what never is.

`safety.dat` says for which blocks a finalizer key has voted (`finalizers-dir` of Spring's chain_plugin). An old one
would let the key vote against its own votes. So it is never kept, never put back, and never removed.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from chain_store.tree import below

from ..nodeos.nodeos import FINALIZERS, RESTORED

VOTES = "safety.dat"
_NEVER = frozenset({FINALIZERS, VOTES})
#: Of one disk, or of one moment.
_PASSING = frozenset({"snapshots", "lost+found", RESTORED})
#: `block_log_preamble` of AntelopeIO/spring, libraries/chain/block_log.cpp: version, first block. The index beside the
#: log has eight bytes for each block.
_PREAMBLE = struct.Struct("<II")
_INDEX_ENTRY = 8
_NEWEST_VERSION = 4


def entries(directory: Path) -> list[str]:
    """The names right below the data directory that are kept, moved aside and put back."""
    return sorted(entry.name for entry in directory.iterdir() if is_kept(entry.name) and not has_votes(entry))


def is_kept(name: str) -> bool:
    return name not in _NEVER | _PASSING and not name.startswith(".")


def files(directory: Path) -> Iterator[Path]:
    """Every file that a backup keeps. Raises Unkeepable where something lies elsewhere, behind a link."""
    for name in entries(directory):
        yield from below(directory / name)


def log_holds(blocks: Path, height: int) -> bool:
    """Whether nodeos' block log has the block of a snapshot, which nodeos wants of one that is there at all. False
    where that cannot be told: a log that was pruned."""
    try:
        with (blocks / "blocks.log").open("rb") as log:
            version, first = map(int, _PREAMBLE.unpack(log.read(_PREAMBLE.size)))
        count = (blocks / "blocks.index").stat().st_size // _INDEX_ENTRY
    except (OSError, struct.error):
        return False
    return 1 < version <= _NEWEST_VERSION and first <= height < first + count


def begins_with_the_chain(blocks: Path) -> bool:
    """Whether the block log has all blocks from the first one, so that nodeos can make its state from it."""
    return log_holds(blocks, 1)


def has_votes(entry: Path) -> bool:
    return entry.is_dir() and not entry.is_symlink() and next(entry.rglob(VOTES), None) is not None
