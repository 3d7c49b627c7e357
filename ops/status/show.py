"""How facts are shown: a table of parts and sentences below it, or JSON; and how they are judged."""

from collections import Counter
from collections.abc import Sequence

from .. import output
from ..errors import Unhealthy, Unreachable
from ..reach.df import Disk
from .facts import Alarm, Facts, Part

_GIB = 2**30


def show(name: str | None, facts: Facts, json: bool) -> None:
    """`name` is the stack's."""
    if json:
        output.result(name, facts, facts.problems, facts.notes)
        return
    columns, rows = _filled(_columns(facts.parts), [_row(each, facts.parts) for each in facts.parts])
    output.table(columns, rows)
    whose = name or "All of it"
    for line in facts.said:
        output.text(line)
    for problem in facts.problems:
        output.text(f"{whose}: {problem}.")
    for missing in facts.missing:
        output.text(f"Missing: {missing}.")
    for alarm in facts.alarms or []:
        output.text(_alarm(alarm))
    output.notes([*facts.notes, *(f"{each.part}: {note}" for each in facts.parts for note in each.notes)])


def judge(name: str | None, facts: Facts) -> None:
    """Raises where the verdict is not that all is well."""
    states = Counter(each.state for each in facts.parts)
    told = ", ".join(f"{count} {state}" for state, count in states.items()) or "nothing runs"
    besides = [
        *([f"{len(facts.missing)} missing"] if facts.missing else []),
        *([f"{len(facts.alarms)} alarm{'s' * (len(facts.alarms) > 1)}"] if facts.alarms else []),
    ]
    said = f"{name or 'It'} is {facts.verdict}: {', '.join([told, *besides])}."
    if facts.verdict in ("unhealthy", "syncing"):
        raise Unhealthy(said)
    if facts.verdict == "unreachable":
        raise Unreachable(said)
    output.note(said)


def _alarm(alarm: Alarm) -> str:
    since = f" since {output.moment(alarm.since)}" if alarm.since else ""
    return f"Alarm {alarm.name} ({alarm.severity or 'no severity'}){since}: {alarm.summary or 'it says no more'}."


def _columns(parts: Sequence[Part]) -> list[str]:
    own = dict.fromkeys(name for each in parts for name in each.shown)
    usual = ["part", "state", "pod", "machine", "address", "public address", "height", "age", "lag", "peers", "disk"]
    return [*usual, *own, "problems"]


def _row(part: Part, parts: Sequence[Part]) -> list[object]:
    where = part.where
    own = dict.fromkeys(name for each in parts for name in each.shown)
    return [
        part.part,
        part.state,
        where.pod,
        where.machine,
        where.address,
        where.public_address,
        part.height,
        None if part.age is None else f"{part.age:.0f} s",
        part.lag,
        part.peers,
        _disk(part.disk),
        *(part.shown.get(name) for name in own),
        "; ".join(part.problems),
    ]


def _filled(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> tuple[list[str], list[list[object]]]:
    """Without the columns in which nothing is known of any part."""
    kept = [at for at in range(len(columns)) if not rows or any(row[at] not in (None, "") for row in rows)]
    return [columns[at] for at in kept], [[row[at] for at in kept] for row in rows]


def _disk(disk: Disk | None) -> str | None:
    if disk is None:
        return None
    share = round(100 * disk.used / disk.size) if disk.size else 0
    return f"{disk.used / _GIB:.0f} of {disk.size / _GIB:.0f} GiB, {share}%"
