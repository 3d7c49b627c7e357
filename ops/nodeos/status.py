"""How a cluster of producers is: one part for each ordinal, and what is wrong with all of them together."""

from dataclasses import dataclass
from datetime import timedelta

from ..status.facts import Facts, Part, Where
from .readings import Stored
from .sight import Ordinal, Sight


@dataclass(frozen=True)
class Report:
    """A sight, judged."""

    sight: Sight

    def together(self) -> list[str]:
        """What is wrong with the cluster as a whole."""
        sight = self.sight
        found = []
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

    def is_unreached(self, ordinal: Ordinal) -> bool:
        """Whether nothing is known to be wrong with one that did not answer."""
        return ordinal.readings is None and not ordinal.problems


def facts(report: Report) -> Facts:
    """In the words that every component's facts have."""
    sight = report.sight
    found = Facts(
        parts=[_part(report, each) for each in sight.ordinals.values()],
        details={
            "failover": _failover(sight),
            "holder": sight.holder or None,
            "producing": [each.name for each in sight.unpaused],
        },
        notes=[f"Not known: {note}" for note in sight.notes],
        said=[f"{sight.holder or 'Nobody'} holds the right to produce ({_failover(sight)})."],
    )
    # Where one could not be asked, it may be the one that produces.
    is_known = not sight.unknown or len(sight.unpaused) > 1
    found.say("unhealthy" if is_known else "unreachable", *report.together())
    return found


def _part(report: Report, each: Ordinal) -> Part:
    pod, node, said = each.pod, each.node, each.readings
    part = Part(
        part=each.name,
        where=Where(pod=pod.name if pod else None, machine=(pod.node or None) if pod else None),
        runs=(pod.image or None) if pod else None,
        lag=report.sight.lag(each),
        details={
            "mayProduce": not each.is_spare,
            "phase": pod and pod.phase,
            "machine": node and {"ready": node.is_ready, "taints": list(node.taints)},
            "restartPending": each.is_outdated,
            "manager": said and said.model_dump(by_alias=True),
        },
        shown=_shown(report.sight, each),
    )
    if said and said.head:
        part.height, part.age = said.head.number, said.head.age
    if report.is_unreached(each):
        part.say("unreachable", each.silence)
    part.say("unhealthy", *([] if report.is_unreached(each) else report.of(each)))
    return part


def _shown(sight: Sight, each: Ordinal) -> dict[str, object]:
    said = each.readings
    if said is None:
        return {"standing": "unknown"}
    key = said.finalizer
    return {
        "nodeos": said.state,
        "standing": said.standing,
        "round": said.schedule.round if said.schedule else None,
        "right": _right(sight, each),
        "finalizer": None if key is None or key.active is None else "active" if key.active else "not active",
        "snapshot": _age(said.snapshot),
        "backup": _age(said.backup),
        "reload": "pending" if said.reload_pending else None,
    }


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
