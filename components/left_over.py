"""Nothing is made beside what was kept: the cloud is asked for each thing that outlives a stack, and is not in this
stack's state, before any of them is made."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import InvokeOptions
from pulumi.runtime import is_dry_run

from .clouds.contract.cloud import Cloud
from .clouds.contract.left_over import LOOKING, Wanted
from .clouds.contract.platform import PlatformContract
from .errors import Path, refuse
from .live import live


@dataclass(frozen=True)
class Making:
    """How a component makes something unless its input adopts it."""

    resource: str
    """The logical name of the component that makes it."""
    key: Path
    """The key that adopts it."""
    adopts: bool = True
    """Whether that key takes the id. Else it takes the value, of what is made anew under the name."""


def check_left_over(
    what: str,
    made: Mapping[Wanted, Making],
    cloud: Cloud,
    platform: PlatformContract,
    asked: InvokeOptions,
) -> None:
    """Raises `InputError`, which begins with `what`, for everything that is there already and not this stack's.

    What the state has is not asked for, so that only the first `up` of a thing costs a question. A preview that was
    told so asks nothing.
    """
    if is_dry_run() and os.environ.get(LOOKING):
        return
    known = live()
    new = {one: making for one, making in made.items() if not known.has(one.kind, making.resource)}
    if not new:
        return
    there = cloud.left_over(list(new), platform, asked)
    refuse(what, [(new[one].key, _told(ids, new[one])) for one, ids in there.items()])


_OTHERS = "Where another stack of this name has it, do neither, and give this one another name"


def _told(ids: Sequence[str], making: Making) -> str:
    if not making.adopts:
        return (
            f"{' and '.join(ids)} is there already, kept when an earlier stack of this name went: to have its value "
            f"back read it and give it here. Then delete it there: a new one is not made beside it. {_OTHERS}"
        )
    if len(ids) > 1:
        return (
            f"{' and '.join(ids)} are there already under this name: look at each, give the one here that is to be had "
            f"back, and delete the others. A new one is not made beside them. {_OTHERS}"
        )
    return (
        f"{ids[0]} is there already, kept when an earlier stack or node of this name went: give it here to have it "
        f"back, or delete it. A new one is not made beside it. {_OTHERS}"
    )
