"""A stack file of the checkout and the copy that pulumi works on."""

import os
from pathlib import Path
from typing import Any

from .placeholders import STAND_IN, filled_in
from .progress import say
from .yaml_file import parsed, read, text_of

#: Keys of a stack file that belong to the owner's encryption, not to the sandbox's.
ENCRYPTION = ("encryptionsalt", "secretsprovider", "encryptedkey")


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
        new, left_out = without_encryption(text, self.source)
        new, placeholders = filled_in(new)
        before, _ = filled_in(without_encryption(taken, self.taken)[0])
        ours = read(self.target) if self.target.exists() else before
        write(self.target, text_of(merge(before, ours, new)))
        write(self.taken, text)
        if left_out:
            say(f"{self.source.name}: only its owner can decrypt {', '.join(left_out)}: left out")
        if placeholders:
            said = f"{', '.join(placeholders)} is to be replaced before a real `pulumi up`, which refuses it"
            say(f"{self.source.name}: {said}; here {STAND_IN} stands in for it")


def merge(old: Any, ours: Any, new: Any) -> Any:
    """`new` with what `ours` changed since `old`."""
    if isinstance(ours, dict) and isinstance(new, dict):
        old = old if isinstance(old, dict) else {}
        merged = {k: merge(old.get(k), ours.get(k), new.get(k)) for k in [*new, *(k for k in ours if k not in new)]}
        return {k: v for k, v in merged.items() if v is not None}
    return new if ours == old else ours


def without_encryption(text: str, file: Path) -> tuple[dict[str, Any], list[str]]:
    """The stack file without what only its owner can decrypt, and where that stood, as `config --path` spells it."""
    settings = parsed(text, file)
    for key in ENCRYPTION:
        settings.pop(key, None)
    left_out: list[str] = []
    if settings.get("config"):
        settings["config"] = _clear(settings["config"], "", left_out)
    return settings, left_out


def _clear(value: Any, path: str, left_out: list[str]) -> Any:
    """None for what is encrypted, and for what holds nothing else."""
    if not isinstance(value, dict | list) or not value:
        return value
    if isinstance(value, dict) and set(value) == {"secure"}:
        left_out.append(path)
        return None
    if isinstance(value, list):
        return [kept for i, v in enumerate(value) if (kept := _clear(v, f"{path}[{i}]", left_out)) is not None] or None
    items = ((k, _clear(v, f"{path}.{k}" if path else k, left_out)) for k, v in value.items())
    return {k: kept for k, kept in items if kept is not None} or None


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Whole or not at all, and only when it changes: another pulumi may be reading it."""
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_text(text)
    part.chmod(mode)
    part.replace(path)
