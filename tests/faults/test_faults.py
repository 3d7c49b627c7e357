"""Engine, language host, program and plugins of an `up`, an update and a `destroy` are killed, over every component's
stack on every cloud; `nodeyard recover` and the same command once more lead to the world of a run that nobody
disturbed. `make test-faults` prints the counts. A seed that fails is run again by its name:

    pytest -n 0 tests/faults -k 'metis-aws-17]'

Proved against the sandbox's stand-in clouds.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.worlds import Worlds
from tests.faults.run import run
from tests.faults.scenarios import scenario
from tests.faults.stacks import STACKS, Stack

RUNS = int(os.environ.get("RUNS", "20"))
"""Of each stack."""
FIRST = int(os.environ.get("FIRST_SEED", "0"))
EACH = [(stack, seed) for stack in STACKS for seed in range(FIRST, FIRST + RUNS)]


@pytest.mark.parametrize(("stack", "seed"), EACH, ids=[f"{stack}-{seed}" for stack, seed in EACH])
def test_whatever_is_killed_in_the_middle_there_is_a_way_back(
    stack: Stack, seed: int, worlds: Worlds, home: Path, record_property: Callable[[str, object], None]
) -> None:
    outcome = run(stack, scenario(stack, seed, worlds), worlds, home)
    record_property(str(stack), outcome.counts)
    assert not outcome.problems, "\n".join((outcome.scenario, *outcome.problems))
