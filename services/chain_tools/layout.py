"""What of a node's data directory is kept, and what never is: keys, locks, logs for people, and what is of one node
alone. Whoever restores a backup is another node."""

import re
from collections.abc import Iterator
from pathlib import Path

from chain_store.tree import below

_NEVER = re.compile(r"key|secret|passw", re.IGNORECASE)
"""In a name: geth's `nodekey`, `keystore` and `jwtsecret`, Mantis' `node.key`, and what people call such files."""
_OF_ONE_NODE = frozenset({"nodes", "lost+found"})
"""geth's database of peers; what a file system check leaves."""
_LOCKS = frozenset({"LOCK", "FLOCK"})
_LOG = re.compile(r"LOG(\..*)?|logs|.*\.log(\.\w+)?")
_WRITE_AHEAD = re.compile(r"\d+\.log")
"""LevelDB's and RocksDB's newest writes, which are nowhere else."""
_SMALL = 16 << 10
"""Bytes. A file that is one key is no longer."""
_KEY = re.compile(
    rb"(0x)?([0-9a-f]{64}|[0-9a-f]{128})|-----BEGIN [A-Z ]*PRIVATE KEY-----.*|\{.*\"ciphertext\".*\}",
    re.IGNORECASE | re.DOTALL,
)
"""All of such a file: hexadecimal digits, PEM, and a keystore of Ethereum's clients. No database's file begins so."""


def files(directory: Path) -> list[Path]:
    """Every file that a backup keeps. Raises Unkeepable where one of them lies elsewhere, behind a link."""
    return list(_files(directory))


def may_be_kept(name: str) -> bool:
    """Whether a file or a directory of that name is kept."""
    if _NEVER.search(name) or name in _OF_ONE_NODE | _LOCKS:
        return False
    return not _LOG.fullmatch(name) or _WRITE_AHEAD.fullmatch(name) is not None


def _files(directory: Path) -> Iterator[Path]:
    for entry in sorted(directory.iterdir()):
        for file in below(entry, lambda path: may_be_kept(path.name)):
            if not _is_key(file):
                yield file


def _is_key(file: Path) -> bool:
    """Whether a file holds a key, whatever its name is."""
    if file.stat().st_size > _SMALL:
        return False
    return _KEY.fullmatch(file.read_bytes().strip()) is not None
