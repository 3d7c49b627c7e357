"""Three miners and passive nodes on one chain of clique, from its first block on. A test finds what another left."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodeyard.mantis_cluster import keys
from tests.charts.mantis import RPC
from tests.network import harness
from tests.network.harness import Network
from tests.network.node import Node, RpcError, ask_by_http, until
from tests.network.operators import Operator
from tests.network.pod import TOOLS, TOOLS_ENV
from tests.network.release import GAS_LIMIT, NAME, PERIOD_SECONDS, key_of, release
from tests.services.chain_store import servers


@pytest.fixture(scope="module")
def network(program: Path) -> Iterator[Network]:
    """Three miners and a passive node, which the tests of this file share in their order."""
    made = release()
    bucket = re.findall(r"s3://([^?]+)", made.store_url)[0]
    with servers.s3() as server:
        server.create(bucket)
        with harness.network(program, made, server.environment) as running:
            running.start("miner-0", "miner-1", "miner-2", "passive-0")
            yield running


def account(miner: Node) -> str:
    return keys.address(key_of(miner.task))


def test_a_miner_announces_the_enode_and_has_the_account_that_were_derived(network: Network) -> None:
    for miner in network.miners:
        told = network.release.outputs["tasks"][miner.task]
        assert miner.enode == network.cluster.here(told["enode"], miner.task)
        assert miner.ask("eth_coinbase") == told["address"] == account(miner)
        assert miner.ask("eth_accounts") == [told["address"]]


def test_the_first_block_is_the_one_that_was_pinned(network: Network) -> None:
    for node in network.running:
        first = until("the first block", lambda node=node: node.block(0))
        assert first["hash"] == network.release.outputs["genesisHash"]
        assert int(first["gasLimit"], 16) == GAS_LIMIT


def test_blocks_come_and_every_miner_makes_some_of_them(network: Network) -> None:
    first, accounts = network["miner-0"], {account(miner) for miner in network.miners}
    until("a block of each", lambda: {first.signer(number) for number in range(1, first.height + 1)} == accounts)
    top = network.agree()
    blocks = [first.block(number) or {} for number in range(1, top + 1)]
    times = [int(block["timestamp"], 16) for block in blocks]
    assert all(later - earlier >= PERIOD_SECONDS for earlier, later in itertools.pairwise(times))
    assert {int(block["gasLimit"], 16) for block in blocks} == {GAS_LIMIT}


def test_metrics_tell_heights_peers_and_calls(network: Network) -> None:
    passive = network["passive-0"]
    with pytest.raises(RpcError, match="transaction"):
        passive.http("eth_sendRawTransaction", "0x01")
    height = passive.height
    metrics = passive.metrics
    assert metrics["chain_head_block"] >= height
    assert metrics["p2p_peers"] >= 1
    assert metrics["rpc_failure"] >= 1
    assert metrics["rpc_success"] >= 1


def test_no_miner_answers_rpc_over_the_network_and_a_passive_node_answers_what_it_may(network: Network) -> None:
    for miner in network.miners:
        with pytest.raises(urllib.error.URLError):
            miner.http("eth_blockNumber")
    passive = network["passive-0"]
    assert int(passive.http("eth_blockNumber"), 16) > 0
    for method in ("admin_nodeInfo", "debug_memStats", "miner_stop", "clique_getSigners"):
        with pytest.raises(RpcError, match="does not exist/is not available"):
            passive.http(method)


def test_a_node_that_begins_with_nothing_follows_and_so_does_the_backups(network: Network) -> None:
    network.start("passive-1", "backup")
    assert "there is no backup" in network["passive-1"].log("restore")
    network.agree(network["passive-1"], network["miner-0"])


def test_a_backup_has_the_chain_and_its_pod_ends(network: Network) -> None:
    backup = network["backup"]
    assert backup.ended() == {"node": 0, "backup": 0}, backup.log("backup")
    assert re.search(r"backup \S+: height [1-9]", backup.log("backup"))


def test_a_machine_of_an_operators_joins_through_kubectl(network: Network, tmp_path: Path) -> None:
    operator = Operator(tmp_path, network)
    joined = operator.nodeyard("mantis", "join", NAME, "--port-forward", "--out", str(tmp_path / "node"))
    assert joined.returncode == 0, joined.stderr
    config = tmp_path / "node/config.toml"
    config.write_text(network.cluster.here(config.read_text(), "operator"))
    commands = network.cluster.here(joined.stdout, "operator")
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            ["sh", "-ec", commands], env=operator.env, stdout=log, stderr=log, start_new_session=True
        )
    try:
        url = f"http://{operator.address}:{RPC}"

        def height() -> int:
            assert process.poll() is None, (tmp_path / "log").read_text()[-3000:]
            try:
                return int(ask_by_http(url, "eth_blockNumber"), 16)
            except OSError:
                return 0

        top = network["miner-0"].height
        until("the operator's node at the tip", lambda: height() > top)
        assert ask_by_http(url, "eth_getBlockByNumber", hex(top - 2), False)["hash"] == network["miner-0"].hash(top - 2)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_two_of_three_miners_make_blocks_and_the_exporter_tells_who_made_which(network: Network) -> None:
    """Two of three take turns, so that no block is given up again."""
    third, passive = network["miner-2"], network["passive-0"]
    # Not while it may have a block of its own, of which the two others know nothing: both may make the next one then.
    until("another's block", lambda: (first := network["miner-0"]).signer(first.height) != account(third))
    third.end()
    passive.reach(passive.height + 1)
    named = [word for miner in network.miners for word in ("--miner", f"{miner.task}={account(miner)}")]
    asked = ["--mined", f"chain={passive.url}", "--node", f"passive={passive.url}", "--interval", "1"]
    address = network.cluster.address("exporter")
    lowest = passive.height
    process = subprocess.Popen([*TOOLS, "exporter", *asked, *named, "--listen", address], env=TOOLS_ENV)
    try:
        counted = until("four blocks", lambda: found if sum((found := mined(address)).values()) >= 4 else None)
    finally:
        process.kill()
        process.wait()
    blocks = int(sum(counted.values()))
    names = {account(miner): miner.task for miner in network.miners}
    first = network["miner-0"]

    def made(begin: int) -> Counter[str]:
        return Counter(names[first.signer(number)] for number in range(begin + 1, begin + blocks + 1))

    assert any(Counter(counted) == made(begin) for begin in range(lowest, first.height - blocks + 1))
    assert counted["miner-2"] == 0


def mined(address: str) -> dict[str, float]:
    """Blocks by miner, as Prometheus reads them."""
    try:
        with urllib.request.urlopen(f"http://{address}:9180/metrics", timeout=10) as response:
            text = response.read().decode()
    except OSError:
        return {}
    lines = re.findall(r"^nodeyard_mined_blocks_total\{(.*)\} (\S+)$", text, re.MULTILINE)
    return {re.findall(r'miner="([^"]+)"', labels)[0]: float(value) for labels, value in lines}


def test_one_of_three_miners_makes_none_and_whoever_was_killed_comes_back(network: Network) -> None:
    first, second, third = network.miners
    passive, late = network["passive-0"], network["passive-1"]
    running = (second, late)
    known = {node.task: (node.enode, node.block(2)) for node in running}
    second.end()
    late.end()
    time.sleep(PERIOD_SECONDS)  # for the block that the first may make in answer to the second's last
    until("the first one's block", lambda: first.signer(first.height) == account(first))
    stands = first.height
    time.sleep(2 * PERIOD_SECONDS)
    assert first.height == stands
    network.start("miner-1", "miner-2", "passive-1")
    passive.reach(stands + 2)
    network.agree()
    assert {node.task: (node.enode, node.block(2)) for node in running} == known
    assert third.block(2) == first.block(2)


def test_one_more_miner_changes_nobody_and_signs_once_the_others_admitted_it(network: Network, tmp_path: Path) -> None:
    before, running = network.release.objects, [(node.task, node.processes["node"].pid) for node in network.running]
    network.up(network.release.again(miners=4))
    after = network.release.objects
    assert {key: after[key] for key in before} == before
    own = f"{NAME}-miner-3"
    assert after.keys() - before.keys() == {
        ("ServiceAccount", own),
        ("ConfigMap", own),
        ("Service", "miner-3"),
        ("StatefulSet", "miner-3"),
    }
    late = network["miner-3"]
    late.start()
    assert "restored backup" in late.log("restore")
    network.agree(late, network["miner-0"])
    assert account(late) not in late.ask("clique_getSigners")
    top = late.height
    proposed = Operator(tmp_path, network).nodeyard("mantis", "propose", NAME, "miner-3", "--yes")
    assert proposed.returncode == 0, proposed.stderr
    assert proposed.stderr.splitlines()[-1] == "miner-3 signs."
    until("its first block", lambda: account(late) in {late.signer(number) for number in range(top, late.height + 1)})
    network.agree()
    assert [(node.task, node.processes["node"].pid) for node in network.running if node is not late] == running


def test_no_miners_disk_has_its_key(network: Network) -> None:
    for miner in network.miners:
        forms = (key_of(miner.task).encode(), bytes.fromhex(key_of(miner.task)))
        files = [path for path in miner.disk.rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if any(form in path.read_bytes() for form in forms)]
        assert not list(miner.disk.rglob("keystore/*"))


def test_the_data_of_another_genesis_goes_and_the_node_begins_anew(network: Network) -> None:
    node, ours, old = network["passive-1"], network.release, network["passive-1"].data
    node.end()
    network.up(ours.again(miners=4, reset_generation=1))
    assert network.release.genesis_hash != ours.genesis_hash
    node.start()
    first = until("the first block", lambda: node.block(0))
    assert first["hash"] == network.release.genesis_hash
    assert node.data.exists()
    assert not old.exists()
    node.end()
    network.up(ours)


def test_a_clean_start_begins_with_nothing_though_there_is_a_backup(network: Network) -> None:
    node = network["passive-0"]
    node.end()
    asked_by = node.disk / "clean-start"
    asked_by.touch()
    node.start()
    assert node.begun_at == 0
    assert not asked_by.exists()


def test_an_emptied_node_begins_with_the_latest_backup(network: Network) -> None:
    node = network["passive-1"]
    shutil.rmtree(node.disk)
    node.start()
    height = int(re.findall(r"restored backup \S+: height (\d+)", node.log("restore"))[-1])
    assert node.begun_at >= height > 0  # a block may come between the look and the stop


def test_in_the_end_all_have_one_chain(network: Network) -> None:
    assert {"passive-0", "passive-1", "miner-3"} <= {node.task for node in network.running}
    network.agree()
