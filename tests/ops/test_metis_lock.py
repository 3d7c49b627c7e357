"""`nodeyard metis lock-check`: one yes or no, with its reasons and its exit code."""

import pytest

from tests.ops.harness import Command, aws_stack, told
from tests.ops.metis_nodes import STACK, Sequencer, sequencer, stack
from tests.ops.tasks_cluster import NAMESPACE, RELEASE

__all__ = ["sequencer"]


def check(nodeyard: Command) -> tuple[int, str]:
    result = nodeyard("metis", "lock-check", STACK)
    return result.exit_code, result.stderr.splitlines()[-1].removeprefix("nodeyard: ")


def test_a_sequencer_in_sync_may_lock(nodeyard: Command, sequencer: Sequencer) -> None:
    assert check(nodeyard) == (0, "Ready to lock: yes.")
    result = nodeyard("metis", "lock-check", STACK, "--json")
    assert told(result)["readyToLock"] is True
    assert [(gate["name"], gate["open"]) for gate in told(result)["gates"]] == [
        ("l2geth", True),
        ("themis", True),
        ("bridge", True),
    ]


def test_one_that_syncs_may_not_and_the_gate_is_named(nodeyard: Command, sequencer: Sequencer) -> None:
    sequencer.syncing = True
    code, said = check(nodeyard)
    assert (code, said) == (1, "Ready to lock: no; l2geth: rollup_getInfo says that it syncs.")


def test_one_whose_chain_stands_still_may_not_though_its_gates_are_open(
    nodeyard: Command, sequencer: Sequencer
) -> None:
    sequencer.peers = 0
    assert check(nodeyard) == (1, "Ready to lock: no; themis: it has no peers.")


def test_one_that_lacks_something_may_not(nodeyard: Command, sequencer: Sequencer) -> None:
    nodeyard.deploy(STACK, **stack(missing=["sequencerAddress"]))
    assert check(nodeyard) == (1, "Ready to lock: no; missing: sequencerAddress.")


def test_of_one_that_nobody_reaches_it_is_not_known(nodeyard: Command, sequencer: Sequencer) -> None:
    sequencer.write(nodeyard, ports={})
    code, said = check(nodeyard)
    assert (code, said.startswith("Ready to lock: not known; themis: it did not say")) == (3, True), said


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        (aws_stack(kind="theta"), "is of kind theta and has no sync gates"),
        (aws_stack(namespace=NAMESPACE, release=RELEASE), "it has no output `component`"),
    ],
)
def test_what_is_no_sequencer_has_no_gates(
    nodeyard: Command, sequencer: Sequencer, outputs: dict[str, object], said: str
) -> None:
    nodeyard.deploy(STACK, **outputs)
    result = nodeyard("metis", "lock-check", STACK)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
