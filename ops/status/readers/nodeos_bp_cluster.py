"""A cluster of block producers: each ordinal by its node manager, and whatever else has a pod."""

from collections.abc import Mapping
from typing import Final

from ...errors import BadInput
from ...nodeos.place import opened, token_of
from ...nodeos.status import Report, facts
from .. import pods
from ..asked import Asked
from ..facts import Facts, Part

PLACES: Final[Mapping[str, int]] = {}


async def read(asked: Asked) -> Facts:
    stack = asked.deployed()
    cluster = stack.nodeos()
    if len(asked.key_files) > 1:
        raise BadInput("The managers have one token: give one --key-file.")
    token = token_of(stack, next(iter(asked.key_files), None))
    seen = await pods.look(asked) if stack.has_releases else []
    async with opened(cluster, token, asked.timeout) as world:
        found = facts(Report(await world.look()))
    await pods.ask(seen, pods.nothing, asked.timeout)
    beside = {each.part.part: each.part for each in seen}
    if not seen:
        asked.only([each.part for each in found.parts])
    ordinals = [_with(beside.pop(each.part, None), each) for each in found.parts]
    found.parts = [each for each in [*ordinals, *beside.values()] if not asked.parts or each.part in asked.parts]
    return found


def _with(pod: Part | None, ordinal: Part) -> Part:
    """What only the pod told."""
    if pod is not None:
        ordinal.disk, ordinal.where.address, ordinal.notes = pod.disk, pod.where.address, pod.notes
    return ordinal
