"""The files below a directory, as a backup keeps them."""

from collections.abc import Callable, Iterator
from pathlib import Path


class Unkeepable(Exception):
    """The data directory is laid out in a way that no backup can keep. The message says what is in the way."""


def below(entry: Path, is_kept: Callable[[Path], bool] = lambda _: True) -> Iterator[Path]:
    """Every regular file that is kept of those below `entry`, or `entry` itself, in the order of their names. Raises
    Unkeepable where something lies elsewhere, behind a link."""
    if not is_kept(entry):
        return
    if entry.is_symlink():
        raise Unkeepable(f"{entry} is a link: a backup keeps what lies below the data directory itself.")
    if entry.is_file():
        yield entry
    elif entry.is_dir():
        for each in sorted(entry.iterdir()):
            yield from below(each, is_kept)
