"""What a killed engine leaves unreadable in its file backend, which is the sandbox's, and how it is read again.

The backend puts a state in its place whole, and keeps the one before beside it as `.bak`. The file of its attributes
(`.attrs`) it writes in place: a kill in the middle leaves it empty, and every command then ends in "failed to load
checkpoint: EOF" (gocloud.dev, blob/fileblob, `setAttrs`). Nothing needs the attributes: without the file the state is
read as it is. A state itself is empty only where the machine went down with it.
"""

import shutil
from pathlib import Path

from sandbox.progress import say


def mend(backend: Path) -> None:
    """Says what it does, for it may be a step of the state that is lost."""
    for attributes in backend.glob(".pulumi/**/*.attrs"):
        if not attributes.stat().st_size:
            attributes.unlink()
            say(f"removed {attributes}, which a killed engine left empty; what it belongs to is as it was")
    for state in backend.glob(".pulumi/stacks/**/*.json"):
        backup = state.with_name(f"{state.name}.bak")
        if not state.stat().st_size and backup.exists() and backup.stat().st_size:
            shutil.copyfile(backup, state)
            say(f"{state} was empty: the engine's own backup is in its place, which is one step older")
