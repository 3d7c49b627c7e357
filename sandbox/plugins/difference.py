"""What changed between two sets of inputs, by property path, in the engine's spelling of a path."""

import re
from itertools import zip_longest
from typing import Any

ADD, DELETE, UPDATE = "ADD", "DELETE", "UPDATE"


def differences(old: Any, new: Any, path: str = "") -> dict[str, str]:
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = [(key_path(path, key), old.get(key), new.get(key)) for key in [*old, *(k for k in new if k not in old)]]
    elif isinstance(old, list) and isinstance(new, list):
        pairs = [(f"{path}[{i}]", before, after) for i, (before, after) in enumerate(zip_longest(old, new))]
    elif old == new:
        return {}
    else:
        return {path: ADD if old is None else DELETE if new is None else UPDATE}
    return {where: kind for inner, before, after in pairs for where, kind in differences(before, after, inner).items()}


def key_path(path: str, key: str) -> str:
    if not re.fullmatch(r"[A-Za-z_$][\w$-]*", key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def is_within(path: str, name: str) -> bool:
    """Whether a changed path is the named property or inside it; a name has no indices."""
    bare = re.sub(r"\[\d+\]", "", path)
    return bare == name or bare.startswith((f"{name}.", f"{name}["))
