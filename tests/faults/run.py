"""One kill, the way back as the page says, and what the world is like then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.engine.harness import Sandbox
from tests.engine.worlds import Worlds
from tests.faults.killing import killed
from tests.faults.operators import nodeyard
from tests.faults.scenarios import Scenario
from tests.faults.stacks import UP, Stack
from tests.faults.things import Thing, kind_of, left_over, lost
from tests.vendors.once import CALLED_BY_PULUMI, MAY_EXIST_TWICE, NAMED_ANEW, NOT_TAKEN, kinds

Forgotten = Callable[[Sandbox, str], dict[str, str]]
"""`unwritten.forget` or `unwritten.forget_what_providers_need`."""


@dataclass
class Outcome:
    scenario: str
    in_the_middle: bool
    """Whether the command was still at work."""
    stuck: str = ""
    """What the last command said, where there is no way on."""
    doubled: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    """What may exist twice, was told, and is nobody's."""
    as_the_page_says: list[str] = field(default_factory=list)
    """What nobody can find after a provider died: docs/ops/stuck.md says which types these are."""
    untold: list[str] = field(default_factory=list)
    """What may exist twice, and nobody was told of it."""
    lost: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """As `conftest.COUNTS` names them."""
        return {
            "runs": 1,
            "at work": int(self.in_the_middle),
            "recovered": int(not self.problems),
            "stuck": int(bool(self.stuck)),
            "doubled": len(self.doubled),
            "left over, named": len(self.left_over),
            "by the page": len(self.as_the_page_says),
            "not named": len(self.untold),
            "lost": len(self.lost),
        }

    @property
    def problems(self) -> list[str]:
        stuck = [f"stuck: {self.stuck}"] if self.stuck else []
        return [
            *stuck,
            *(f"doubled: {thing}" for thing in self.doubled),
            *(f"left over, and nobody was told: {thing}" for thing in self.untold),
            *(f"lost: {thing}" for thing in self.lost),
        ]


def run(stack: Stack, chosen: Scenario, worlds: Worlds, home: Path) -> Outcome:
    sandbox = chosen.begin(worlds, home / "sandbox")
    outcome = Outcome(str(chosen), killed(sandbox, chosen.command, chosen.moment, chosen.victim))
    undisturbed = chosen.end(worlds, home / "undisturbed")
    go_on(outcome, sandbox, stack.name, chosen.command, undisturbed, chosen.victim)
    return outcome


def run_unwritten(stack: Stack, forgotten: Forgotten, worlds: Worlds, home: Path) -> Outcome:
    """As if an `up` had been killed that made all this, and wrote nothing down."""
    sandbox, undisturbed = stack.up(worlds, home / "sandbox"), stack.up(worlds, home / "undisturbed")
    pending = forgotten(sandbox, stack.name)
    assert pending
    outcome = Outcome(f"{len(pending)} pending", in_the_middle=True)
    go_on(outcome, sandbox, stack.name, (*UP, "--stack", stack.name), undisturbed)
    now = {one["urn"]: one.get("id") for one in sandbox.resources(stack.name)}
    twice = kinds(MAY_EXIST_TWICE)
    others = [urn for urn, id_ in pending.items() if urn in now and now[urn] != id_ and kind_of_urn(urn) not in twice]
    outcome.lost += [f"another than before: {urn}" for urn in others]
    return outcome


def kind_of_urn(urn: str) -> str:
    return kind_of(urn.split("::")[2].rpartition("$")[2])


def go_on(
    outcome: Outcome, sandbox: Sandbox, stack: str, command: Sequence[str], undisturbed: Sandbox, victim: str = "engine"
) -> None:
    """Recovers, gives the command once more, and compares with a world that nobody disturbed."""
    # A provider that died is an error to the engine, which forgets what it was told to make: only a plan tells that.
    said = nodeyard(sandbox, "recover", stack, "--yes", *(["--planned"] if victim == "plugin" else []))
    last = sandbox.run(*command)
    if last.returncode:
        outcome.stuck = f"{said}\n{last.stdout}\n{last.stderr}"
        return
    outcome.lost = lost(sandbox, undisturbed, stack)
    sort(outcome, left_over(sandbox, undisturbed), said, victim)


def sort(outcome: Outcome, found: Sequence[Thing], said: str, victim: str) -> None:
    twice = kinds(MAY_EXIST_TWICE)
    for thing in found:
        if victim == "plugin" and is_of_the_page(thing):
            outcome.as_the_page_says.append(str(thing))
        elif thing.kind not in twice:
            outcome.doubled.append(str(thing))
        # Of what is not taken `recover` has no id. It names the resource, and why.
        elif thing.id in said or f":{thing.kind} " in said:
            outcome.left_over.append(str(thing))
        else:
            outcome.untold.append(str(thing))


def is_of_the_page(thing: Thing) -> bool:
    anew = any(kinds([type_]) == {thing.kind} and thing.label.endswith(end) for type_, end in NAMED_ANEW.items())
    return anew or thing.kind in kinds(CALLED_BY_PULUMI) | kinds(NOT_TAKEN)
