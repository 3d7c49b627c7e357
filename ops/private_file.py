"""Files for their owner alone."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import BadInput


@contextmanager
def private_file(text: str) -> Iterator[str]:
    """The path of a file for another program to read, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="nodeyard-") as directory:
        file = Path(directory, "file")
        file.touch(mode=0o600)
        file.write_text(text)
        yield str(file)


def put(file: Path, content: bytes, mode: int = 0o600) -> None:
    """Puts the content in the file's place: all of it, or nothing. Raises `BadInput` where that cannot be written."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".nodeyard-") as directory:
            whole = Path(directory, file.name)
            whole.touch(mode=0o600)
            with whole.open("wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
            whole.chmod(mode)
            whole.replace(file)
    except OSError as error:
        raise BadInput(f"{error.filename or file}: {error.strerror}.") from None
