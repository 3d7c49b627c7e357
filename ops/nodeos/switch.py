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
    wish = replace(wish, lost=tuple(name for name in wish.lost if sight.ordinals[name].readings is None))
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
    to_pause = [each for each in others if each.may_produce or (_can_pause(each) and sight.holder == each.name)]
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
    holder = sight.ordinals.get(sight.holder)
    if holder and not sight.is_automatic:
        if holder.name in wish.lost:
            return Free(holder.name, "its machine is off")
        if holder.readings and holder.never_produces:
            return Free(holder.name, "it is a spare by now")
    return Resume(target.name, wish.lost)


def _can_pause(ordinal: Ordinal) -> bool:
    return ordinal.is_known and not ordinal.never_produces


def _aside(sight: Sight, done: frozenset[Step], wish: Wish, others: Sequence[Ordinal]) -> Step | None:
    """Where the right ends by time, every standby takes it when it is free."""
    if not sight.is_automatic:
        return None
    standbys = [each for each in others if each.is_known and each.can_sign and not each.may_produce]
    able = [each for each in standbys if not each.stands_aside and each.name != sight.holder]
    steps = (Aside(each.name, wish.pause_timeout) for each in able)
    return next((step for step in steps if step not in done), None)


def _require_known(sight: Sight, wish: Wish, target: Ordinal) -> None:
    if not target.is_known:
        raise Unreachable(f"{target.name} is not known: {_why(target)}.")
    if not target.can_sign:
        is_spare = target.is_spare or target.never_produces
        raise Unhealthy(f"{target.name} {'is a spare' if is_spare else 'has no signing key'}: it never produces.")
    if sight.is_automatic:
        # A right that ends by time has ended for one that is cut off: its manager sees to that.
        return
    for each in sight.unknown:
        if each.name in wish.lost:
            _require_off(each)
            continue
        raise Unreachable(
            f"{each.name} does not answer, and nobody knows whether it produces: {_why(each)}. "
            f"No other one is resumed before. If its machine is off for certain, say so: --lost {each.name}."
        )


def _why(ordinal: Ordinal) -> str:
    silence = ordinal.silence.rstrip(".") or "its manager does not say whether it produces"
    return "; ".join([silence, *ordinal.problems])


def _restart(sight: Sight, done: frozenset[Step], wish: Wish) -> Step | None:
    """One at a time: each has caught up before the next one is told."""
    others = [each for each in sight.others(wish.target) if each.name not in wish.lost and not each.never_produces]
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


def vouch(sight: Sight, lost: Sequence[str], target: str, yes: bool) -> tuple[str, ...]:
    """Holds what the operator says of lost ordinals against what is seen of them, and asks. A machine that is cut off
    goes on producing: then two sign for one slot.

    Returns those that are vouched for: one that answers is not lost. Raises `Unhealthy` for one whose node nobody has
    declared dead."""
    if target in lost:
        raise BadInput(f"{target} is to produce: it cannot be lost.")
    return tuple(name for name in lost if _is_vouched(sight.ordinals[name], yes))


def _is_vouched(ordinal: Ordinal, yes: bool) -> bool:
    name, pod = ordinal.name, ordinal.pod
    if ordinal.readings is not None:
        output.note(f"{name} answers: it is not lost, and is paused like any other.")
        return False
    _require_off(ordinal)
    output.note(f"{name}: {_why(ordinal)}.")
    place = f"its node {pod.node}" if pod and pod.is_running else "the machine that it ran on"
    output.confirm(f"Is {place} off for certain, so that {name} cannot produce?", yes)
    return True


def _require_off(ordinal: Ordinal) -> None:
    """Raises `Unhealthy` where an ordinal that does not answer may run on a machine."""
    if (node := ordinal.may_run) is None:
        return
    if node.is_ready is None:
        raise Unhealthy(
            f"{ordinal.name} does not answer, and kubectl may not look at its node {node.name}: it may go on "
            "producing. Whoever vouches for it needs the right to look at nodes."
        )
    raise Unhealthy(
        f"{ordinal.name} does not answer, and its node {node.name} is {'ready' if node.is_ready else 'not ready'}: it "
        f"may go on producing. Stop the machine {node.instance}, then taint the node as out of service "
        "(docs/components/nodeos-bp-cluster-runbook.md)."
    )


def notes(sight: Sight, wish: Wish) -> list[str]:
    """What is left to know at the end."""
    resting = [each.name for each in sight.others(wish.target) if each.stands_aside]
    if not resting or not sight.is_automatic:
        return []
    return [f"{', '.join(resting)} stand by no more until they start anew: --restart does that, one by one."]
