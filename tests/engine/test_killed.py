"""Two of the kills of `make test-faults`: the groups that keep a machine, of which an `up` once made a second one.

Proved against the sandbox's stand-in clouds.
"""

from pathlib import Path

import pytest

from tests.engine.worlds import Worlds
from tests.faults.killing import Moment
from tests.faults.run import run
from tests.faults.scenarios import Scenario, work
from tests.faults.stacks import STACKS, UP

BY_NAME = {str(stack): stack for stack in STACKS}
GROUPS = {
    "theta-aws": "aws:autoscaling/group:Group",
    "theta-gcp": "gcp:compute/instanceGroupManager:InstanceGroupManager",
}


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_that_a_killed_up_made_is_taken_over_and_not_made_twice(
    name: str, worlds: Worlds, tmp_path: Path
) -> None:
    stack = BY_NAME[name]
    group = next(urn for urn in work(stack, "up", worlds) if urn.split("::")[2].endswith(GROUPS[name]))
    command, moment = (*UP, "--stack", stack.name), Moment("after", "Create", group)
    outcome = run(stack, Scenario(stack.ready, command, moment, "engine", stack.up), worlds, tmp_path)
    assert outcome.in_the_middle
    assert outcome.problems == [], outcome.scenario
