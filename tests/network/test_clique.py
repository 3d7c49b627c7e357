"""Three miners and passive nodes on one chain of clique, from its first block on. A test finds what another left."""

from __future__ import annotations

import itertools
import time
import urllib.error

import pytest

from nodeyard.mantis_cluster import keys
from tests.network.harness import PERIOD_SECONDS, Network, Process, RpcError, until


def miners(network: Network) -> list[Process]:
    return [process for name, process in network.nodes.items() if name.startswith("miner-")]


def configs(*nodes: Process) -> list[tuple[int, dict[str, bytes]]]:
    """Which processes run, and what they were told."""
    return [
        (
            node.process.pid if node.process else 0,
            {file.name: file.read_bytes() for file in (node.root / "config").iterdir()},
        )
        for node in nodes
    ]


def test_a_miner_announces_the_enode_and_has_the_account_that_were_derived(network: Network) -> None:
    for miner, derived, key in zip(miners(network), network.chain.bootstrap, network.keys, strict=True):
        assert miner.enode == derived.enode
        assert miner.ask("eth_coinbase") == keys.address(key)
        assert miner.ask("eth_accounts") == [keys.address(key)]


def test_the_first_block_is_the_one_that_was_pinned(network: Network) -> None:
    for node in network.running:
        first = until("the first block", lambda node=node: node.block(0))
        assert first["hash"] == node.genesis_hash
        assert int(first["gasLimit"], 16) == 8_000_000


def test_blocks_come_and_every_miner_makes_some_of_them(network: Network) -> None:
    first = miners(network)[0]
    top = first.reach(9)
    network.agree()
    assert {first.signer(number) for number in range(top - 5, top)} == {keys.address(key) for key in network.keys}
    times = [int((first.block(number) or {})["timestamp"], 16) for number in range(top - 5, top)]
    assert all(later - earlier >= PERIOD_SECONDS for earlier, later in itertools.pairwise(times))
    assert int((first.block(top) or {})["gasLimit"], 16) == 8_000_000


def test_no_miner_answers_rpc_over_the_network_and_a_passive_node_answers_what_it_may(network: Network) -> None:
    for miner in miners(network):
        with pytest.raises(urllib.error.URLError):
            miner.http("eth_blockNumber")
    passive = network.nodes["passive-0"]
    assert int(passive.http("eth_blockNumber"), 16) > 0
    for method in ("admin_nodeInfo", "debug_memStats", "miner_stop", "clique_getSigners"):
        with pytest.raises(RpcError, match="does not exist/is not available"):
            passive.http(method)


def test_a_passive_node_follows_from_nothing(network: Network) -> None:
    late = network.passive(1).start()
    network.agree(late, network.nodes["miner-0"])


def test_a_node_that_was_killed_comes_back_as_who_it_was(network: Network) -> None:
    for name in ("miner-2", "passive-1"):
        node = network.nodes[name]
        enode, height = node.enode, node.height
        block = node.block(height)
        node.end()
        node.start()
        assert node.enode == enode
        assert node.block(height) == block
        network.agree(node, network.nodes["miner-0"])


def test_two_of_three_miners_make_blocks_and_one_alone_makes_none(network: Network) -> None:
    first, second, third = miners(network)
    third.end()
    first.reach(first.height + 4)
    second.end()
    first.reach(first.height)
    time.sleep(2 * PERIOD_SECONDS)  # for the block that it may still make
    height = first.height
    time.sleep(4 * PERIOD_SECONDS)
    assert first.height == height
    second.start()
    first.reach(height + 3)
    third.start()
    network.agree()


def test_a_miner_that_comes_later_signs_once_more_than_half_of_the_others_admit_it(network: Network) -> None:
    others = network.running
    before = configs(*others)
    late = network.miner(3).start()
    network.agree(late, network.nodes["miner-0"])
    account = keys.address(network.keys[3])
    assert account not in late.ask("clique_getSigners")
    for voter in miners(network)[:2]:
        voter.ask("clique_propose", account, True)
    until("the vote", lambda: account in late.ask("clique_getSigners"))
    top = late.height

    def signed() -> bool:
        return account in {late.signer(number) for number in range(top, late.height + 1)}

    until("its first block", signed)
    network.agree()
    assert configs(*others) == before


def test_the_data_of_another_genesis_goes_and_the_node_begins_anew(network: Network) -> None:
    node = network.nodes["passive-1"]
    node.end()
    old, ours = node.data, node.chain
    node.chain = network.again()
    node.configure()
    node.start()
    first = until("the first block", lambda: node.block(0))
    assert first["hash"] == node.genesis_hash
    assert node.data != old
    assert [path for path in node.data.parent.iterdir() if path.name != "ethash"] == [node.data]
    node.end()
    node.chain = ours
    node.configure()


def test_a_clean_start_begins_with_nothing_and_catches_up(network: Network) -> None:
    node = network.nodes["passive-0"]
    node.end()
    old = (node.data / "geth/nodekey").read_text()
    (node.root / "data/clean-start").touch()
    node.start()
    network.agree(node, network.nodes["miner-0"])
    assert not (node.root / "data/clean-start").exists()
    assert (node.data / "geth/nodekey").read_text() != old


def test_a_miners_disk_never_has_its_key(network: Network) -> None:
    for miner, key in zip(miners(network), network.keys, strict=True):
        files = [path for path in (miner.root / "data").rglob("*") if path.is_file()]
        assert not [
            path for path in files if any(form in path.read_bytes() for form in (key.encode(), bytes.fromhex(key)))
        ]
        assert not list((miner.data / "keystore").iterdir())


def test_a_node_that_is_told_to_stop_for_its_backup_leaves_its_data_whole(network: Network) -> None:
    node = network.backup()
    node.env["STOP_FILE"] = str(node.root / "stop/now")
    node.start()
    height = network.agree(node, network.nodes["miner-0"])
    (node.root / "stop/now").touch()
    assert node.ended() == 0
    assert (node.root / "stop/stopped").exists()
    del node.env["STOP_FILE"]
    node.start()
    assert until("the last block", lambda: node.height) >= height
