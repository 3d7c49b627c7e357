"""A Metis sequencer: l2geth, l1dtl, themis with its bridge, and the three gates before METIS is locked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ...errors import Unreachable
from ...metis import gates, l1dtl, l2geth, themis
from ...reach.kubernetes import get
from .. import pods
from ..asked import Asked
from ..facts import Facts, Part
from ..pods import Seen

PLACES: Final[Mapping[str, int]] = {}
Open = dict[str, bool | None]
"""Which gates are open, of those that a part knows of."""


async def read(asked: Asked) -> Facts:
    seen = await pods.look(asked)
    found: Open = {}

    async def ask(each: Seen) -> None:
        if tell := _TELL.get(each.task.component):
            found.update(await tell(each, asked.timeout))

    await pods.ask(seen, ask, asked.timeout)
    parts = [each.part for each in seen]
    judged = gates.judge(found, [*(f"missing: {each}" for each in asked.missing), *_wrong(parts)])
    return Facts(
        parts=parts,
        details=judged.model_dump(by_alias=True),
        said=[] if asked.parts else [judged.sentence],
    )


def _wrong(parts: Sequence[Part]) -> Iterator[str]:
    """A chain that stands still opens no gate, though its node says that it is in sync."""
    for part in parts:
        if part.part in _TELL and part.state == "unhealthy":
            yield f"{part.part}: {'; '.join(part.problems)}"


async def l2geth_tells(each: Seen, limit: float) -> Open:
    return {"l2geth": l2geth.tell(each.part, await l2geth.ask_pod(each.running, limit))}


async def l1dtl_tells(each: Seen, limit: float) -> Open:
    highest, latest = await get(each.running.kubectl("port-forward"), l1dtl.PORT, l1dtl.PATHS, limit)
    l1dtl.tell(each.part, highest, latest)
    return {}


async def _themis_tells(each: Seen, limit: float) -> Open:
    tunnel = each.running.kubectl("port-forward")
    status, peers = await get(tunnel, themis.PORT, themis.PATHS, limit)
    is_synced = themis.tell(each.part, status, peers)
    try:
        # A tunnel of its own: kubectl ends one when a port behind it refuses.
        (bridge,) = await get(tunnel, themis.BRIDGE_PORT, [themis.BRIDGE_PATH], limit)
    except Unreachable as problem:
        each.part.notes.append(f"bridge: {problem}")
        return {"themis": is_synced}
    return {"themis": is_synced, "bridge": themis.tell_bridge(each.part, bridge, is_synced)}


_TELL: Final = {"l2geth": l2geth_tells, "l1dtl": l1dtl_tells, "themis": _themis_tells}
"""Whoever answers, by the chart's name of the task. The others are told by their pods alone."""
