"""A stack file of the checkout and the copy that pulumi works on."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .yaml_file import parsed, read, text_of

#: Keys of a stack file that belong to the owner's encryption, not to the sandbox's.
ENCRYPTION = ("encryptionsalt", "secretsprovider", "encryptedkey")
#: What stands for a value that only the owner can decrypt.
DUMMY = "sandbox dummy for "


class StackConfig:
    """A stack file of the checkout and its copy: the copy keeps its own salt and what `config set` changed in it."""

    def __init__(self, source: Path, copy: Path):
        self.source, self.target = source, copy
        self.taken = copy.with_name(f".{copy.name}")  # the source as it was last copied

    def copy(self) -> None:
        text = self.source.read_text()
        taken = self.taken.read_text() if self.taken.exists() else ""
        if taken == text and self.target.exists():
            return
        new = without_encryption(text, self.source)
        before = without_encryption(taken, self.taken)
        ours = read(self.target) if self.target.exists() else before
        write(self.target, text_of(merge(before, ours, new)))
        write(self.taken, text)


def merge(old: Any, ours: Any, new: Any) -> Any:
    """`new` with what `ours` changed since `old`."""
    if isinstance(ours, dict) and isinstance(new, dict):
        old = old if isinstance(old, dict) else {}
        merged = {k: merge(old.get(k), ours.get(k), new.get(k)) for k in [*new, *(k for k in ours if k not in new)]}
        return {k: v for k, v in merged.items() if v is not None}
    return new if ours == old else ours


def without_encryption(text: str, file: Path) -> dict[str, Any]:
    """The stack file with its encrypted values as dummies: the owner's passphrase is not ours."""
    settings = parsed(text, file)
    for key in ENCRYPTION:
        settings.pop(key, None)

    def plain(value: Any, path: str) -> Any:
        if isinstance(value, dict):
            if set(value) == {"secure"}:
                return DUMMY + path
            return {k: plain(v, f"{path}.{k}" if path else k) for k, v in value.items()}
        if isinstance(value, list):
            return [plain(v, f"{path}[{i}]") for i, v in enumerate(value)]
        return value

    return settings | {"config": plain(settings["config"], "")} if settings.get("config") else settings


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path as `pulumi config --path` spells it, value) of everything in a stack file's config."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Whole or not at all, and only when it changes: another pulumi may be reading it."""
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_text(text)
    part.chmod(mode)
    part.replace(path)
