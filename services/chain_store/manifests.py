"""What a snapshot or a backup is: small JSON objects, which are written last and never changed.

An upload that was cut off has none, so nobody ever sees it.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

_FORM = 1
"""Of the manifests. A reader refuses another one."""
_HASH = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[0-9]{10}-[0-9a-f]+")
_LARGEST_CHUNK = 64 << 20
"""Bytes. A restore holds several chunks in memory."""


class Kind(StrEnum):
    """The words are part of the HTTP API."""

    SNAPSHOT = "snapshot"
    BACKUP = "backup"


class Corrupt(Exception):
    """What came back is not what was kept. The message says what is wrong with which object."""


@dataclass(frozen=True)
class Block:
    """Where on which chain something was taken."""

    chain_id: str
    height: int
    block_id: str

    @property
    def name(self) -> str:
        """Zero padded: the order of names is the order of heights."""
        return f"{self.height:010d}-{self.block_id}"


@dataclass(frozen=True)
class Snapshot:
    """A file that nodeos wrote, as one object."""

    block: Block
    at: float
    """When it was taken, in seconds since 1970."""
    bytes: int
    sha256: str
    object: str
    """The name of the object within the bucket."""

    kind = Kind.SNAPSHOT

    @property
    def name(self) -> str:
        return self.block.name

    def objects(self) -> frozenset[str]:
        return frozenset({self.object})


@dataclass(frozen=True)
class File:
    """A file of a backup, in pieces of `Backup.chunk` bytes."""

    path: str
    """Below the data directory, with slashes."""
    bytes: int
    chunks: tuple[str | None, ...]
    """The SHA-256 of each piece. None: it is all zeros, and was not kept."""


@dataclass(frozen=True)
class Backup:
    """The data directory of a nodeos that was stopped."""

    block: Block
    at: float
    chunk: int
    files: tuple[File, ...] = field(default=())

    kind = Kind.BACKUP

    @property
    def name(self) -> str:
        return self.block.name

    @property
    def bytes(self) -> int:
        """What a restore writes: holes take no room."""
        return sum(_sizes(file, self.chunk) for file in self.files)

    def objects(self) -> frozenset[str]:
        return frozenset(
            chunk_name(self.block.chain_id, chunk) for file in self.files for chunk in file.chunks if chunk is not None
        )


Manifest = Snapshot | Backup


def folder(chain_id: str, kind: Kind) -> str:
    return f"{chain_id}/{kind}s"


def manifest_name(chain_id: str, kind: Kind, name: str) -> str:
    return f"{folder(chain_id, kind)}/{name}.json"


def chunks_folder(chain_id: str) -> str:
    return f"{chain_id}/chunks"


def chunk_name(chain_id: str, sha256: str) -> str:
    return f"{chunks_folder(chain_id)}/{sha256}"


def written(manifest: Manifest) -> bytes:
    return json.dumps({"form": _FORM, "kind": manifest.kind, **asdict(manifest)}).encode()


def parsed(kind: Kind, data: bytes, where: str) -> Manifest:
    """The manifest of an object's content. Raises Corrupt where it is none, or leads out of the data directory."""
    try:
        given = json.loads(data)
        if given["form"] != _FORM or given["kind"] != kind:
            raise ValueError("It is of another form or kind.")
        manifest = _snapshot(given) if kind is Kind.SNAPSHOT else _backup(given)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as wrong:
        raise Corrupt(f"{where} is no manifest of a {kind}: {type(wrong).__name__}: {wrong}") from wrong
    if where != manifest_name(manifest.block.chain_id, kind, manifest.name):
        raise Corrupt(f"{where} speaks of {manifest.name} of chain {manifest.block.chain_id}.")
    return manifest


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def _snapshot(given: Mapping[str, Any]) -> Snapshot:
    block = _block(given)
    name, sha256 = str(given["object"]), _hash(given["sha256"])
    if not name.startswith(f"{folder(block.chain_id, Kind.SNAPSHOT)}/{block.name}-"):
        raise ValueError(f"{name} is no object of this snapshot.")
    return Snapshot(block, _time(given["at"]), _size(given["bytes"]), sha256, name)


def _backup(given: Mapping[str, Any]) -> Backup:
    chunk = _size(given["chunk"])
    if not 0 < chunk <= _LARGEST_CHUNK:
        raise ValueError(f"Chunks of {chunk} bytes are none of ours.")
    files = tuple(_file(one, chunk) for one in given["files"])
    if not files:
        raise ValueError("There is no file in it.")
    return Backup(_block(given), _time(given["at"]), chunk, files)


def _file(given: Mapping[str, Any], chunk: int) -> File:
    path, size = PurePosixPath(str(given["path"])), _size(given["bytes"])
    if path.is_absolute() or not path.parts or ".." in path.parts or "\0" in str(path):
        raise ValueError(f"{path} leads out of the data directory.")
    chunks = tuple(None if one is None else _hash(one) for one in given["chunks"])
    if len(chunks) != -(-size // chunk):
        raise ValueError(f"{path} has {len(chunks)} chunks for {size} bytes.")
    return File(str(path), size, chunks)


def _block(given: Mapping[str, Any]) -> Block:
    block = given["block"]
    made = Block(str(block["chain_id"]), int(block["height"]), str(block["block_id"]))
    if not is_name(made.name):
        # It becomes a part of a file's name.
        raise ValueError(f"{made.name!r} is no name.")
    return made


def _time(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no time.")
    return float(value)


def _hash(text: object) -> str:
    if not isinstance(text, str) or not _HASH.fullmatch(text):
        raise ValueError(f"{text!r} is no SHA-256.")
    return text


def _size(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no number of bytes.")
    return value


def _sizes(file: File, chunk: int) -> int:
    """Bytes of a file's pieces that are no holes."""
    sizes = (min(chunk, file.bytes - place * chunk) for place in range(len(file.chunks)))
    return sum(size for size, kept in zip(sizes, file.chunks, strict=True) if kept is not None)
