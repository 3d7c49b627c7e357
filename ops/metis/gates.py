"""The three gates before METIS is locked on L1 (ericlee42/metis-sequencer-setup-docker-compose, README): whoever locks
before all are open may not be recognized."""

from collections.abc import Mapping, Sequence
from typing import Final

from ..output import Told

_ANSWERS: Final[Mapping[bool | None, str]] = {True: "yes", False: "no", None: "not known"}
_WHY: Final = "it did not say"


class Gate(Told):
    """One of the three. `open` is None where nobody answered."""

    name: str
    open: bool | None
    why: str
    """What was asked, and what came of it."""


class Gates(Told):
    """Whether a sequencer may lock, and what speaks against it."""

    gates: list[Gate]
    ready_to_lock: bool | None
    """None: a gate did not answer, and nothing is known to speak against it."""
    reasons: list[str]

    @property
    def sentence(self) -> str:
        return f"Ready to lock: {'; '.join([_ANSWERS[self.ready_to_lock], *self.reasons])}."


def judge(found: Mapping[str, bool | None], against: Sequence[str]) -> Gates:
    """`found`: whether a gate is open. One that is not there could not be asked. `against`: what speaks against locking
    though all are open."""
    gates = [
        _gate(found, "l2geth", "rollup_getInfo says that it is in sync", "rollup_getInfo says that it syncs"),
        _gate(found, "themis", "status says that it has caught up", "status says that it catches up"),
        _gate(found, "bridge", "it answers", "it waits for themis, or does not run"),
    ]
    reasons = [f"{gate.name}: {gate.why}" for gate in gates if not gate.open]
    reasons += against
    is_against = bool(against) or any(gate.open is False for gate in gates)
    ready = False if is_against else True if not reasons else None
    return Gates(gates=gates, ready_to_lock=ready, reasons=reasons)


def _gate(found: Mapping[str, bool | None], name: str, when_open: str, when_shut: str) -> Gate:
    is_open = found.get(name)
    return Gate(name=name, open=is_open, why=_WHY if is_open is None else when_open if is_open else when_shut)
