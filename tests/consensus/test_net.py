"""Four validators on one chain: a resume is exact to the height, and a second home with a key never signs unasked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.metis_keys import NODE_FILE
from tests.charts.harness import Stubs
from tests.charts.themis_home import bootstrap, keys, resume
from tests.consensus.harness import Net, Node, until


@pytest.fixture(scope="module")
def four(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    """All of them run."""
    root = tmp_path_factory.mktemp("four")
    (root / "bin").mkdir()
    net = Net(root, Stubs(root / "bin"), engine, 4)
    for node in net.nodes:
        node.run()
    net.nodes[0].reach(3)
    yield net
    net.stop()


def second(net: Net, name: str) -> Node:
    """An empty disk in the place of the last validator: the same keys, another volume."""
    node = net.home(4, name, "vol-2")
    node.peers = net.beside(net.nodes[3])
    return node


def test_every_validator_of_the_net_signs(four: Net) -> None:
    everyone = {node.address for node in four.nodes}

    def signed_by_all() -> bool:
        return four.nodes[0].signers(four.nodes[0].height - 1) == everyone

    until("a block that all signed", signed_by_all)


@pytest.mark.parametrize(
    "left_in_the_config",
    [{}, bootstrap(), resume("vol-1", 7), {"BOOTSTRAP": "true"}, {"RESUME_AT_HEIGHT": "7"}],
    ids=["nothing", "bootstrap", "resume", "bootstrap for no disk", "a height alone"],
)
def test_a_second_home_with_the_key_of_a_validator_that_signs_gets_neither_key_nor_state_unasked(
    four: Net, tmp_path: Path, left_in_the_config: dict[str, str]
) -> None:
    other = second(four, str(tmp_path))
    refused = other.themis.start(**left_in_the_config)
    assert refused.returncode == 1
    assert "vol-2" in refused.stderr
    assert not other.themis.key("priv_validator_key.json").exists()
    assert not other.themis.state.exists()


def test_a_resume_signs_at_its_height_and_at_none_below(four: Net) -> None:
    *_, third, left = four.nodes
    left.stop()
    third.stop()  # Two of four make no block: the chain waits until the resumed home has what there is of it.
    last = max(left.signed_heights())
    resumed = second(four, "resumed")
    height = four.nodes[0].height + 10
    resumed.themis.started(**resume("vol-2", height))
    resumed.run()
    try:
        until("the resumed home takes part", lambda: "enterNewRound" in resumed.log)
        third.run()
        resumed.reach(height + 2)
        votes = re.findall(r"(Signed and pushed vote|Error signing vote) .*? height=(\d+)", resumed.log)
        refused = [int(at) for what, at in votes if what == "Error signing vote"]
        signed = [int(at) for what, at in votes if what == "Signed and pushed vote"]
        assert min(signed) == height
        assert max(refused) == height - 1
        # And so the others saw it.
        absent = range(last + 2, height)
        assert all(left.address not in four.nodes[0].signers(at) for at in absent)
    finally:
        resumed.stop()


def test_a_second_home_that_was_vouched_for_signs_beside_the_first_which_is_what_the_words_are_for(four: Net) -> None:
    first = four.nodes[0]
    other = four.home(1, "liar", "vol-2")
    # With a node id of its own, or the others would not take the connection.
    (other.themis.secrets / NODE_FILE).write_text(keys(9).files()[NODE_FILE])
    other.peers = ",".join(node.peer for node in four.nodes[:3])
    other.themis.started(**bootstrap("vol-2"))
    other.run()
    try:
        until("a height that both signed", lambda: set(other.signed_heights()) & set(first.signed_heights()))
        until("the conflict, seen by the first", lambda: "conflicting vote from ourselves" in first.log.lower())
    finally:
        other.stop()
