"""What an instance type has."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Capacity:
    """The size of an instance type."""

    vcpu: int
    memory_gib: float
