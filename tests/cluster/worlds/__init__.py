"""Worlds as a platform and a sequencer would leave them, made by hand, for each cloud the same."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.worlds.aws import AwsWorld
from tests.cluster.worlds.azure import AzureWorld
from tests.cluster.worlds.base import CloudWorld
from tests.cluster.worlds.gcp import GcpWorld

WORLDS: dict[str, type[CloudWorld]] = {"aws": AwsWorld, "azure": AzureWorld, "gcp": GcpWorld}


def world_of(cloud: str, home: Path) -> CloudWorld:
    return WORLDS[cloud](home)
