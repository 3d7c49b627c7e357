"""What a cloud refuses though no schema of its says so: one row for each such rule, with its public source.

A cloud's rows stand in its `limits.py`, and nowhere else. The checks of the concepts ask them before anything is
registered, the sandbox's tables ask them when something is made, and `docs/clouds.md` lists them. Nothing of Pulumi is
imported here, because the sandbox's plugins have none of it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A rule and where the cloud says it."""

    what: str
    """What the rule is about, as in `the size of a gp3 volume`."""
    source: str
    """Where it can be read, by its public name."""

    @property
    def rule(self) -> str:
        """The rule in words, for docs."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Between(Limit):
    """A number that has a least, a most, or both."""

    least: int | None = None
    most: int | None = None
    unit: str = ""

    @property
    def rule(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if self.least is None:
            return f"{self.most}{unit} at most"
        return f"{self.least}{unit} or more" if self.most is None else f"{self.least} to {self.most}{unit}"

    def takes(self, value: int) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def problem(self, value: int) -> str:
        """What is wrong with a value; empty when nothing is."""
        return "" if self.takes(value) else f"{value} cannot be: {self.what} is {self.rule}"


@dataclass(frozen=True, kw_only=True)
class Growing(Limit):
    """A number whose most grows with another number, up to an end."""

    each: float
    """How much each unit of the other number adds."""
    of: str
    """What the other number counts, as in `GiB`."""
    most: int
    """The end."""
    least: int = 0
    free: int = 0
    """What there is at any size."""
    base: int = 0
    """What each unit's share is added to."""
    unit: str

    @property
    def rule(self) -> str:
        base = f"{self.base} and " if self.base else ""
        least = f"{self.least} or more, " if self.least else ""
        return f"{least}{base}{self.each:g} {self.unit} for each {self.of}, {self.most} at most"

    def most_of(self, other: int) -> int:
        """The most beside a value of the other number."""
        return min(max(self.free, self.base + int(self.each * other)), self.most)

    def problem(self, value: int, other: int) -> str:
        """What is wrong with a value beside the other number; empty when nothing is."""
        most = self.most_of(other)
        if self.least <= value <= most:
            return ""
        span = f"{self.least} to {most}" if self.least else f"{most} at most"
        return f"{value} cannot be: {self.what} is {span} with {other} {self.of} ({self.rule})"


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
        return "" if value in self.allowed else f"{value} cannot be: {self.what} is {self.rule}"


@dataclass(frozen=True, kw_only=True)
class NotIn(Limit):
    """A range of addresses that may not touch others."""

    ranges: Mapping[IPv4Network, str]
    """What may not be touched, and what it is."""

    @property
    def rule(self) -> str:
        by_reason: dict[str, list[str]] = {}
        for range_, reason in self.ranges.items():
            by_reason.setdefault(reason, []).append(str(range_))
        return "none of " + "; ".join(f"{', '.join(ranges)} ({reason})" for reason, ranges in by_reason.items())

    def problem(self, cidr: str) -> str:
        """What is wrong with a range; empty when nothing is."""
        asked = IPv4Network(cidr)
        for range_, reason in self.ranges.items():
            if asked.overlaps(range_):
                return f"{cidr} cannot be {self.what}: {range_} is {reason}"
        return ""


@dataclass(frozen=True, kw_only=True)
class NoType(Limit):
    """Instance types that cannot be had for something, by what their names look like."""

    pattern: re.Pattern[str]
    """What the name of such a type begins with."""
    reason: str

    @property
    def rule(self) -> str:
        return f"none that {self.reason}"

    def problem(self, instance_type: str) -> str:
        """What keeps a type out; empty when nothing does."""
        return f"{instance_type!r} {self.reason}" if self.pattern.match(instance_type) else ""


@dataclass(frozen=True, kw_only=True)
class OnlyType(Limit):
    """Instance types that alone can be had for something, by what their names look like."""

    pattern: re.Pattern[str]
    """What the name of such a type begins with."""
    reason: str
    """What is wrong with every other one."""
    says: str

    @property
    def rule(self) -> str:
        return self.says

    def problem(self, instance_type: str) -> str:
        """What keeps a type out; empty when nothing does."""
        return "" if self.pattern.match(instance_type) else f"{instance_type!r} {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Stated(Limit):
    """A rule that a function of the cloud's own decides."""

    says: str

    @property
    def rule(self) -> str:
        return self.says


@dataclass(frozen=True, kw_only=True)
class Quota(Limit):
    """How many there may be of something unless the cloud was asked for more. A plan is not refused for it: what an
    account has nobody knows here."""

    most: int
    per: str
    """In what, as in `region`."""
    unit: str = ""
    raised: bool = True
    """Whether the cloud raises it when asked."""

    @property
    def rule(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.most}{unit} in a {self.per}{'' if self.raised else ', which is never raised'}"


def rows(module: Mapping[str, Any]) -> list[Limit]:
    """Every limit of a module, in the order in which they stand there."""
    return [value for value in module.values() if isinstance(value, Limit)]
