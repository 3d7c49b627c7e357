"""What is another in one mapping than in another, by path, without what may be a secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

HIDDEN: Final = "[hidden]"
_SECRET_NAMES: Final = re.compile("pass|secret|token|credential|private|key|env|auth|account", re.IGNORECASE)
_WITH_PASSWORD: Final = re.compile(r"://[^/\s]*@|://\S*[/=](?=\w*\d)(?=\w*[a-zA-Z])\w{20,}")
"""A URL that names a user, or has in its path or query what looks like a provider's key."""
_SHOWN: Final = 100
"""Characters. A longer value is told by its size."""


@dataclass(frozen=True)
class Change:
    """One value. Empty where it was not there, or is not there any more."""

    path: str
    before: str
    after: str


def differences(before: Any, after: Any) -> list[Change]:
    """By path, in its order."""
    old, new = _flat(before), _flat(after)
    paths = [path for path in sorted({*old, *new}, key=_order) if old.get(path, _ABSENT) != new.get(path, _ABSENT)]
    return [Change(".".join(path), _shown(path, old), _shown(path, new)) for path in paths]


_Path = tuple[str, ...]
_ABSENT: Final = object()


def _order(path: _Path) -> list[tuple[int, str]]:
    """The tenth of a list comes after the ninth."""
    return [(int(part) if part.isdigit() else -1, part) for part in path]


def _flat(value: Any, path: _Path = ()) -> dict[_Path, Any]:
    if isinstance(value, Mapping):
        entries = [(str(name), each) for name, each in value.items()]
    elif isinstance(value, list):
        entries = [(str(number), each) for number, each in enumerate(value)]
    else:
        return {path: value}
    return {where: leaf for name, each in entries for where, leaf in _flat(each, (*path, name)).items()}


def _shown(path: _Path, values: Mapping[_Path, Any]) -> str:
    if path not in values:
        return ""
    text = str(values[path])
    if any(_SECRET_NAMES.search(name) for name in path) or _WITH_PASSWORD.search(text):
        return HIDDEN
    if len(text) > _SHOWN or "\n" in text:
        return f"[{len(text)} characters in {len(text.splitlines())} lines]"
    return text
