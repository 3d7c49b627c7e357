"""Metis nodes that are no sequencer: each pod is an l2geth with its l1dtl beside it."""

from collections.abc import Mapping
from typing import Final

from .. import pods
from ..asked import Asked
from ..facts import Facts, Part, tell_lag
from ..pods import Seen
from .metis_sequencer import l1dtl_tells, l2geth_tells

PLACES: Final[Mapping[str, int]] = {}
_REPLICA: Final = "replica"
"""The chart's name of the task whose pods are the replicas."""


async def read(asked: Asked) -> Facts:
    seen = await pods.look(asked)

    async def ask(each: Seen) -> None:
        if each.task.component == _REPLICA:
            await l2geth_tells(each, asked.timeout)
            await _l1dtl(each, asked.timeout)

    await pods.ask(seen, ask, asked.timeout)
    parts = [each.part for each in seen]
    tell_lag(parts)
    return Facts(parts=parts)


async def _l1dtl(each: Seen, limit: float) -> None:
    """A detail of its replica, whose height is l2geth's."""
    own = Part(part="l1dtl")
    await l1dtl_tells(Seen(own, each.task, each.pod), limit)
    each.part.details["l1dtl"] = {"height": own.height, "lag": own.lag, **own.details}
    if own.state == "unhealthy":
        each.part.say("unhealthy", *(f"l1dtl: {problem.removeprefix('l1dtl: ')}" for problem in own.problems))
