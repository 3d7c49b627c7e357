"""One kill, the way back as the page says, and what the world is like then."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.engine.harness import CHECKOUT, Sandbox
from tests.engine.worlds import Worlds
from tests.faults.killing import killed
from tests.faults.scenarios import Scenario
from tests.faults.stacks import Stack
from tests.faults.things import Thing, left_over, lost
from tests.vendors.once import CALLED_BY_PULUMI, MAY_EXIST_TWICE, kinds


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
    """What nobody can find after a provider died: docs/ops.md says which types these are."""
    untold: list[str] = field(default_factory=list)
    """What may exist twice, and nobody was told of it."""
    lost: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """As `conftest.COUNTS` names them."""
        return {
            "runs": 1,
            "killed in the middle": int(self.in_the_middle),
            "recovered": int(not self.problems),
            "stuck": int(bool(self.stuck)),
            "doubled": len(self.doubled),
            "left over and named": len(self.left_over),
            "left over, by the page": len(self.as_the_page_says),
            "left over, not named": len(self.untold),
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
    in_the_middle = killed(sandbox, chosen.command, chosen.moment, chosen.victim)
    # A provider that died is an error to the engine, which forgets what it was told to make: only a plan tells that.
    said = recover(sandbox, stack.name, *(["--planned"] if chosen.victim == "plugin" else []))
    last = sandbox.run(*chosen.command)
    outcome = Outcome(str(chosen), in_the_middle)
    if last.returncode:
        outcome.stuck = f"{said}\n{last.stdout}\n{last.stderr}"
    else:
        undisturbed = chosen.end(worlds, home / "undisturbed")
        outcome.lost = lost(sandbox, undisturbed, stack.name)
        sort(outcome, left_over(sandbox, undisturbed), said, chosen.victim)
    return outcome


def sort(outcome: Outcome, found: Sequence[Thing], said: str, victim: str) -> None:
    twice, unnamed = kinds(MAY_EXIST_TWICE), kinds(CALLED_BY_PULUMI)
    for thing in found:
        if thing.kind not in twice:
            outcome.doubled.append(str(thing))
        elif thing.id in said:
            outcome.left_over.append(str(thing))
        elif victim == "plugin" and thing.kind in unnamed:
            outcome.as_the_page_says.append(str(thing))
        else:
            outcome.untold.append(str(thing))


def recover(sandbox: Sandbox, stack: str, *options: str) -> str:
    """What `nodeyard recover` prints. The sandbox's Pulumi is the one that it asks."""
    told = subprocess.run(
        [sys.executable, "-m", "ops", "recover", stack, "--yes", *options],
        cwd=sandbox.cwd,
        env={
            **os.environ,
            **sandbox.environment,
            "NODEYARD_PULUMI": str(CHECKOUT / "sandbox/pulumi"),
            "SANDBOX_NO_ENDPOINTS": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    sandbox.printed += told.stdout + told.stderr
    return told.stdout + told.stderr
