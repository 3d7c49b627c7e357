"""The clouds' own APIs, as far as `nodeyard` asks them: over loopback HTTP, on what the world has.

Each module here knows one cloud; its `SERVICES` are those that answer. `nodeyard` is told of them by the answer of
`./sandbox/pulumi stack output --json`, and asks no others then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from nodeyard.clouds.contract.platform import CloudName

from sandbox.simulation.world import World


@dataclass(frozen=True)
class Request:
    """What is asked of one service. `path` is what follows the service's own URL."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    body: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    text: str = ""
    """Instead of a body, of a service that does not speak JSON."""


@dataclass(frozen=True)
class Service:
    answer: Callable[[World, Request], Answer]
    url: str = ""
    """What a client fills in behind the service's URL, as it is told."""


def services() -> dict[str, Service]:
    """Every service that answers, by its cloud's name for it. No two clouds have a name in common."""
    found: dict[str, Service] = {}
    for cloud in CloudName:
        found |= import_module(f"{__name__}.{cloud.value}").SERVICES
    return found
