"""Gives the right to produce to another ordinal: manageos' runbook, one step at a time.

The order is what keeps two from producing: a standby that is ready, the old one paused and verified, its right
released, and only then the new one resumed. Each manager refuses what is not safe by itself, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .. import output
from ..errors import BadInput, Unhealthy, Unreachable
from . import finalizer
from .sight import Ordinal, Sight
from .steps import Activate, Aside, CatchUp, Free, Pause, Restart, Resume
from .world import Step


@dataclass(frozen=True)
class Wish:
    """What a switch was asked for. Times are in seconds."""

    target: str
    lost: tuple[str, ...] = ()
    """Ordinals that the operator vouches for: their machines are off."""
    restart: bool = False
    """Start anew those that were told to pause, so that they stand by again."""
    producers: Sequence[str] = ()
    """Our names in the chain's schedule."""
    sign_patience: float = 600.0
    back_patience: float = 3600.0
    pause_timeout: float | None = None


def next_step(sight: Sight, done: frozenset[Step], wish: Wish) -> Step | None:
    """Raises `Unhealthy` and `Unreachable` where no step is safe."""
    target = sight.ordinals[wish.target]
    # One that answers after all is paused like any other.
    wish = replace(wish, lost=tuple(name for name in wish.lost if not sight.ordinals[name].is_known))
    if not produces_alone(sight, target):
        return _towards(sight, done, wish, target)
    if not finalizer.is_settled(sight, target):
        return Activate(target.name, tuple(wish.producers), wish.sign_patience)
    return _restart(sight, done, wish) if wish.restart else None


def produces_alone(sight: Sight, target: Ordinal) -> bool:
    return [each.name for each in sight.unpaused] == [target.name] and sight.holder == target.name


def _towards(sight: Sight, done: frozenset[Step], wish: Wish, target: Ordinal) -> Step:
    _require_known(sight, wish, target)
    others = [each for each in sight.others(target.name) if each.name not in wish.lost]
    to_pause = [each for each in others if each.may_produce or (each.is_known and sight.holder == each.name)]
    is_orderly = len(sight.unpaused) == 1
    if is_orderly and to_pause:
        # The producer goes on until the other one is ready.
        if behind := sight.behind(target):
            raise Unhealthy(f"{target.name} could not take over: {behind}.")
        if not finalizer.is_settled(sight, target):
            return Activate(target.name, tuple(wish.producers), wish.sign_patience)
        if aside := _aside(sight, done, wish, others):
            return aside
    if to_pause:
        return Pause(to_pause[0].name, wish.pause_timeout)
    if sight.holder in wish.lost and not sight.is_automatic:
        return Free(sight.holder)
    return Resume(target.name, wish.lost)


def _aside(sight: Sight, done: frozenset[Step], wish: Wish, others: Sequence[Ordinal]) -> Step | None:
    """Where the right ends by time, every standby takes it when it is free."""
    if not sight.is_automatic:
        return None
    spares = [each for each in others if each.is_known and each.can_sign and not each.may_produce]
    able = [each for each in spares if not each.stands_aside and each.name != sight.holder]
    steps = (Aside(each.name, wish.pause_timeout) for each in able)
    return next((step for step in steps if step not in done), None)


def _require_known(sight: Sight, wish: Wish, target: Ordinal) -> None:
    if not target.is_known:
        raise Unreachable(f"{target.name} is not known: {_why(target)}.")
    if not target.can_sign:
        raise Unhealthy(f"{target.name} has no signing key: it never produces.")
    for each in sight.unknown:
        # A right that ends by time has ended for one that is cut off: its manager sees to that.
        if each.name not in wish.lost and not sight.is_automatic:
            raise Unreachable(
                f"{each.name} does not answer, and nobody knows whether it produces: {_why(each)}. "
                f"No other one is resumed before. If its machine is off for certain, say so: --lost {each.name}."
            )


def _why(ordinal: Ordinal) -> str:
    return "; ".join([ordinal.silence or "its manager does not say whether it produces", *ordinal.problems])


def _restart(sight: Sight, done: frozenset[Step], wish: Wish) -> Step | None:
    """One at a time: each has caught up before the next one is told."""
    others = [each for each in sight.others(wish.target) if each.name not in wish.lost]
    for each in others:
        if step := wait(sight, each, done, wish.back_patience):
            return step
    for each in others:
        if each.stands_aside and each.pod:
            return Restart(each.name, each.pod.uid)
    return None


def wait(sight: Sight, ordinal: Ordinal, done: frozenset[Step], patience: float) -> Step | None:
    """A wait for an ordinal that is not back. Once for each of its pods, as it may fall behind again meanwhile."""
    pod = ordinal.pod
    if pod is not None and not pod.is_deleting and not sight.behind(ordinal):
        return None
    step = CatchUp(ordinal.name, f"{pod.uid} {'ends' if pod.is_deleting else 'is there'}" if pod else "", patience)
    return step if step not in done else None


def vouch(sight: Sight, lost: Sequence[str], target: str, yes: bool) -> None:
    """Holds what the operator says of lost ordinals against what is seen of them, and asks. A machine that is cut off
    goes on producing: then two sign for one slot.

    Raises `BadInput` for one that answers, and `Unhealthy` for one whose node nobody has declared dead."""
    for name in lost:
        ordinal = sight.ordinals[name]
        if name == target:
            raise BadInput(f"{name} is to produce: it cannot be lost.")
        if ordinal.readings is not None:
            raise BadInput(f"{name} answers: it is not lost, and is paused like any other.")
        if node := ordinal.may_run:
            raise Unhealthy(
                f"{name} does not answer, and its node {node.name} is {'ready' if node.is_ready else 'not ready'}: it "
                f"may go on producing. Stop the machine {node.instance}, then taint the node as out of service "
                "(docs/components/nodeos-bp-cluster-runbook.md)."
            )
        has_run = ordinal.pod is not None and ordinal.pod.is_running
        place = f"its node {ordinal.pod.node}" if ordinal.pod and has_run else "the machine that it ran on"
        output.confirm(f"Is {place} off for certain, so that {name} cannot produce?", yes)


def notes(sight: Sight, wish: Wish) -> list[str]:
    """What is left to know at the end."""
    resting = [each.name for each in sight.others(wish.target) if each.stands_aside]
    if not resting or not sight.is_automatic:
        return []
    return [f"{', '.join(resting)} stand by no more until they start anew: --restart does that, one by one."]
