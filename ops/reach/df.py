"""How full a file system is, by `df -P -k` (POSIX)."""

from collections.abc import Sequence

from ..output import Told


class Disk(Told):
    """The file system that a part's data are on, in bytes."""

    used: int
    size: int


def command(place: str) -> list[str]:
    return ["df", "-P", "-k", place]


def read(lines: Sequence[str]) -> Disk | None:
    """File system, blocks of 1024 bytes, used, available, capacity, where. None where df printed something else."""
    try:
        _, size, used, *_ = lines[1].split()
        return Disk(used=int(used) * 1024, size=int(size) * 1024)
    except (IndexError, ValueError):
        return None
