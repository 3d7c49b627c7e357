"""A file for another program to read, and nobody else."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def private_file(text: str) -> Iterator[str]:
    """Its path. The file is its owner's alone, and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="nodeyard-") as directory:
        file = Path(directory, "file")
        file.touch(mode=0o600)
        file.write_text(text)
        yield str(file)
