"""`chain_tools exporter`, asked by a scrape, against nodes that answer as the test says."""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from eth_keys.datatypes import PrivateKey
from prometheus_client import CollectorRegistry, generate_latest
from typer.testing import CliRunner

from chain_tools.__main__ import application
from chain_tools.exporter import miners, watch
from chain_tools.exporter.metrics import COUNTERS, GAUGES, LABELS
from chain_tools.exporter.miners import SEAL, VANITY, Mined, maker, seal_hash
from chain_tools.exporter.probes import Answers, Balance, EthereumNode, Probe, RollupNode, Target
from chain_tools.exporter.tendermint import Tendermint

DOCS = Path(__file__).parents[3] / "docs/services/chain-exporter.md"
URL = "http://node.invalid:8545"
OURS, OTHERS = "AA" * 20, "BB" * 20
HASHES = ("parentHash", "sha3Uncles", "stateRoot", "transactionsRoot", "receiptsRoot", "mixHash")
NUMBERS = ("number", "difficulty", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas")
BLOCK = {
    **dict.fromkeys(HASHES, "0x" + "00" * 32),
    **dict.fromkeys(NUMBERS, "0x0"),
    "miner": "0x" + "00" * 20,
    "logsBloom": "0x" + "00" * 256,
    "nonce": "0x" + "00" * 8,
    "extraData": "0x" + "00" * (VANITY + SEAL),
}
"""The header of go-ethereum's own test of a seal's hash, as the RPC tells it."""

Answer = Callable[[httpx2.Request], httpx2.Response]


def rpc(**results: Any) -> Answer:
    """A node of Ethereum's: a method's result, or what makes one of the parameters."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked = json.loads(request.content)
        result = results[asked["method"]]
        return httpx2.Response(200, json={"result": result(*asked["params"]) if callable(result) else result})

    return answer


@pytest.fixture
def scrape(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What Prometheus reads after the probes asked some nodes, a number of times."""

    def run(probes: Sequence[Probe], answer: Answer, times: int = 1, interval: float = 5) -> str:
        monkeypatch.setattr(watch, "client", lambda: httpx2.AsyncClient(transport=httpx2.MockTransport(answer)))
        watching = watch.Watch(probes, interval)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(watching)

        async def rounds() -> None:
            async with watch.client() as http:
                for _ in range(times):
                    for probe in probes:
                        watching._readings[probe.name] = await watching._ask(probe, http)

        asyncio.run(rounds())
        return generate_latest(registry).decode()

    return run


def test_a_balance_is_told_in_the_chains_own_coin(scrape: Callable[..., str]) -> None:
    shown = scrape([Balance("sequencer", "0x01", Target(URL))], rpc(eth_getBalance=hex(25 * 10**17)))
    assert 'nodeyard_account_balance_ether{address="0x01",probe="sequencer"} 2.5' in shown
    assert 'nodeyard_probe_success{probe="sequencer"} 1.0' in shown


def test_a_secret_url_is_read_from_its_file_each_time(scrape: Callable[..., str], tmp_path: Path) -> None:
    file = tmp_path / "l1RpcEndpoint"
    file.write_text("https://l1.invalid/key\n")
    asked = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        file.write_text("https://l1.invalid/new")
        return rpc(eth_getBalance="0x0")(request)

    scrape([Balance("l1", "0x01", Target(str(file)))], answer, times=2)
    assert asked == ["https://l1.invalid/key", "https://l1.invalid/new"]


def test_of_a_node_head_age_and_peers_are_told(scrape: Callable[..., str]) -> None:
    then = int((datetime.now(UTC) - timedelta(seconds=90)).timestamp())
    block = {"number": "0x10", "timestamp": hex(then)}
    shown = scrape([EthereumNode("n", Target(URL))], rpc(eth_getBlockByNumber=block, net_peerCount="0x3"))
    assert 'nodeyard_head_block_number{probe="n"} 16.0' in shown
    assert 'nodeyard_peers{probe="n"} 3.0' in shown
    [age] = re.findall(r'nodeyard_head_block_age_seconds{probe="n"} ([\d.]+)', shown)
    assert 90 <= float(age) < 100


@pytest.mark.parametrize("syncing", [True, False])
def test_a_rollups_node_says_whether_it_syncs(scrape: Callable[..., str], syncing: bool) -> None:
    block = {"number": "0x10", "timestamp": "0x0"}
    node = rpc(rollup_getInfo={"syncing": syncing}, eth_getBlockByNumber=block, net_peerCount="0x0")
    shown = scrape([RollupNode("l2geth", Target(URL))], node)
    assert f'nodeyard_syncing{{probe="l2geth"}} {float(syncing)}' in shown
    assert 'nodeyard_head_block_number{probe="l2geth"} 16.0' in shown


@pytest.mark.parametrize(("status", "success"), [(200, 1.0), (503, 0.0)])
def test_an_answer_counts_unless_it_is_an_error(scrape: Callable[..., str], status: int, success: float) -> None:
    shown = scrape([Answers("bridge", Target(URL))], lambda _: httpx2.Response(status))
    assert f'nodeyard_probe_success{{probe="bridge"}} {success}' in shown


@pytest.mark.parametrize(
    "answer", [httpx2.Response(500), httpx2.Response(200, text="<html>"), httpx2.Response(200, json={"error": {}})]
)
def test_a_probe_that_fails_tells_that_and_no_old_value(
    scrape: Callable[..., str], answer: httpx2.Response, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "https://l1.invalid/key"
    answers = iter([rpc(eth_getBalance="0x1"), lambda _: answer])
    shown = scrape([Balance("l1", "0x01", Target(secret))], lambda request: next(answers)(request), times=2)
    assert shown.splitlines()[-1] == 'nodeyard_probe_success{probe="l1"} 0.0'
    assert "balance" not in shown
    assert "l1 does not answer" in caplog.text
    assert "key" not in caplog.text


def test_a_node_that_hangs_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "hangs.invalid":
            await asyncio.sleep(60)
        return httpx2.Response(200)

    monkeypatch.setattr(watch, "client", lambda: httpx2.AsyncClient(transport=httpx2.MockTransport(answer)))
    probes = [Answers("hangs", Target("http://hangs.invalid")), Answers("answers", Target("http://answers.invalid"))]
    watching = watch.Watch(probes, 0.3)

    async def a_while() -> None:
        running = asyncio.ensure_future(watching.run())
        await asyncio.sleep(1)
        running.cancel()

    asyncio.run(a_while())
    shown = {s.labels["probe"]: s.value for family in watching.collect() for s in family.samples}
    assert shown == {"hangs": 0, "answers": 1}


# --- who signs --------------------------------------------------------------------------------------------------------


class Chain:
    """A Tendermint node. Its validators sign each block, but for those that `without` says."""

    def __init__(self, without: set[int], power: int = 10) -> None:
        self.height, self.without, self.power = 100, without, power

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        match request.url.path:
            case "/status":
                self.height += 5
                result: Any = {
                    "sync_info": {
                        "latest_block_height": str(self.height),
                        "latest_block_time": "2026-01-01T00:00:00.123456789Z",
                        "catching_up": False,
                    },
                    "validator_info": {"address": OURS, "voting_power": str(self.power)},
                }
            case "/net_info":
                result = {"n_peers": "4"}
            case _:
                height = int(request.url.params["height"])
                ours = None if height in self.without else {"validator_address": OURS}
                precommits = [{"validator_address": OTHERS}, ours]
                result = {"signed_header": {"commit": {"precommits": precommits}}}
        return httpx2.Response(200, json={"result": result})


def counted(shown: str) -> tuple[float, float]:
    values = {kind: re.findall(rf"nodeyard_{kind}_blocks_total{{.*}} ([\d.]+)", shown) for kind in ("signed", "missed")}
    [signed], [missed] = values["signed"], values["missed"]
    return float(signed), float(missed)


def test_each_block_that_is_finished_is_counted_once_as_signed_or_missed(scrape: Callable[..., str]) -> None:
    shown = scrape([Tendermint("themis", Target(URL))], Chain(without={106, 107}), times=3)
    # From the block below the first one seen (104) to the one below the newest (114).
    assert counted(shown) == (8, 2)
    assert 'nodeyard_peers{probe="themis"} 4.0' in shown
    assert 'nodeyard_voting_power{probe="themis"} 10.0' in shown
    assert 'nodeyard_syncing{probe="themis"} 0.0' in shown


def test_a_key_that_is_no_validators_misses_nothing(scrape: Callable[..., str]) -> None:
    assert counted(scrape([Tendermint("t", Target(URL))], Chain(set(range(200)), power=0), times=3)) == (0, 0)


def test_blocks_from_before_the_key_came_into_the_set_are_not_missed(scrape: Callable[..., str]) -> None:
    chain, probe = Chain(without=set(range(110)), power=0), Tendermint("t", Target(URL))
    scrape([probe], chain)
    chain.power = 10
    assert counted(scrape([probe], chain, times=2)) == (5, 0)


# --- who mines --------------------------------------------------------------------------------------------------------


def sealed(key: PrivateKey, number: int) -> dict[str, str]:
    block = {**BLOCK, "number": hex(number)}
    seal = key.sign_msg_hash(seal_hash(block)).to_bytes()
    return {**block, "extraData": block["extraData"][: -2 * SEAL] + seal.hex()}


def test_a_seals_hash_is_that_of_go_ethereums_own_test() -> None:
    """TestSealHash of go-ethereum v1.10.26, consensus/clique/clique_test.go."""
    assert seal_hash(BLOCK).hex() == "bd3d1fa43fbc4c5bfcc91b179ec92e2861df3654de60468beb908ff805359e8f"


def test_a_header_from_before_the_london_fork_has_no_base_fee() -> None:
    before = {name: value for name, value in BLOCK.items() if name != "baseFeePerGas"}
    assert seal_hash(before) == seal_hash({**BLOCK, "baseFeePerGas": None}) != seal_hash(BLOCK)


def test_the_maker_is_who_sealed_the_header_or_the_coinbase_where_nobody_sealed() -> None:
    key = PrivateKey(b"\x01" * 32)
    assert maker(sealed(key, 7)) == key.public_key.to_address()
    assert maker({**BLOCK, "extraData": "0x", "miner": "0x" + "AB" * 20}) == "0x" + "ab" * 20


def test_blocks_are_counted_by_name_and_a_miner_without_one_has_a_series_too(scrape: Callable[..., str]) -> None:
    one, two = PrivateKey(b"\x01" * 32), PrivateKey(b"\x02" * 32)
    heads = iter(["0x5", "0x7", "0x8"])
    node = rpc(
        eth_blockNumber=lambda: next(heads),
        eth_getBlockByNumber=lambda number, _: sealed(two if int(number, 16) == 8 else one, int(number, 16)),
    )
    names = {one.public_key.to_address(): "miner-0", "0x" + "00" * 20: "miner-1"}
    shown = scrape([Mined("chain", Target(URL), names)], node, times=3)
    made = dict(re.findall(r'nodeyard_mined_blocks_total{miner="(\S+)",probe="chain"} ([\d.]+)', shown))
    assert made == {"miner-0": "2.0", "miner-1": "0.0", two.public_key.to_address(): "1.0"}


def test_after_a_pause_no_more_blocks_are_asked_for_than_one_reading_may(scrape: Callable[..., str]) -> None:
    heads, asked = iter(["0x0", "0x1000"]), []

    def block(number: str, _: bool) -> dict[str, str]:
        asked.append(int(number, 16))
        return {**BLOCK, "extraData": "0x"}

    scrape([Mined("chain", Target(URL))], rpc(eth_blockNumber=lambda: next(heads), eth_getBlockByNumber=block), times=2)
    assert asked == list(range(0x1000 - miners.MOST + 1, 0x1001))


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Nothing is asked for"),
        (["--node", "http://node.invalid"], "--node"),
        (["--node", "n=ftp://node.invalid"], "--node"),
        (["--eth-balance", "a=0x01@http://node.invalid"], "--eth-balance"),
        (["--miner", "miner-0=me", "--mined", f"chain={URL}"], "--miner"),
        (["--node", f"n={URL}", "--answers", f"n={URL}"], "Two probes have one name: n"),
    ],
)
def test_an_option_that_cannot_be_read_is_refused_by_name(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(application, ["exporter", *arguments])
    assert result.exit_code == 2
    assert said in result.output


def test_every_metric_is_documented_with_its_labels() -> None:
    page = DOCS.read_text()
    rows = dict(re.findall(r"^\| `(nodeyard_\w+)` \| (.*) \|$", page, re.M))
    assert set(rows) == {*GAUGES, *(f"{name}_total" for name in COUNTERS)}
    for name, labels in LABELS.items():
        assert all(f"`{label}`" in rows.get(name, rows.get(f"{name}_total", "")) for label in labels)
