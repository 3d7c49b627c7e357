"""Everything that a stack made and that the engine did not write down comes back by `nodeyard recover`, whatever its
type. One stack is run again by its name:

    pytest -n 0 tests/faults -k 'metis-aws-unwritten'

Proved against the sandbox's stand-in clouds.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.worlds import Worlds
from tests.faults.run import Forgotten, run_unwritten
from tests.faults.stacks import STACKS, Stack
from tests.faults.unwritten import forget, forget_what_providers_need

CASES = {f"{stack}-unwritten": (stack, forget) for stack in STACKS} | {
    f"{stack}-unwritten-first": (stack, forget_what_providers_need) for stack in STACKS if stack.kind == "platform"
}
"""A platform alone makes what a provider needs: its cluster."""


@pytest.mark.parametrize(("stack", "forgotten"), CASES.values(), ids=CASES)
def test_whatever_was_made_and_not_written_down_there_is_a_way_back(
    stack: Stack, forgotten: Forgotten, worlds: Worlds, home: Path, record_property: Callable[[str, object], None]
) -> None:
    outcome = run_unwritten(stack, forgotten, worlds, home)
    record_property(str(stack), outcome.counts)
    assert not outcome.problems, "\n".join((outcome.scenario, *outcome.problems))
