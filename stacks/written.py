"""A stack's file as it is written. Pulumi hands over what it says, and of a secret not whether the file hides it."""

from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any

import pulumi
import yaml

from nodeyard.errors import Path


def in_clear(key: str, values: Mapping[str, Any]) -> Iterator[Path]:
    """Where below `key` of the selected stack's file a value stands as it is, beside others that are encrypted: Pulumi
    says that something there is a secret, and not what. Of a file that lies elsewhere (`--config-file`) nothing is
    known."""
    root = pulumi.runtime.get_root_directory()
    file = root and _directory(File(root)) / f"Pulumi.{pulumi.get_stack()}.yaml"
    if file and file.is_file():
        yield from _same(_mapping(_mapping(_read(file)).get("config")).get(key), values)


def _directory(root: File) -> File:
    """Where the project keeps its stacks' files."""
    named = _mapping(_read(root / "Pulumi.yaml")).get("stackConfigDir")
    return root / named if isinstance(named, str) else root


def _read(file: File) -> Any:
    return yaml.safe_load(file.read_text()) if file.is_file() else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _same(written: Any, value: Any, path: Path = ()) -> Iterator[Path]:
    """The paths at which what is written is the value itself. `secure:` stands in place of one that is encrypted."""
    if isinstance(value, dict):
        for key in _mapping(written).keys() & value.keys():
            yield from _same(written[key], value[key], (*path, key))
    elif isinstance(written, str | int | float) and str(written) == str(value):
        yield path
