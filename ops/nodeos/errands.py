"""Backups, snapshots, restores and reloads: what one manager does, and which one."""

from ..errors import Unhealthy, Unreachable
from . import switch
from .managers import Busy, follow, order
from .sight import Ordinal, Sight
from .steps import CatchUp, Reload
from .world import Step, World


async def store(world: World, ordinal: str | None, command: str) -> str:
    """A `backup` or a `snapshot`, of this ordinal or of a standby. One that runs already is waited for."""
    chosen = ordinal or _standby(await world.look()).name
    try:
        said = await order(world.managers, chosen, command)
    except Busy as busy:
        if not str(busy).startswith(f"{chosen}: {command} is "):
            raise
        said = await follow(world.managers, chosen, busy.running)
    return f"{chosen}: {said}"


async def restore(world: World, ordinal: str, source: str, name: str | None) -> str:
    """Raises `Unhealthy` for an ordinal that may produce: what it signed since would be gone from its disk."""
    sight = await world.look()
    found = sight.ordinals[ordinal]
    if not found.is_known or found.readings is None:
        raise Unreachable(f"{ordinal} is not known: {found.silence}.")
    if found.may_produce or sight.holder == ordinal:
        raise Unhealthy(f"{ordinal} has the right to produce: give it to another one before, by switch-producer.")
    said = await order(world.managers, ordinal, "restore", source=source, name=name)
    return f"{ordinal}: {said}"


def reload_step(sight: Sight, done: frozenset[Step], everyone: bool, patience: float) -> Step | None:
    """Standbys one by one, each back before the next, and then the producer."""
    if silent := sight.unknown:
        raise Unreachable(f"{silent[0].name} is not known: {silent[0].silence}. It may produce.")
    standbys = [each for each in sight.ordinals.values() if not each.may_produce]
    for each in standbys:
        step = switch.wait(sight, each, done, patience)
        # Before the first reload nobody is waited for: one that is behind anyway keeps none of the others waiting.
        if isinstance(step, CatchUp) and Reload(each.name) in done:
            return step
    for each in [*standbys, *sight.unpaused]:
        step = Reload(each.name)
        is_due = each.readings is not None and each.readings.reload_pending
        if is_due or (everyone and each.readings is not None and step not in done):
            return step
    if silent := [each for each in standbys if each.readings is None]:
        raise Unreachable(f"{silent[0].name} is not known: {silent[0].silence}. Its reload may be pending.")
    return None


def _standby(sight: Sight) -> Ordinal:
    """A spare first: whoever stands by goes on doing so."""
    standbys = [each for each in sight.ordinals.values() if not each.may_produce and each.name != sight.holder]
    able = [each for each in standbys if each.is_known and not sight.behind(each)]
    if not able:
        why = "".join(f" {each.name}: {(sight.behind(each) or 'it may produce').rstrip('.')}." for each in standbys)
        raise Unhealthy(f"No standby has caught up.{why} Name the ordinal by --ordinal.")
    return max(able, key=lambda each: (each.never_produces, each.name))
