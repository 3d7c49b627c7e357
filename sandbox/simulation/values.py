"""Pulumi's own values inside plain data: what is not known yet, what is secret, what is an asset."""

from collections.abc import Collection, Iterator
from typing import Any

#: What the engine sends in a preview for a value that only the deployment will know.
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET, "value": value}


def is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def is_special(value: Any) -> bool:
    """An asset, an archive or a resource reference: opaque to the simulation."""
    return isinstance(value, dict) and SIGNATURE in value


def plain(value: Any) -> Any:
    """The value as the cloud gets it: secrets unwrapped, whole numbers whole again, for the engine has only doubles."""
    if is_secret(value):
        return plain(value.get("value"))
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def has_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return is_secret(value) or any(map(has_secret, value.values()))
    return isinstance(value, list) and any(map(has_secret, value))


def has_unknown(value: Any) -> bool:
    return any(text == UNKNOWN for text in strings(value))


def settled(value: Any) -> Any:
    """The value, in which a text that was made of something unknown is unknown as a whole."""
    if isinstance(value, dict):
        return {key: settled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [settled(inner) for inner in value]
    return UNKNOWN if isinstance(value, str) and UNKNOWN in value else value


class Unforeseen(dict[str, Any]):
    """An object that is not known yet, and nothing of it."""

    def __missing__(self, key: str) -> str:
        return UNKNOWN

    def get(self, key: str, default: Any = None) -> Any:
        return UNKNOWN


def strings(value: Any) -> Iterator[str]:
    """Every text in the value, but not the names of its keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def named_strings(value: Any, text: Collection[str], path: str = "") -> Iterator[tuple[str, str]]:
    """(path without indices, text) of everything that could be a reference: not what stands under a name in `text`, and
    not a policy's own words."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for item in value:
            yield from named_strings(item, text, path)
    elif isinstance(value, dict) and "Statement" not in value:
        for key, item in value.items():
            if key not in text:
                yield from named_strings(item, text, f"{path}.{key}" if path else key)
