"""What an instance type has."""

from dataclasses import dataclass
from typing import Literal

Architecture = Literal["x86-64", "arm64"]


@dataclass(frozen=True)
class Capacity:
    """The size of an instance type."""

    vcpu: int
    memory_gib: float
