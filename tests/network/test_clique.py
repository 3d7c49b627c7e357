"""Three miners and passive nodes on one chain of clique, from its first block on. A test finds what another left."""

from __future__ import annotations

import itertools
import re
import shutil
import time
import urllib.error
from collections.abc import Iterator

import pytest

from nodeyard.mantis_cluster import keys
from tests.network.harness import PERIOD_SECONDS, Network, Process, RpcError, chain_tools, until
from tests.services.chain_store import servers

GAS_LIMIT = 8_000_000


@pytest.fixture(scope="module")
def store() -> Iterator[dict[str, str]]:
    """A bucket, and what its pods' identity is worth there."""
    with servers.s3() as server:
        yield {**server.environment, "STORE_URL": server.create("backups")}


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


def begun_at(node: Process) -> int:
    """The block that a node had on its disk when it last started."""
    return int(re.findall(r"Loaded most recent local full block +number=([\d,]+)", node.log)[-1].replace(",", ""))


def test_a_miner_announces_the_enode_and_has_the_account_that_were_derived(network: Network) -> None:
    for miner, derived, key in zip(miners(network), network.chain.bootstrap, network.keys, strict=True):
        assert miner.enode == derived.enode
        assert miner.ask("eth_coinbase") == keys.address(key)
        assert miner.ask("eth_accounts") == [keys.address(key)]


def test_the_first_block_is_the_one_that_was_pinned(network: Network) -> None:
    for node in network.running:
        first = until("the first block", lambda node=node: node.block(0))
        assert first["hash"] == node.genesis_hash
        assert int(first["gasLimit"], 16) == GAS_LIMIT


def test_blocks_come_and_every_miner_makes_some_of_them(network: Network) -> None:
    first = miners(network)[0]
    top = first.reach(9)
    network.agree()
    assert {first.signer(number) for number in range(top - 5, top)} == {keys.address(key) for key in network.keys}
    blocks = [first.block(number) or {} for number in range(top - 5, top)]
    times = [int(block["timestamp"], 16) for block in blocks]
    assert all(later - earlier >= PERIOD_SECONDS for earlier, later in itertools.pairwise(times))
    assert {int(block["gasLimit"], 16) for block in blocks} == {GAS_LIMIT}


def test_metrics_tell_heights_peers_and_calls(network: Network) -> None:
    passive = network.nodes["passive-0"]
    with pytest.raises(RpcError, match="transaction"):
        passive.http("eth_sendRawTransaction", "0x01")
    height = passive.height
    metrics = passive.metrics
    assert metrics["chain_head_block"] >= height
    assert metrics["p2p_peers"] >= 1
    assert metrics["rpc_failure"] >= 1
    assert metrics["rpc_success"] >= 1


def test_no_miner_answers_rpc_over_the_network_and_a_passive_node_answers_what_it_may(network: Network) -> None:
    for miner in miners(network):
        with pytest.raises(urllib.error.URLError):
            miner.http("eth_blockNumber")
    passive = network.nodes["passive-0"]
    assert int(passive.http("eth_blockNumber"), 16) > 0
    for method in ("admin_nodeInfo", "debug_memStats", "miner_stop", "clique_getSigners"):
        with pytest.raises(RpcError, match="does not exist/is not available"):
            passive.http(method)


def test_nodes_that_begin_with_nothing_follow(network: Network) -> None:
    backup = network.backup()
    backup.env["STOP_FILE"] = str(backup.root / "stop/now")
    backup.start()
    network.passive(1).start()
    network.agree()


def test_a_backup_has_the_chain_and_no_key(network: Network, store: dict[str, str]) -> None:
    backup, passive = network.nodes["backup"], network.nodes["passive-0"]
    made = chain_tools(
        "backup", backup, **store, RPC_URL=backup.url, TIP_URLS=passive.url, STOP_FILE=backup.env["STOP_FILE"]
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert re.search(r"backup \S+: height [1-9]", made.stdout)
    assert backup.ended() == 0


def test_two_of_three_miners_make_blocks_and_one_makes_none_and_whoever_was_killed_comes_back(network: Network) -> None:
    first, second, third = miners(network)
    passive, late = network.nodes["passive-0"], network.nodes["passive-1"]
    killed = (second, third, late)
    known = {node.node.name: (node.enode, node.block(5)) for node in killed}
    # Not while it may have a block of its own, of which the two others know nothing: both may make the next one then.
    until("another's block", lambda: first.signer(first.height) != keys.address(network.keys[2]))
    third.end()
    late.end()
    passive.reach(passive.height + 4)
    second.end()
    time.sleep(2 * PERIOD_SECONDS)  # for the block that the first one may still make
    height = first.height
    time.sleep(4 * PERIOD_SECONDS)
    assert first.height == height
    for node in killed:
        node.start()
    passive.reach(height + 4)
    network.agree()
    assert {node.node.name: (node.enode, node.block(5)) for node in killed} == known


def test_a_miner_that_comes_later_signs_once_more_than_half_of_the_others_admit_it(network: Network) -> None:
    others = network.running
    before = configs(*others)
    late = network.miner(3).start()
    network.agree(late, network.nodes["miner-0"])
    account = keys.address(network.keys[3])
    assert account not in late.ask("clique_getSigners")
    top = late.height
    for voter in miners(network)[:2]:
        voter.ask("clique_propose", account, True)
    until("its first block", lambda: account in {late.signer(number) for number in range(top, late.height + 1)})
    network.agree()
    assert configs(*others) == before


def test_no_miners_disk_has_its_key(network: Network) -> None:
    for miner, key in zip(miners(network), network.keys, strict=True):
        forms = (key.encode(), bytes.fromhex(key))
        files = [path for path in (miner.root / "data").rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if any(form in path.read_bytes() for form in forms)]
        assert not list((miner.data / "keystore").iterdir())


def test_the_data_of_another_genesis_goes_and_the_node_begins_anew(network: Network) -> None:
    node = network.nodes["passive-1"]
    node.end()
    ours, old = node.chain, node.data
    node.chain = network.again()
    node.configure()
    node.start()
    first = until("the first block", lambda: node.block(0))
    assert first["hash"] == node.genesis_hash
    assert node.data.exists()
    assert not old.exists()
    node.end()
    node.chain = ours
    node.configure()


def test_a_clean_start_begins_with_nothing(network: Network) -> None:
    node = network.nodes["passive-0"]
    node.end()
    (node.root / "data/clean-start").touch()
    node.start()
    until("its socket", lambda: node.answer("net_version"))
    assert begun_at(node) == 0
    assert not (node.root / "data/clean-start").exists()


def test_an_emptied_node_begins_with_the_latest_backup(network: Network, store: dict[str, str]) -> None:
    node = network.nodes["passive-1"]
    for path in (node.root / "data").iterdir():
        shutil.rmtree(path)
    restored = chain_tools("restore", node, **store)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    height = int(re.findall(r"restored backup \S+: height (\d+)", restored.stdout)[0])
    node.start()
    until("its socket", lambda: node.answer("net_version"))
    assert begun_at(node) >= height > 0  # a block may come between the look and the stop


def test_in_the_end_all_have_one_chain(network: Network) -> None:
    assert {"passive-0", "passive-1", "miner-3"} <= {node.node.name for node in network.running}
    network.agree()
