"""The clouds without their networks: schema, world and tables. No gRPC: plugins/ and mocks.py are the adapters."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from .cloud import Cloud
from .world import World


def cloud_of(package: str, home: Path, config: Mapping[str, Any]) -> Cloud:
    """The simulated cloud behind a Pulumi package, in the world of this sandbox."""
    return class_of(package)(world_of(home), config)


def class_of(package: str) -> type[Cloud]:
    table = import_module(f".tables.{package.replace('-', '_')}", __name__)
    found: type[Cloud] = table.Cloud
    return found


def world_of(home: Path) -> World:
    """The memory that all clouds of one sandbox share."""
    return World(home / "world.sqlite")
