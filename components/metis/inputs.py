"""Types of keys that every Metis node is told."""

from typing import Annotated, Final, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from ..clouds.contract.snapshot_schedule import HOURS_OF_A_DAY, Rhythm
from ..inputs import Default, Matching, declared

GethArgument = Annotated[
    str,
    Matching(
        r"--(?!rpc|ws|http|graphql|ipc|pprof|metrics|nat|port|datadir|seq)\S+",
        "an argument of geth that begins with --, and none of rpc, ws, http, graphql, ipc, pprof, metrics, nat, port, "
        "datadir or seq, which the chart sets",
    ),
]
_DIVISORS: Final = [hours for hours in range(1, HOURS_OF_A_DAY + 1) if HOURS_OF_A_DAY % hours == 0]


def _divides_a_day(hours: int) -> int:
    if hours not in _DIVISORS:
        raise ValueError(f"must be one of {', '.join(map(str, _DIVISORS))}")
    return hours


DividesADay = Annotated[int, AfterValidator(_divides_a_day), Field(json_schema_extra={"enum": _DIVISORS})]
DiskIops = Annotated[int, Field(ge=1)]
DiskMibps = Annotated[int, Field(ge=1)]


@declared
class ChainSnapshotsArgs(TypedDict):
    """When snapshots of the chain data are made, and how long each is kept. Every night, and for a week, unless given.
    The cloud takes them of a disk in use."""

    at: NotRequired[
        Annotated[str, Matching(r"([01]\d|2[0-3]):00", "a full hour by UTC, like 03:00"), Default(Rhythm().at)]
    ]
    """When the first of a day is made (default 03:00). A full hour, by UTC."""
    every_hours: NotRequired[Annotated[DividesADay, Default(Rhythm().every_hours)]]
    """Hours between two (default 24). Azure has 12 and 24."""
    keep_days: NotRequired[Annotated[int, Field(ge=1, le=365), Default(Rhythm().keep_days)]]
    """Days for which each is kept (default 7)."""


def rhythm(snapshots: ChainSnapshotsArgs) -> Rhythm:
    """What a schedule is told."""
    return Rhythm(**snapshots)
