"""The programs that a cloud's machines boot by. They lie beside the cloud's modules, in the folder `boot`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def boot_programs(module: str) -> Mapping[str, str]:
    """Every program of the cloud whose module has the path `module`, by file name."""
    folder = Path(module).parent / "boot"
    return {file.name: file.read_text() for file in sorted(folder.iterdir()) if file.suffix in (".py", ".sh")}
