"""What each client of a network is told. Real nodes read it in tests/network."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from eth_keys import keys as eth_keys

from nodeyard.mantis_cluster import clients
from nodeyard.mantis_cluster.clients import core_geth
from nodeyard.mantis_cluster.clients.contract import (
    Bootstrap,
    Chain,
    ClientName,
    Consensus,
    GenesisPlan,
    Node,
    Ports,
    Rendered,
    Role,
)

KEYS = [eth_keys.PrivateKey(bytes([number]) * 32) for number in range(1, 4)]
ADDRESSES = [key.public_key.to_address() for key in KEYS]
MINER = Node(name="miner-0", role=Role.MINER, address=ADDRESSES[0])
PASSIVE = Node(name="passive-0", role=Role.PASSIVE)

every_client = pytest.mark.parametrize("name", list(ClientName))


def plan(consensus: Consensus = Consensus.CLIQUE, **changes: Any) -> GenesisPlan:
    usual: dict[str, Any] = {
        "chain_id": 42,
        "consensus": consensus,
        "period": 5,
        "gas_limit": 8_000_000,
        "difficulty": 0xF4240,
        "signers": ADDRESSES,
        "alloc": dict.fromkeys(ADDRESSES, 2**200),
    }
    return GenesisPlan(**(usual | changes))


def chain(name: ClientName, miners: int = 3) -> Chain:
    client = clients.of(name)
    return Chain(
        name="mantis-testnet",
        chain_id=42,
        consensus=client.CONSENSUS[0],
        genesis=client.genesis(plan(client.CONSENSUS[0])),
        bootstrap=[
            Bootstrap(
                name=f"miner-{n}", public_id=key.public_key.to_bytes().hex(), host=f"miner-{n}.mantis-testnet.svc"
            )
            for n, key in enumerate(KEYS[:miners])
        ],
        checkpoint_keys=["ab" * 64],
        rpc_apis=client.RPC_APIS,
    )


def told(arguments: Rendered, flag: str) -> str:
    """The word after a flag."""
    return arguments.arguments[arguments.arguments.index(flag) + 1]


def mantis_conf(rendered: Rendered) -> dict[str, Any]:
    """What is laid over upstream's configuration."""
    include, _, ours = rendered.files["mantis.conf"].partition('\n\n"mantis": ')
    assert include == 'include required(classpath("conf/testnet-internal-nomad.conf"))'
    found: dict[str, Any] = json.loads(ours)
    return found


@every_client
def test_a_client_is_found_by_its_name(name: ClientName) -> None:
    assert clients.of(name).NAME is name


@every_client
def test_the_same_plan_gives_the_same_genesis_whatever_the_order_of_its_miners(name: ClientName) -> None:
    client = clients.of(name)
    turned = plan(signers=ADDRESSES[::-1], alloc=dict.fromkeys(ADDRESSES[::-1], 2**200))
    assert client.genesis(plan()) == client.genesis(turned)


@every_client
@pytest.mark.parametrize("change", [{"gas_limit": 9_000_000}, {"alloc": {ADDRESSES[0]: 1}}, {"generation": 1}])
def test_another_plan_has_another_hash(name: ClientName, change: dict[str, Any]) -> None:
    client = clients.of(name)
    hashes = {client.genesis_hash(client.genesis(plan(client.CONSENSUS[0], **given))) for given in ({}, change)}
    assert len(hashes) == 2


@every_client
def test_no_api_that_tells_or_changes_what_no_stranger_may_is_on_by_itself(name: ClientName) -> None:
    client = clients.of(name)
    assert not {*client.RPC_APIS} & {*client.UNSAFE_RPC_APIS}
    assert not {*client.RPC_APIS} & {"admin", "clique", "debug", "miner", "personal", "qa"}


def test_a_node_is_dialled_by_an_enode() -> None:
    there = Bootstrap(name="miner-0", public_id="ab" * 64, host="203.0.113.9")
    assert there.enode == f"enode://{'ab' * 64}@203.0.113.9:9076?discport=30303"
    same = Bootstrap(name="miner-0", public_id="ab" * 64, host="203.0.113.9", ports=Ports(p2p=30303))
    assert same.enode == f"enode://{'ab' * 64}@203.0.113.9:30303"


# --- core-geth ---


def test_clique_has_its_signers_in_the_first_block() -> None:
    genesis = json.loads(core_geth.genesis(plan()))
    signers = "".join(sorted(address.removeprefix("0x") for address in ADDRESSES))
    assert genesis["extraData"] == "0x" + "00" * 32 + signers + "00" * 65
    assert genesis["config"]["clique"] == {"period": 5, "epoch": 30000}
    assert genesis["difficulty"] == "0x1"
    assert "ethash" not in genesis["config"]


def test_ethash_has_no_signers_and_the_difficulty_that_was_asked_for() -> None:
    genesis = json.loads(core_geth.genesis(plan(Consensus.ETHASH)))
    assert genesis["extraData"] == "0x"
    assert genesis["difficulty"] == hex(0xF4240)
    assert genesis["config"]["ethash"] == {}
    assert "clique" not in genesis["config"]


def test_a_later_miner_is_told_what_the_first_ones_are() -> None:
    network = chain(ClientName.CORE_GETH)
    later = core_geth.node(network, Node(name="miner-7", role=Role.MINER, address=ADDRESSES[2]))
    assert later.files == core_geth.node(network, MINER).files


def test_a_geth_miner_answers_no_rpc_over_the_network_and_no_other_node_has_an_account() -> None:
    network = chain(ClientName.CORE_GETH)
    miner, passive = core_geth.node(network, MINER), core_geth.node(network, PASSIVE)
    assert not [word for word in miner.arguments if word.startswith(("--http", "--ws", "--graphql"))]
    assert told(miner, "--unlock") == told(miner, "--miner.etherbase") == ADDRESSES[0]
    assert told(passive, "--http.api") == "eth,net,web3"
    assert "--unlock" not in passive.arguments


@pytest.mark.parametrize(("miners", "others"), [(1, "0\n"), (2, "1\n"), (3, "1\n")])
def test_a_geth_miner_waits_until_more_than_half_of_the_first_ones_are_there(miners: int, others: str) -> None:
    network = chain(ClientName.CORE_GETH, miners)
    assert core_geth.node(network, MINER).files["peers-before-mining"] == others
    assert "peers-before-mining" not in core_geth.node(network, PASSIVE).files


def test_a_geth_miner_keeps_the_gas_limit_of_the_genesis() -> None:
    assert told(core_geth.node(chain(ClientName.CORE_GETH), MINER), "--miner.gaslimit") == "8000000"


def test_a_geth_node_listens_where_it_is_told_to_and_dials_the_first_miners() -> None:
    network = chain(ClientName.CORE_GETH)
    node = Node(name="passive-0", role=Role.PASSIVE, listen="127.0.0.7", rpc_listen="127.0.0.8", ports=Ports(rpc=1))
    rendered = core_geth.node(network, node)
    enodes = [miner.enode for miner in network.bootstrap]
    assert tomllib.loads(rendered.files["config.toml"])["Node"]["P2P"] == {
        "ListenAddr": "127.0.0.7:9076",
        "DiscAddr": "127.0.0.7:30303",
        "BootstrapNodes": enodes,
        "StaticNodes": enodes,
    }
    assert (told(rendered, "--http.addr"), told(rendered, "--http.port")) == ("127.0.0.8", "1")
    assert (told(rendered, "--metrics.addr"), told(rendered, "--metrics.port")) == ("127.0.0.7", "13798")


# --- Mantis ---

UPSTREAMS_KEYS = {
    "client-identity",
    "metrics.enabled",
    "metrics.port",
    "mining.coinbase",
    "mining.mining-enabled",
    "mining.protocol",
    "network.automatic-port-forwarding",
    "network.discovery.discovery-enabled",
    "network.discovery.interface",
    "network.discovery.port",
    "network.rpc.apis",
    "network.rpc.http.cors-allowed-origins",
    "network.rpc.http.interface",
    "network.rpc.http.port",
    "network.server-address.interface",
    "network.server-address.port",
    *(
        f"blockchains.testnet-internal-nomad.{key}"
        for key in (
            "allowed-miners",
            "bootstrap-nodes",
            "chain-id",
            "checkpoint-public-keys",
            "custom-genesis-file",
            "network-id",
        )
    ),
}
"""Those of `conf/base.conf`, `conf/metrics.conf` and `conf/chains/testnet-internal-nomad-chain.conf` that are set."""


def flat(config: dict[str, Any], path: str = "") -> dict[str, Any]:
    if not isinstance(config, dict):
        return {path[1:]: config}
    return {key: value for name, below in config.items() for key, value in flat(below, f"{path}.{name}").items()}


def test_mantis_is_told_nothing_that_upstream_has_no_key_for() -> None:
    assert set(flat(mantis_conf(clients.of(ClientName.MANTIS).node(chain(ClientName.MANTIS), MINER)))) == UPSTREAMS_KEYS


def test_a_mantis_miner_mines_for_its_own_account_and_a_passive_node_does_not_mine() -> None:
    client, network = clients.of(ClientName.MANTIS), chain(ClientName.MANTIS)
    miner, passive = (mantis_conf(client.node(network, node))["mining"] for node in (MINER, PASSIVE))
    assert miner == {"protocol": "pow", "mining-enabled": True, "coinbase": ADDRESSES[0].removeprefix("0x")}
    assert passive == {"protocol": "pow", "mining-enabled": False}


def test_mantis_is_told_the_network_and_its_checkpoint_nodes() -> None:
    network = chain(ClientName.MANTIS)
    conf = flat(mantis_conf(clients.of(ClientName.MANTIS).node(network, PASSIVE)))
    ours = "blockchains.testnet-internal-nomad"
    assert conf[f"{ours}.bootstrap-nodes"] == [miner.enode for miner in network.bootstrap]
    assert conf[f"{ours}.checkpoint-public-keys"] == ["ab" * 64]
    assert (conf[f"{ours}.chain-id"], conf[f"{ours}.network-id"]) == ("42", 42)
    assert conf["network.rpc.apis"] == "eth,net,web3,mantis,checkpointing"
    assert conf["network.automatic-port-forwarding"] is False
    assert conf["metrics.enabled"] is True


def test_the_rpc_api_of_mantis_may_listen_on_an_address_of_its_own() -> None:
    node = Node(name="miner-0", role=Role.MINER, address=ADDRESSES[0], rpc_listen="127.0.0.1")
    conf = flat(mantis_conf(clients.of(ClientName.MANTIS).node(chain(ClientName.MANTIS), node)))
    assert conf["network.rpc.http.interface"] == "127.0.0.1"
    assert conf["network.server-address.interface"] == "0.0.0.0"


def test_the_genesis_of_mantis_is_upstreams_own_but_for_the_accounts() -> None:
    genesis = json.loads(clients.of(ClientName.MANTIS).genesis(plan(Consensus.ETHASH, gas_limit=0x7A1200)))
    alloc = genesis.pop("alloc")
    assert {key: int(value, 16) for key, value in genesis.items()} == {
        "extraData": 0,
        "nonce": 0x42,
        "gasLimit": 0x7A1200,
        "difficulty": 0xF4240,
        "timestamp": 0x5FA34080,
        "coinbase": 0,
        "mixHash": 0,
    }
    assert set(alloc) == {address.removeprefix("0x") for address in ADDRESSES}
    assert {account["balance"] for account in alloc.values()} == {str(2**200)}
