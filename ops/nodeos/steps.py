"""What can be done to a cluster of producers, one ordinal at a time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .. import output
from ..errors import Unhealthy, Unreachable
from . import finalizer
from .managers import order
from .readings import MAY_PRODUCE
from .sight import Sight
from .world import World

LOOK_SECONDS = 3.0
"""Between two looks while something is waited for."""
KNOWN_SECONDS = 15.0
"""A manager asks the chain every ten seconds whose votes count."""
TAKES_SECONDS = 25.0
"""`failover: automatic`: for so long a standby may be about to take the right by itself: a lease, and a head check."""


@dataclass(frozen=True)
class Pause:
    """Pauses an ordinal in the gap between its turns, and releases its right."""

    ordinal: str
    timeout: float | None = field(default=None, compare=False)

    @property
    def what(self) -> str:
        return f"{self.ordinal}: pause it in the gap between its turns, and release its right"

    async def do(self, world: World) -> str:
        return await order(world.managers, self.ordinal, "safely_pause_production", timeout=self.timeout)

    def after(self, sight: Sight) -> Sight:
        right = (said := sight.ordinals[self.ordinal].readings) and said.right
        resting = right and right.model_copy(update={"held": False, "stands_aside": True})
        changed = sight.ordinals[self.ordinal].but(standing="paused", right=resting)
        return sight.having(changed, holder="" if sight.holder == self.ordinal else None)


@dataclass(frozen=True)
class Aside(Pause):
    """`failover: automatic`: a standby that is not meant takes no right meanwhile."""

    @property
    def what(self) -> str:
        return f"{self.ordinal}: let it stand aside, so that it does not take the right"


@dataclass(frozen=True)
class Free:
    """Frees the right of an ordinal that cannot release it: one that is off, or a spare."""

    ordinal: str
    why: str = field(default="", compare=False)

    @property
    def what(self) -> str:
        return f"{self.ordinal}: free the right of it, since {self.why}"

    async def do(self, world: World) -> str:
        sight = await world.look()
        ordinal = sight.ordinals[self.ordinal]
        if sight.lease is None or sight.holder != self.ordinal or not ordinal.needs_no_right:
            raise Unhealthy(f"{self.ordinal} is not what it was a moment ago.")
        await world.kubernetes.free(sight.lease)
        return "The right to produce is free."

    def after(self, sight: Sight) -> Sight:
        return sight.having(holder="")


@dataclass(frozen=True)
class Resume:
    """Gives the right to an ordinal, which produces then."""

    ordinal: str
    lost: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        return f"{self.ordinal}: give it the right, and resume its production"

    async def do(self, world: World) -> str:
        try:
            return await order(world.managers, self.ordinal, "safely_resume_production", lost=list(self.lost) or None)
        except Unhealthy as refused:
            if not world.is_automatic:
                raise
            return await self._takes(world, refused)

    async def _takes(self, world: World, refused: Unhealthy) -> str:
        """It may have taken the right by itself in that moment, or wait for the end of another one's."""
        output.note(f"  {refused} It may take the right by itself.")
        for _ in range(int(TAKES_SECONDS / LOOK_SECONDS)):
            await asyncio.sleep(LOOK_SECONDS)
            if (await world.look()).ordinals[self.ordinal].may_produce:
                return "It produces when its turn comes."
        raise refused

    def after(self, sight: Sight) -> Sight:
        return sight.having(sight.ordinals[self.ordinal].but(standing=MAY_PRODUCE), holder=self.ordinal)


@dataclass(frozen=True)
class Activate:
    """Waits until the chain counts an ordinal's votes. The operator signs that."""

    ordinal: str
    producers: Sequence[str] = field(default=(), compare=False)
    patience: float = field(default=0.0, compare=False)
    """In seconds."""

    @property
    def what(self) -> str:
        return f"{self.ordinal}: wait until its finalizer key is the active one on chain, which you sign"

    async def do(self, world: World) -> str:
        told = False
        for at in range(1 + int(self.patience / LOOK_SECONDS)):
            sight = await world.look()
            ordinal = sight.ordinals[self.ordinal]
            if finalizer.is_settled(sight, ordinal):
                return "The chain counts its votes."
            key = finalizer.key_of(ordinal)
            # A manager that has just started has not asked the chain yet.
            if not told and (key.active is False or at * LOOK_SECONDS >= KNOWN_SECONDS):
                output.note(finalizer.instructions(self.ordinal, key.key, self.producers))
                told = True
            await asyncio.sleep(LOOK_SECONDS)
        raise Unhealthy(f"The chain does not count the votes of {self.ordinal} yet, after {self.patience:g} seconds.")

    def after(self, sight: Sight) -> Sight:
        changed = []
        for each in sight.ordinals.values():
            key = each.readings and each.readings.finalizer
            changed.append(
                each.but(finalizer=key.model_copy(update={"active": each.name == self.ordinal})) if key else each
            )
        return sight.having(*changed)


@dataclass(frozen=True)
class Restart:
    """Deletes a pod by its grace, so that the StatefulSet makes another one."""

    ordinal: str
    uid: str = ""
    is_only: bool = field(default=False, compare=False)
    """Whether it may produce meanwhile, as nobody else can."""

    @property
    def what(self) -> str:
        return f"{self.ordinal}: delete its pod, so that another one is made"

    async def do(self, world: World) -> str:
        ordinal = (await world.look()).ordinals[self.ordinal]
        pod = ordinal.pod
        if pod is not None and pod.uid == self.uid and not pod.is_deleting:
            if ordinal.may_produce and not self.is_only:
                raise Unhealthy(f"{self.ordinal} may produce by now.")
            await world.kubernetes.delete_pod(pod.name)
        return "It ends, which may take as long as nodeos needs to write its state."

    def after(self, sight: Sight) -> Sight:
        old = sight.ordinals[self.ordinal]
        right = old.readings.right if old.readings else None
        new = old.but(right=right and right.model_copy(update={"stands_aside": False}), reload_pending=False)
        pod = old.pod and replace(old.pod, uid=f"{self.uid}, made anew", image=old.image)
        return sight.having(replace(new, pod=pod, is_outdated=False))


@dataclass(frozen=True)
class CatchUp:
    """Waits until an ordinal that comes up could take over."""

    ordinal: str
    pod: str = ""
    """The pod that is there now, and whether it ends: which wait this is."""
    patience: float = field(default=0.0, compare=False)
    """In seconds."""

    @property
    def what(self) -> str:
        return f"{self.ordinal}: wait until it has caught up"

    async def do(self, world: World) -> str:
        told = ""
        for _ in range(max(1, int(self.patience / LOOK_SECONDS))):
            try:
                sight = await world.look()
                waits = waits_for(sight, self.ordinal)
            except Unreachable as silent:
                waits = str(silent)
            if not waits:
                return "It has caught up."
            if waits != told:
                output.note(f"  {waits}")
            told = waits
            await asyncio.sleep(LOOK_SECONDS)
        raise Unhealthy(f"{self.ordinal} has not caught up in {self.patience:g} seconds: {told}.")

    def after(self, sight: Sight) -> Sight:
        return sight


def waits_for(sight: Sight, name: str) -> str:
    """Why an ordinal is not back yet; empty when it is."""
    ordinal = sight.ordinals[name]
    if ordinal.pod is None:
        return "its pod is not there yet"
    if ordinal.pod.is_deleting:
        return "its old pod is still there"
    problems = [each for each in ordinal.problems if "restart is pending" not in each]
    behind = sight.behind(ordinal)
    return "; ".join([behind, *problems]) if behind else ""


@dataclass(frozen=True)
class Reload:
    """Starts an ordinal's nodeos anew, with what its configuration is now. The manager chooses the gap between our
    turns where it produces, also where it began to a moment ago."""

    ordinal: str

    @property
    def what(self) -> str:
        return f"{self.ordinal}: start nodeos anew, between its turns where it produces"

    async def do(self, world: World) -> str:
        return await order(world.managers, self.ordinal, "safely_reload")

    def after(self, sight: Sight) -> Sight:
        return sight.having(sight.ordinals[self.ordinal].but(reload_pending=False))
