"""A chain of proof of work, with go-ethereum's own table for tests: of some KiB in place of a GiB and more.

That table is the one thing that the nodes are told besides what the component renders. So this shows the genesis, the
flags and the start of a miner that is alone, and nothing of how long the real table takes.
"""

from __future__ import annotations

from pathlib import Path

from nodeyard.mantis_cluster import keys
from tests.network.harness import network
from tests.network.node import Node, until
from tests.network.release import GAS_LIMIT, NAME, Release, key_of, release, without_a_bucket

SMALL_TABLE = "\n[Eth.Ethash]\nPowMode = 2\n"


def on_a_small_table(made: Release) -> Release:
    for task in made.values["nodes"]:
        made.objects["ConfigMap", f"{NAME}-{task}"]["data"]["config.toml"] += SMALL_TABLE
    return made


def made_by(node: Node) -> float:
    """The blocks that a node has of its own, as the chart's alerts count them: no metric does."""
    while True:
        before, metrics, after = node.height, node.metrics, node.height
        if before == after == metrics["chain_head_block"]:
            return metrics["chain_head_block"] - metrics["chain_execution_count"]


def test_a_lone_miner_makes_blocks_and_a_passive_node_follows(program: Path) -> None:
    genesis = {"gas_limit": GAS_LIMIT, "difficulty": 1}
    ethash = release(miners=1, passive=1, consensus="ethash", genesis=genesis, **without_a_bucket)
    with network(program, on_a_small_table(ethash)) as running:
        running.start("miner-0", "passive-0")
        miner, passive = running["miner-0"], running["passive-0"]
        miner.reach(3)
        first = until("the first block", lambda: passive.block(0))
        assert first["hash"] == ethash.genesis_hash
        height = running.agree()
        assert (passive.block(height) or {})["miner"] == keys.address(key_of("miner-0"))
        assert made_by(miner) >= height
        assert made_by(passive) == 0
