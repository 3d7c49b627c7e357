"""What l1dtl answers (MetisProtocol/mvm, packages/data-transport-layer/src/services/server/service.ts)."""

from typing import Final

from pydantic import BaseModel, Field

from ..reach import Answer, NoAnswer
from ..reach.answers import Wrong, json_of, shaped
from ..status.facts import Part

PORT: Final = 7878
PATHS: Final = ("/highest/l1", "/eth/context/latest")
FAR_BLOCKS: Final = 300
"""How far behind L1 is still at its heels: an hour of L1's blocks. The number is ours."""


class Block(BaseModel):
    """A block of L1. Nothing was read yet where it is null."""

    number: int | None = Field(alias="blockNumber")


def tell(part: Part, highest: Answer | NoAnswer, latest: Answer | NoAnswer) -> None:
    """Adds what it says to the part. An error is not repeated: it may hold the URL of L1, with its key."""
    try:
        part.height = shaped(json_of(highest, "l1dtl", "highest L1 block"), Block, "highest L1 block").number
    except Wrong as wrong:
        part.say("unhealthy", str(wrong))
    if isinstance(latest, Answer) and latest.status == 400:
        part.say("unhealthy", "it does not reach L1: its log says why")
        return
    try:
        tip = shaped(json_of(latest, "l1dtl", "newest L1 block"), Block, "newest L1 block").number
    except Wrong as wrong:
        part.say("unhealthy", str(wrong))
        return
    part.details["l1Height"] = tip
    if tip is not None and part.height is not None:
        part.lag = max(0, tip - part.height)
        if part.lag > FAR_BLOCKS:
            part.catches_up(f"it is {part.lag} blocks of L1 behind")
