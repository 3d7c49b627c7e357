"""What a cloud refuses though no schema of its says so: one row for each such rule, with its public source.

A cloud's rows stand in its `limits.py`, and nowhere else. The checks of the concepts ask them before anything is
registered, and `docs/limits.md` lists them. A row reads as a sentence: `what` has `rule`. Nothing of Pulumi is imported
here: the rows can be read where no program runs.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Limit(ABC):
    """A rule and where it can be read."""

    what: str
    """What has the limit, as in `a gp3 volume`."""
    source: str
    """Where it can be read, by its public name."""

    @property
    @abstractmethod
    def rule(self) -> str:
        """The limit in words."""


@dataclass(frozen=True, kw_only=True)
class Between(Limit):
    """A number that has a least, a most, or both."""

    least: int | None = None
    most: int | None = None
    unit: str

    @property
    def rule(self) -> str:
        if self.least is None:
            return f"{self.most} {self.unit} at most"
        return f"{self.least} {self.unit} or more" if self.most is None else f"{self.least} to {self.most} {self.unit}"

    def problem(self, value: int) -> str:
        """What is wrong with a value; empty when nothing is."""
        fits = (self.least is None or value >= self.least) and (self.most is None or value <= self.most)
        return "" if fits else f"{value} cannot be: {self.what} has {self.rule}"


@dataclass(frozen=True, kw_only=True)
class Growing(Limit):
    """A number whose most grows with another number."""

    least: int = 0
    most: int
    """However large the other number is."""
    each: float
    """How much each unit of the other number gives."""
    of: str
    """The unit of the other number, as in `GiB`."""
    base: int = 0
    """What the shares are added to."""
    unit: str

    @property
    def rule(self) -> str:
        least = f"{self.least} {self.unit} or more, " if self.least else ""
        base = f"{self.base} and " if self.base else ""
        return f"{least}{base}{self.each:g} {self.unit} for each {self.of}, {self.most} at most"

    def most_of(self, other: int) -> int:
        """The most beside a value of the other number. The least is there at any size."""
        return min(max(self.least, self.base + int(self.each * other)), self.most)

    def problem(self, value: int, other: int) -> str:
        """What is wrong with a value beside the other number; empty when nothing is."""
        most = self.most_of(other)
        if self.least <= value <= most:
            return ""
        span = f"{self.least} to {most} {self.unit}" if self.least else f"{most} {self.unit} at most"
        return f"{value} cannot be: {self.what} of {other} {self.of} has {span} ({self.rule})"


@dataclass(frozen=True, kw_only=True)
class OneOf(Limit):
    """A value out of a list."""

    allowed: Sequence[Any]
    unit: str = ""

    @property
    def rule(self) -> str:
        return f"one of {', '.join(map(str, self.allowed))}{f' {self.unit}' if self.unit else ''}"

    def problem(self, value: Any) -> str:
        """What is wrong with a value; empty when nothing is."""
        return "" if value in self.allowed else f"{value} cannot be: {self.what} has {self.rule}"


@dataclass(frozen=True, kw_only=True)
class NotIn(Limit):
    """Ranges of addresses that may not touch others."""

    ranges: Mapping[IPv4Network, str]
    """What may not be touched, each with what it is."""

    @property
    def rule(self) -> str:
        by_reason: dict[str, list[str]] = {}
        for range_, reason in self.ranges.items():
            by_reason.setdefault(reason, []).append(str(range_))
        return "none of " + "; ".join(f"{', '.join(ranges)} ({reason})" for reason, ranges in by_reason.items())

    def problem(self, cidr: str) -> str:
        """What is wrong with a range; empty when nothing is."""
        for range_, reason in self.ranges.items():
            if IPv4Network(cidr).overlaps(range_):
                touched = "" if str(range_) == cidr else f"touches {range_}, which "
                return f"{cidr} cannot be: it {touched}is {reason}"
        return ""


@dataclass(frozen=True, kw_only=True)
class NoType(Limit):
    """Instance types that cannot be had for something, by how their names begin."""

    pattern: re.Pattern[str]
    reason: str
    """What is wrong with such a type, as in `runs Arm code`."""

    @property
    def rule(self) -> str:
        return f"no type that {self.reason}"

    def problem(self, instance_type: str) -> str:
        """What keeps a type out; empty when nothing does."""
        return f"{instance_type!r} {self.reason}" if self.pattern.match(instance_type) else ""


@dataclass(frozen=True, kw_only=True)
class OnlyType(Limit):
    """Instance types that alone can be had for something, by their names."""

    pattern: re.Pattern[str]
    known: str
    """Which ones these are."""
    reason: str
    """What is wrong with every other one."""

    @property
    def rule(self) -> str:
        return self.known

    def problem(self, instance_type: str) -> str:
        """What keeps a type out; empty when nothing does."""
        return "" if self.pattern.match(instance_type) else f"{instance_type!r} {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Stated(Limit):
    """A rule that is asked where there is more to look at than one value."""

    says: str

    @property
    def rule(self) -> str:
        return self.says


@dataclass(frozen=True, kw_only=True)
class Quota(Limit):
    """How many there may be until the cloud is asked for more. No plan is refused for it: what an account has nobody
    knows here."""

    name: str
    """As the cloud's console calls it."""
    most: int | None
    """What a new account has. None where the cloud tells that in its console only."""
    unit: str
    link: str
    """Where it is seen, and raised."""
    raised: bool = True
    """Whether the cloud raises it when asked."""

    @property
    def rule(self) -> str:
        if self.most is None:
            return f"{self.unit}: how many, each account's console says"
        return f"{self.most} {self.unit}{'' if self.raised else ', and is given no more'}"


def listed(values: Iterable[object]) -> list[Limit]:
    """The limits among a module's values, in the order in which they stand there."""
    return [value for value in values if isinstance(value, Limit)]
