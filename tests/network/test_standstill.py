"""Two of three miners of a clique that stand at one height with a block each, and the command that ends it."""

from __future__ import annotations

import time
from pathlib import Path

from nodeyard.mantis_cluster import keys
from tests.network.harness import network
from tests.network.node import PATIENCE_SECONDS, Node, RpcError, until
from tests.network.operators import Operator
from tests.network.release import NAME, PERIOD_SECONDS, key_of, release, without_a_bucket

LOOKS_ONCE_SECONDS = 10
"""After its start a node with fewer than five peers looks once who has the heavier chain, and then with each new peer
alone (go-ethereum v1.10.26, `eth/sync.go`)."""


def mines_alone(node: Node) -> None:
    """Its first block, without the minute that its start script waits for others."""

    def is_unlocked() -> bool:
        try:
            return bool(node.ask("eth_sign", node.ask("eth_coinbase"), "0x00"))
        except (OSError, ValueError, RpcError):
            return False

    node.start()
    until("its account", is_unlocked)
    node.ask("miner_start", 1)
    node.reach(1)


def test_a_signer_that_goes_a_block_back_takes_the_others_block_and_the_chain_goes_on(
    program: Path, tmp_path: Path
) -> None:
    # Block 1 is the second signer's turn. While that one is away each of the others may make it, and neither weighs
    # more.
    one, _, two = sorted(("miner-0", "miner-1", "miner-2"), key=lambda task: keys.address(key_of(task)))
    with network(program, release(**without_a_bucket)) as made:
        first, second = made[one], made[two]
        mines_alone(first)
        first.end()
        mines_alone(second)
        first.start()
        until("peers", lambda: first.answer("net_peerCount") == second.answer("net_peerCount") == "0x1")
        time.sleep(LOOKS_ONCE_SECONDS + 2 * PERIOD_SECONDS)
        assert first.height == second.height == 1
        blocks = {one: first.hash(1), two: second.hash(1)}
        assert len(set(blocks.values())) == 2
        stepped = Operator(tmp_path, made).nodeyard(
            "mantis", "step-back", NAME, two, "--yes", "--wait", f"{PATIENCE_SECONDS}"
        )
        assert stepped.returncode == 0, stepped.stderr
        rows = [line.split() for line in stepped.stdout.splitlines() if "miner-" in line]
        assert sorted(rows) == sorted([task, "1", block, task, "no"] for task, block in blocks.items())
        made.agree()
        assert first.hash(1) == second.hash(1)
