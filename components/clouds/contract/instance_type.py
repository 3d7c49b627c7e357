"""What an instance type has."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Capacity:
    """What a node of some instance type has."""

    vcpu: int
    memory_gib: float
