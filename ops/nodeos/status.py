"""`nodeyard nodeos status`: one row for each ordinal, and what is wrong with all of them together."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .. import output
from ..errors import Unhealthy, Unreachable
from .readings import Stored
from .sight import Ordinal, Sight

_COLUMNS = (
    "ordinal",
    "pod",
    "node",
    "state",
    "standing",
    "head",
    "lag",
    "round",
    "right",
    "finalizer",
    "snapshot",
    "backup",
    "reload",
    "problems",
)


@dataclass(frozen=True)
class Report:
    """A sight, judged."""

    stack: str
    sight: Sight
    missing: list[str]
    """What the stack says that the operator still has to do."""

    def together(self) -> list[str]:
        """What is wrong with the cluster as a whole."""
        sight = self.sight
        found = [f"missing: {each}" for each in self.missing]
        unpaused, names = sight.unpaused, ", ".join(each.name for each in sight.unpaused)
        if len(unpaused) > 1:
            found.append(f"{len(unpaused)} ordinals may produce: {names}. Two that sign for one slot harm the chain")
        if not unpaused:
            found.append("nobody produces, of those that answer")
        if sight.holder and unpaused and sight.holder not in [each.name for each in unpaused]:
            found.append(f"{sight.holder} has the right to produce, and {names} may produce")
        if (holder := sight.ordinals.get(sight.holder)) and holder.never_produces:
            found.append(f"{holder.name} has the right to produce, and is a spare")
        return found

    def of(self, ordinal: Ordinal) -> list[str]:
        """What is wrong with one."""
        found = list(ordinal.problems)
        if ordinal.readings is None:
            return [ordinal.silence, *found]
        if not ordinal.is_known:
            found.append("its manager does not know whether it produces")
        if behind := self.sight.behind(ordinal):
            found.append(behind)
        return found

    def state(self, ordinal: Ordinal) -> str:
        if ordinal.readings is None and not ordinal.problems:
            return "unreachable"
        return "unhealthy" if self.of(ordinal) else "healthy"


def show(report: Report, json: bool) -> None:
    if json:
        output.result(report.stack, _result(report), report.together(), report.sight.notes)
        return
    output.table(_COLUMNS, [_row(report, each) for each in report.sight.ordinals.values()])
    sight = report.sight
    output.text(f"{sight.holder or 'Nobody'} holds the right to produce ({_failover(sight)}).")
    for each in report.together():
        output.text(f"{report.stack}: {each}.")
    for note in sight.notes:
        output.note(f"Not known: {output.clean(note)}")


def judge(report: Report) -> None:
    """Raises when something is wrong, or an ordinal could not be reached and nothing is known to be wrong."""
    states = [report.state(each) for each in report.sight.ordinals.values()]
    told = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    problems = report.together()
    # Where one could not be asked, it may be the one that produces.
    is_known = not report.sight.unknown
    if "unhealthy" in states or report.missing or len(report.sight.unpaused) > 1 or (problems and is_known):
        raise Unhealthy(f"{told}.")
    if "unreachable" in states:
        raise Unreachable(f"{told}.")


def _result(report: Report) -> dict[str, Any]:
    sight = report.sight
    return {
        "failover": _failover(sight),
        "holder": sight.holder or None,
        "producing": [each.name for each in sight.unpaused],
        "ordinals": [_ordinal(report, each) for each in sight.ordinals.values()],
    }


def _ordinal(report: Report, each: Ordinal) -> dict[str, Any]:
    pod, node = each.pod, each.node
    return {
        "ordinal": each.name,
        "mayProduce": not each.is_spare,
        "state": report.state(each),
        "pod": pod and {"name": pod.name, "phase": pod.phase, "image": pod.image},
        "node": node and {"name": node.name, "ready": node.is_ready, "taints": list(node.taints)},
        "restartPending": each.is_outdated,
        "lag": report.sight.lag(each),
        "manager": each.readings and each.readings.model_dump(by_alias=True),
        "problems": report.of(each),
    }


def _row(report: Report, each: Ordinal) -> list[object]:
    said, pod = each.readings, each.pod
    place = [each.name, pod.phase if pod else "none", pod.node if pod else None]
    problems = "; ".join(report.of(each))
    if said is None:
        return [*place, None, "unknown", *([None] * 8), problems]
    key = said.finalizer
    finalizer = None if key is None or key.active is None else "active" if key.active else "not active"
    return [
        *place,
        said.state,
        said.standing,
        f"{said.head.number} ({said.head.age:.0f} s)" if said.head else None,
        report.sight.lag(each),
        said.schedule.round if said.schedule else None,
        _right(report.sight, each),
        finalizer,
        _age(said.snapshot),
        _age(said.backup),
        "pending" if said.reload_pending else None,
        problems,
    ]


def _right(sight: Sight, each: Ordinal) -> str | None:
    if sight.holder == each.name:
        return "holder"
    if each.is_spare or each.never_produces:
        return "never: a spare"
    if not each.can_sign:
        return "never: no key"
    return "stands aside" if sight.is_automatic and each.stands_aside else None


def _age(stored: Stored | None) -> str | None:
    return None if stored is None or stored.age is None else str(timedelta(seconds=round(stored.age)))


def _failover(sight: Sight) -> str:
    return "automatic" if sight.is_automatic else "manual"
