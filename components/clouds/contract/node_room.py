"""Processor and memory: what a node has for pods, and what pods ask of it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Room:
    """An amount of both."""

    millicpu: int = 0
    """Thousandths of a vCPU."""
    mib: int = 0
    """MiB of memory."""

    def __add__(self, other: "Room") -> "Room":
        return Room(millicpu=self.millicpu + other.millicpu, mib=self.mib + other.mib)

    def __sub__(self, other: "Room") -> "Room":
        return Room(millicpu=self.millicpu - other.millicpu, mib=self.mib - other.mib)

    def holds(self, other: "Room") -> bool:
        """Whether there is as much of both as `other` asks for."""
        return self.millicpu >= other.millicpu and self.mib >= other.mib

    def __str__(self) -> str:
        return f"{self.millicpu}m CPU and {self.mib}Mi memory"


def total(rooms: Iterable[Room]) -> Room:
    """All of them together."""
    return sum(rooms, start=Room())
