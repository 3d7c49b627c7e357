"""What a node manager answers. docs/services/nodeos-manager.md has the paths."""

from typing import Literal

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field

from nodeyard.words import camel

Standing = Literal["paused", "stopped", "may produce", "unknown"]
MAY_PRODUCE: Standing = "may produce"
RUNNING = "running"


class _Said(BaseModel):
    """Read as a manager spells it, and told on in camel case."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=AliasGenerator(serialization_alias=camel))


class Head(_Said):
    """A node's newest block. Times are in seconds."""

    number: int
    id: str = ""
    age: float
    irreversible: int | None = None


class Schedule(_Said):
    is_in: bool | None = Field(None, alias="in")
    round: str = ""


class Right(_Said):
    """The right to produce, as this manager sees it."""

    holder: str = ""
    held: bool
    failover: str = "manual"
    can_sign: bool = True
    """Whether it has a signing key."""
    stands_aside: bool = False
    """It was told to pause, and takes no right by itself until it is told to resume or its manager starts anew."""


class Finalizer(_Said):
    """The key by which this ordinal votes on a Savanna chain. `active`: whether the chain counts its votes."""

    key: str
    active: bool | None = None


class Stored(_Said):
    """The newest snapshot or backup. Its age is in seconds."""

    name: str = ""
    height: int | None = None
    age: float | None = None


class Readings(_Said):
    """The answer of `GET status`. The manager asks for the standing when it is asked; the rest is a second old."""

    ordinal: str
    bp_mode: bool = True
    """Whether its manager takes part in who produces. Without that it never resumes nodeos, and has no standing."""
    standing: Standing | None = None
    state: str = "unknown"
    head: Head | None = None
    schedule: Schedule | None = None
    right: Right | None = None
    reload_pending: bool = False
    finalizer: Finalizer | None = None
    snapshot: Stored | None = None
    backup: Stored | None = None
    version: str = ""


class Told(_Said):
    """A command that a manager took."""

    id: str
    command: str = ""
    outcome: Literal["queued", "running", "done", "failed"]
    message: str = ""

    @property
    def has_ended(self) -> bool:
        return self.outcome in ("done", "failed")
