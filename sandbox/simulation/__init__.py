"""The clouds without their networks: schema, world and tables. No gRPC: plugins/ and mocks.py are the adapters."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from .world import World


def cloud_of(package: str, home: Path, config: Mapping[str, Any]):
    """The simulated cloud behind a Pulumi package, in the world of this sandbox."""
    table = import_module(f".tables.{package.replace('-', '_')}", __name__)
    return table.Cloud(World(home / "world.sqlite"), config)
