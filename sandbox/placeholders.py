"""Ranges that a stack file ships as `replace it`, and what stands in for them in the sandbox's copy.

The product refuses them, as EKS does: nobody on the internet comes from a range for documentation. Here nobody comes
from anywhere, and a fresh clone must come up.
"""

from ipaddress import IPv4Network
from typing import Any

from nodeyard.clouds.special_ranges import DOCUMENTATION_RANGES

STAND_IN = IPv4Network("192.31.196.0/24")
"""Public, and of servers that answer and never call (AS112, RFC 7535)."""


def filled_in(settings: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A stack file with the stand-in for each range for documentation, and where those stood, as `config --path` spells
    it."""
    places: list[str] = []
    config = _filled_in(settings.get("config"), "", places)
    return ({**settings, "config": config} if config else settings), places


def _filled_in(value: Any, path: str, places: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled_in(inner, f"{path}.{key}" if path else key, places) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled_in(inner, f"{path}[{index}]", places) for index, inner in enumerate(value)]
    if value not in map(str, DOCUMENTATION_RANGES):
        return value
    places.append(path)
    return type(value)(STAND_IN)  # quoted, or not, as the first one was
