"""One kill, the way back as the page says, and what the world is like then."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.engine.harness import CHECKOUT, Sandbox
from tests.engine.worlds import Worlds
from tests.faults.killing import killed
from tests.faults.scenarios import Scenario
from tests.faults.stacks import Stack
from tests.faults.things import left_over, lost
from tests.vendors.once import MAY_EXIST_TWICE, kinds


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
    untold: list[str] = field(default_factory=list)
    """The same, of which nobody was told."""
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
    said = recover(sandbox, stack.name)
    last = sandbox.run(*chosen.command)
    outcome = Outcome(str(chosen), in_the_middle)
    if last.returncode:
        outcome.stuck = f"{said}\n{last.stdout}\n{last.stderr}"
    else:
        compare(outcome, sandbox, chosen.end(worlds, home / "undisturbed"), stack, said)
    return outcome


def compare(outcome: Outcome, sandbox: Sandbox, undisturbed: Sandbox, stack: Stack, said: str) -> None:
    twice = kinds(MAY_EXIST_TWICE)
    for thing in left_over(sandbox, undisturbed):
        if thing.kind not in twice:
            outcome.doubled.append(str(thing))
        elif thing.id in said:
            outcome.left_over.append(str(thing))
        else:
            outcome.untold.append(str(thing))
    outcome.lost = lost(sandbox, undisturbed, stack.name)


def recover(sandbox: Sandbox, stack: str) -> str:
    """What `nodeyard recover` prints. The sandbox's Pulumi is the one that it asks."""
    told = subprocess.run(
        [sys.executable, "-m", "ops", "recover", stack, "--yes"],
        cwd=sandbox.cwd,
        env={**os.environ, **sandbox.environment, "NODEYARD_PULUMI": str(CHECKOUT / "sandbox/pulumi")},
        capture_output=True,
        text=True,
        check=False,
    )
    sandbox.printed += told.stdout + told.stderr
    return told.stdout + told.stderr
