"""A share of `make test-faults`: kills at chosen calls, and all of a stack that was made and not written down.

Proved against the sandbox's stand-in clouds.
"""

from pathlib import Path

import pytest

from tests.engine.worlds import Worlds
from tests.faults.killing import Moment
from tests.faults.run import run, run_unwritten
from tests.faults.scenarios import CALLS, Scenario, work
from tests.faults.stacks import DESTROY, STACKS, UP
from tests.faults.unwritten import forget, forget_what_providers_need

BY_NAME = {str(stack): stack for stack in STACKS}
GROUPS = {
    "theta-aws": "aws:autoscaling/group:Group",
    "theta-gcp": "gcp:compute/instanceGroupManager:InstanceGroupManager",
}
MACHINE = "azure-native:compute:VirtualMachine"
UNWRITTEN = {
    "theta-aws": forget,
    "metis-gcp": forget,
    "platform-azure": forget_what_providers_need,
}
"""Each is up for other tests, too."""


def urn_of(name: str, kind: str, type_: str, worlds: Worlds) -> str:
    return next(urn for urn in work(BY_NAME[name], kind, worlds) if urn.split("::")[2].endswith(f"${type_}"))


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_that_a_killed_up_made_is_taken_over_and_not_made_twice(
    name: str, worlds: Worlds, tmp_path: Path
) -> None:
    stack, group = BY_NAME[name], urn_of(name, "up", GROUPS[name], worlds)
    command, moment = (*UP, "--stack", stack.name), Moment("after", "Create", group)
    outcome = run(stack, Scenario(stack.ready, command, moment, "engine", stack.up), worlds, tmp_path)
    assert outcome.in_the_middle
    assert not outcome.problems, "\n".join((outcome.scenario, *outcome.problems))


def test_what_a_killed_destroy_had_deleted_leaves_the_state(worlds: Worlds, tmp_path: Path) -> None:
    stack, machine = BY_NAME["theta-azure"], urn_of("theta-azure", "destroy", MACHINE, worlds)
    command, moment = (*DESTROY, "--stack", stack.name), Moment("after", CALLS["destroy"], machine)
    outcome = run(stack, Scenario(stack.up, command, moment, "all", stack.destroyed), worlds, tmp_path)
    assert outcome.in_the_middle
    assert not outcome.problems, "\n".join((outcome.scenario, *outcome.problems))


@pytest.mark.parametrize("name", UNWRITTEN)
def test_all_that_was_made_and_not_written_down_comes_back(name: str, worlds: Worlds, tmp_path: Path) -> None:
    outcome = run_unwritten(BY_NAME[name], UNWRITTEN[name], worlds, tmp_path)
    assert not outcome.problems, "\n".join((outcome.scenario, *outcome.problems))
