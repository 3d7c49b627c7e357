"""What is known of a stack at one moment: the same words for every component."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from ..output import Told
from ..reach.df import Disk

State = Literal["healthy", "unreachable", "syncing", "unhealthy"]
_ORDER: Final[tuple[State, ...]] = ("healthy", "unreachable", "syncing", "unhealthy")
"""The worst is last. What is known to be wrong counts more than what is not known."""
NOT_READY: Final = "Kubernetes does not hold its pod for ready"


def worst(states: Iterable[State]) -> State:
    return max(states, key=_ORDER.index, default="healthy")


class Where(Told):
    """Where a part runs, and by which addresses it is reached."""

    pod: str | None = None
    machine: str | None = None
    """The cluster's node, or the cloud's own name of a machine."""
    address: str | None = None
    """Inside the network."""
    public_address: str | None = None


class Part(Told):
    """One thing of a stack that runs by itself: a pod, or a node on a machine. What it did not say is None."""

    part: str
    """The word that `logs`, `restart` and `shell` take. The pods of one task have the same."""
    state: State = "healthy"
    where: Where = Field(default_factory=Where)
    runs: str | None = None
    """The image, or the version that it says itself."""
    height: int | None = None
    age: float | None = None
    """Seconds since the time in its newest block."""
    lag: int | None = None
    """Blocks behind the highest that is known."""
    peers: int | None = None
    disk: Disk | None = None
    problems: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    """What could not be looked at, or is no fault."""
    details: dict[str, Any] = Field(default_factory=dict)
    """What only this component says."""
    shown: dict[str, object] = Field(default_factory=dict, exclude=True)
    """Of the details, what the table has a column for."""

    def say(self, state: State, *problems: str) -> None:
        """Adds what is wrong. One cause is one problem, however often it was met."""
        self.problems = list(dict.fromkeys([*self.problems, *problems]))
        if problems:
            self.state = worst([self.state, state])

    def stands_still_after(self, seconds: float) -> None:
        """Its newest block must be younger."""
        if self.age is not None and self.age > seconds:
            self.say("unhealthy", f"its newest block is {self.age:.0f} s old")

    def catches_up(self, problem: str) -> None:
        """It is not there yet, and for as long as that takes nothing of it is ready."""
        if self.problems == [NOT_READY]:
            self.state, self.problems = "healthy", []
        self.say("syncing", problem)


def tell_lag(parts: Sequence[Part]) -> None:
    """Adds how far each is behind the highest of them."""
    highest = max((each.height for each in parts if each.height is not None), default=0)
    for part in parts:
        part.lag = None if part.height is None else highest - part.height


class Alarm(Told):
    """One that rings now."""

    name: str
    severity: str | None = None
    since: float | None = None
    """Seconds since 1970."""
    summary: str | None = None


class Facts(Told):
    """A stack as a whole."""

    verdict: State = "healthy"
    parts: list[Part] = Field(default_factory=list)
    missing: list[str] = Field(default_factory=list)
    """What the operator still has to do."""
    alarms: list[Alarm] | None = None
    """None: nobody could say."""
    details: dict[str, Any] = Field(default_factory=dict)
    """What only this component says of all parts together."""
    problems: list[str] = Field(default_factory=list, exclude=True)
    """Of all parts together."""
    notes: list[str] = Field(default_factory=list, exclude=True)
    said: list[str] = Field(default_factory=list, exclude=True)
    """The details, in sentences below the table."""

    def say(self, state: State, *problems: str) -> None:
        """Adds what is wrong with the whole."""
        self.problems += problems
        if problems:
            self.verdict = worst([self.verdict, state])

    def conclude(self) -> None:
        """The verdict: the worst of all that was said."""
        found: list[State] = [self.verdict, *(each.state for each in self.parts)]
        if self.missing or self.alarms:
            found.append("unhealthy")
        self.verdict = worst(found)
