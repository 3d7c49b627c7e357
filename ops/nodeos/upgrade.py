"""Brings every ordinal to the image that its StatefulSet's template has: spares, standbys, then a switch, then the
rest."""

from dataclasses import dataclass, replace

from ..errors import BadInput, Unhealthy, Unreachable
from . import finalizer, switch
from .sight import Ordinal, Sight
from .steps import Activate, Restart
from .world import Step


@dataclass(frozen=True)
class Upgrade:
    image: str
    wish: switch.Wish
    """For the switch in the middle. An empty target lets the upgrade choose."""


def check(sight: Sight, stack: str, image: str) -> None:
    """Raises `BadInput` where the release does not have the image yet: a pod would be made with the old one."""
    others = sorted({each.image for each in sight.ordinals.values()} - {image})
    if others:
        raise BadInput(
            f"The released template has {', '.join(other or 'no image' for other in others)}, not {image}. Set "
            f"images.manager in the stack file, and `pulumi up -s {stack}` first: that restarts nothing."
        )


def next_step(sight: Sight, done: frozenset[Step], upgrade: Upgrade) -> Step | None:
    """Raises `Unhealthy` and `Unreachable` where no step is safe."""
    wish = upgrade.wish
    _require_one_producer_at_most(sight)
    for each in sight.ordinals.values():
        if _is_new(each) and not each.may_produce and (step := switch.wait(sight, each, done, wish.back_patience)):
            return step
    if len(sight.producers) == 1:
        return _only(sight, done, wish, sight.producers[0])
    if not sight.unpaused:
        return switch.next_step(sight, done, _to(sight, wish))
    producer = sight.unpaused[0]
    if step := _others(sight, producer, wish):
        return step
    if producer.is_outdated:
        return switch.next_step(sight, done, _to(sight, wish))
    # The producer is a new one now. Those that stood aside for the switch stand by again.
    return switch.next_step(sight, done, replace(wish, target=producer.name, restart=True))


def _is_new(ordinal: Ordinal) -> bool:
    """Whether its pod was made by this template, or will be."""
    return ordinal.pod is None or ordinal.pod.is_deleting or not ordinal.is_outdated


def _others(sight: Sight, producer: Ordinal, wish: switch.Wish) -> Step | None:
    """A spare first: where the new image does not work, nobody misses it."""
    old = [each for each in sight.others(producer.name) if not _is_new(each)]
    if not old:
        return None
    return _restart(sight, min(old, key=lambda each: not each.never_produces), producer, wish)


def _restart(sight: Sight, ordinal: Ordinal, producer: Ordinal, wish: switch.Wish) -> Step | None:
    if not ordinal.is_known:
        raise Unreachable(f"{ordinal.name} does not answer, and nobody knows whether it produces: {ordinal.silence}.")
    if not finalizer.is_settled(sight, producer):
        return Activate(producer.name, tuple(wish.producers), wish.sign_patience)
    if sight.holder == ordinal.name or ordinal.may_produce:
        return switch.next_step(sight, frozenset(), replace(wish, target=producer.name))
    return Restart(ordinal.name, ordinal.pod.uid) if ordinal.pod else None


def _to(sight: Sight, wish: switch.Wish) -> switch.Wish:
    """To an ordinal that has the image: the one that has the right already, or the first that could take over."""
    new = [each for each in sight.ordinals.values() if not each.is_outdated and each.is_known and each.can_sign]
    if wish.target:
        new = [each for each in new if each.name == wish.target]
    able = [each for each in new if not sight.behind(each)]
    if not able:
        raise Unhealthy("No ordinal that has the image could take over.")
    first = min(able, key=lambda each: (each.name != sight.holder, not each.has_active_finalizer))
    return replace(wish, target=first.name)


def _only(sight: Sight, done: frozenset[Step], wish: switch.Wish, only: Ordinal) -> Step | None:
    """Of one that nobody can stand in for."""
    if step := _others(sight, only, wish):
        return step
    if only.pod and only.is_outdated and not only.pod.is_deleting:
        return Restart(only.name, only.pod.uid, is_only=True)
    return switch.wait(sight, only, done, wish.back_patience)


def _require_one_producer_at_most(sight: Sight) -> None:
    if len(sight.unpaused) > 1:
        names = ", ".join(each.name for each in sight.unpaused)
        raise Unhealthy(f"{names} may produce, all of them. `nodeyard nodeos switch-producer` leaves one.")
