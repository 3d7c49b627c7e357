"""`nodeyard mantis`: the map, joining, keys by hand, upgrades and votes; kubectl is a stand-in."""

import json
import stat
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from eth_keys.datatypes import PrivateKey
from typer.testing import Result

from nodeyard.mantis_cluster import clients
from nodeyard.mantis_cluster.clients.contract import ClientName, Consensus, GenesisPlan
from ops.mantis import heads, votes
from ops.workloads import rolling
from tests.ops.harness import Command, aws_stack, parts, told
from tests.ops.tasks_cluster import (
    NAMESPACE,
    RELEASE,
    changes,
    cluster,
    cron_job,
    labels,
    network,
    pod,
    stateful_set,
    write,
)

STACK = "mantis-testnet"
CLIENT = clients.of(ClientName.CORE_GETH)
KEYS = [PrivateKey(bytes([number] * 32)) for number in (1, 2, 3)]
ADDRESSES = [key.public_key.to_address() for key in KEYS]
PLAN = GenesisPlan(
    chain_id=61001,
    consensus=Consensus.CLIQUE,
    period=5,
    gas_limit=8_000_000,
    difficulty=1,
    signers=ADDRESSES[:2],
    alloc={ADDRESSES[0]: 10**18},
)
GENESIS = CLIENT.genesis(PLAN)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(votes, "_LOOK_SECONDS", 0.01)


def miner(number: int, **more: Any) -> dict[str, Any]:
    host = f"miner-{number}.{RELEASE}.svc"
    enode = f"enode://{KEYS[number].public_key.to_hex()[2:]}@{host}:9076?discport=30303"
    return {"role": "miner", "pod": f"miner-{number}-0", "address": ADDRESSES[number], "enode": enode, **more}


def deploy(nodeyard: Command, **outputs: Any) -> None:
    tasks = {f"miner-{number}": miner(number) for number in range(3)} | {"passive-0": {"role": "passive"}}
    known = {
        "component": "mantis_cluster",
        "client": "core-geth",
        "chainId": 61001,
        "genesisHash": CLIENT.genesis_hash(GENESIS),
        "genesisMiners": 2,
        "public": False,
        "namespace": NAMESPACE,
        "release": RELEASE,
        "tasks": tasks,
    }
    nodeyard.deploy(STACK, **aws_stack(**{**known, **outputs}))


def genesis_map(text: str = GENESIS) -> dict[str, Any]:
    metadata = {"name": f"{RELEASE}-chain", "namespace": NAMESPACE, "labels": labels("chain")}
    return {"kind": "ConfigMap", "metadata": metadata, "data": {"genesis.json": text}}


# --- its status ---


def says(number: int, age: int = 3, peers: int = 2, syncing: bool = False) -> str:
    """What core-geth's console prints of a text."""
    head = {"block": number, "time": int(time.time()) - age, "peers": peers, "syncing": syncing}
    return json.dumps(json.dumps(head))


def status(nodeyard: Command, **told_of: str) -> tuple[Result, dict[str, dict[str, Any]]]:
    found = {f"{name.replace('_', '-')}-0": {heads._ASK: said} for name, said in told_of.items()}
    (nodeyard.directory / "cluster.json").write_text(json.dumps({**cluster(nodeyard), "says": found}))
    result = nodeyard("status", STACK, "--json")
    assert result.stdout, result.stderr
    return result, {each["part"]: each for each in parts(result)}


def test_each_tasks_addresses_are_those_of_this_moment(nodeyard: Command) -> None:
    deploy(nodeyard, tasks={"miner-0": miner(0, publicAddress="198.51.100.7"), "passive-0": {"role": "passive"}})
    balancer = {
        "kind": "Service",
        "metadata": {"name": "miner-1-p2p", "namespace": NAMESPACE, "labels": labels("miner-1-p2p")},
        "spec": {"type": "LoadBalancer"},
        "status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.8"}]}},
    }
    machine = {
        "kind": "Node",
        "metadata": {"name": "machine-of-passive-0"},
        "status": {"addresses": [{"type": "ExternalIP", "address": "198.51.100.9"}]},
    }
    write(nodeyard, *network("miner-0", "miner-1", "passive-0"), stateful_set("miner-2", replicas=0), balancer, machine)
    result, found = status(nodeyard, miner_0=says(100), passive_0=says(99))
    assert {name: each["where"]["publicAddress"] for name, each in found.items()} == {
        "miner-0": "198.51.100.7",
        "miner-1": "198.51.100.8",
        "miner-2": None,
        "passive-0": "198.51.100.9",
    }
    first = found["miner-0"]
    assert first["where"] | {"role": first["role"]} == {
        "pod": "miner-0-0",
        "machine": "machine-of-miner-0",
        "address": "10.0.0.7",
        "publicAddress": "198.51.100.7",
        "role": "miner",
    }
    assert (first["height"], first["lag"], found["passive-0"]["lag"], first["peers"]) == (100, 0, 1, 2)
    assert (result.exit_code, found["miner-2"]["problems"]) == (1, ["it is stopped"])


def test_a_network_is_well_while_its_nodes_are_together(nodeyard: Command) -> None:
    deploy(nodeyard)
    write(nodeyard, *network("miner-0", "passive-0"))
    result, _ = status(nodeyard, miner_0=says(100), passive_0=says(100))
    assert result.exit_code == 0, result.stdout
    result, found = status(nodeyard, miner_0=says(100, age=400), passive_0=says(50, peers=0))
    assert (result.exit_code, found["miner-0"]["state"]) == (1, "unhealthy")
    assert found["miner-0"]["problems"][0].startswith("its newest block is 40")
    assert found["passive-0"]["problems"] == ["it has no peers", "it is 50 blocks behind"]


def test_a_node_that_catches_up_is_no_fault_and_one_that_says_something_else_is(nodeyard: Command) -> None:
    deploy(nodeyard)
    write(nodeyard, *network("miner-0", "passive-0"))
    result, found = status(nodeyard, miner_0=says(100), passive_0=says(2, age=9000, syncing=True))
    assert (result.exit_code, found["passive-0"]["state"]) == (1, "syncing")
    result, found = status(nodeyard, miner_0="Fatal: unable to attach", passive_0=says(2))
    assert (result.exit_code, found["miner-0"]["problems"]) == (1, ["core-geth's console did not say how far it is"])


def test_what_is_beside_the_chain_is_not_asked_how_far_it_is(nodeyard: Command) -> None:
    """The explorer has no console, and the node of a backup is behind for as long as its run lasts."""
    beside = {name: {"role": name} for name in ("explorer", "backup")}
    deploy(nodeyard, tasks={"miner-0": miner(0), **beside})
    write(nodeyard, *network("miner-0", "explorer"), cron_job("backup"), pod("backup-1-abc", "backup"))
    result, found = status(nodeyard, miner_0=says(100), explorer="sh: geth: not found", backup=says(5, peers=0))
    assert (result.exit_code, found["explorer"]["state"], found["backup"]["state"]) == (0, "healthy", "healthy")
    asked = [call[1] for call in nodeyard.calls("kubectl") if call[0] == "exec"]
    assert asked == ["pod/miner-0-0"]


def test_whoever_may_not_look_at_machines_is_told_so(nodeyard: Command) -> None:
    deploy(nodeyard, client="mantis")
    write(nodeyard, *network("miner-0"), forbidden=["nodes"])
    result = nodeyard("status", STACK)
    assert (result.exit_code, "nodes: kubectl get nodes failed" in result.stderr) == (0, True)


# --- joining ---


def test_a_node_joins_a_public_network_by_the_miners_of_its_genesis(nodeyard: Command, tmp_path: Path) -> None:
    deploy(
        nodeyard,
        public=True,
        genesisMiners=1,
        tasks={
            "miner-0": miner(0, enode=f"enode://{'ab' * 64}@198.51.100.7:9076?discport=30303"),
            "miner-1": miner(1),  # it came after the genesis, and has no public address
        },
    )
    write(nodeyard, genesis_map())
    result = nodeyard("mantis", "join", STACK, "--out", str(tmp_path / "node"))
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "node/genesis.json").read_text() == GENESIS
    config = tomllib.loads((tmp_path / "node/config.toml").read_text())["Node"]["P2P"]
    assert config["BootstrapNodes"] == [f"enode://{'ab' * 64}@198.51.100.7:9076?discport=30303"]
    init, run = result.stdout.splitlines()
    assert init == f"geth --datadir {tmp_path}/node/data init {tmp_path}/node/genesis.json"
    assert "--networkid 61001" in run
    assert "--http.addr 127.0.0.1" in run
    again = nodeyard("mantis", "join", STACK, "--out", str(tmp_path / "node"))
    assert (again.exit_code, "has genesis.json, config.toml already" in again.stderr) == (2, True)


def test_an_internal_network_is_joined_through_kubectl_alone(nodeyard: Command, tmp_path: Path) -> None:
    deploy(nodeyard)
    write(nodeyard, genesis_map())
    refused = nodeyard("mantis", "join", STACK)
    assert (refused.exit_code, "mantis-testnet is internal" in refused.stderr) == (2, True)
    result = nodeyard("mantis", "join", STACK, "--port-forward", "--out", str(tmp_path / "node"))
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[:2] == [
        "kubectl port-forward service/miner-0 --namespace mantis-testnet 19076:9076 &",
        "kubectl port-forward service/miner-1 --namespace mantis-testnet 19077:9076 &",
    ]
    config = tomllib.loads((tmp_path / "node/config.toml").read_text())["Node"]["P2P"]
    dialled = [f"enode://{KEYS[number].public_key.to_hex()[2:]}@127.0.0.1:{19076 + number}" for number in range(2)]
    assert (config["StaticNodes"], config["ListenAddr"]) == (dialled, "127.0.0.1:9076")


def test_a_genesis_of_another_network_is_refused(nodeyard: Command, tmp_path: Path) -> None:
    deploy(nodeyard, public=True)
    write(nodeyard, genesis_map(GENESIS.replace('"gasLimit": "0x7a1200"', '"gasLimit": "0x7a1201"')))
    words = ("mantis", "join", STACK, "--out", str(tmp_path / "node"))
    other = nodeyard(*words)
    assert (other.exit_code, "The genesis is another network's" in other.stderr) == (1, True)
    write(nodeyard)
    gone = nodeyard(*words)
    assert (gone.exit_code, "There is no genesis in namespace mantis-testnet" in gone.stderr) == (1, True)
    (tmp_path / "given.json").write_text("{}")
    none = nodeyard(*words, "--genesis", str(tmp_path / "given.json"))
    assert (none.exit_code, "That is no genesis." in none.stderr) == (1, True)
    assert not (tmp_path / "node").exists()


# --- keys ---


def generate(nodeyard: Command, out: Path, *words: str) -> Any:
    return nodeyard("mantis", "keys", "generate", STACK, *words, "--out", str(out))


def test_keys_are_files_of_their_owner_and_what_is_printed_follows_from_them(nodeyard: Command, tmp_path: Path) -> None:
    result = generate(nodeyard, tmp_path / "keys", "2", "1")
    assert result.exit_code == 0, result.stderr
    found = told(result)
    assert [each["task"] for each in found] == ["miner-0", "miner-1", "obft-0"]
    for each in found:
        file = Path(each["file"])
        key = PrivateKey(bytes.fromhex(file.read_text().strip()))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert each["publicId"] == key.public_key.to_hex()[2:]
        assert each["coinbase"] == key.public_key.to_address()
        assert file.read_text().strip() not in result.output
    line = (
        f"pulumi config set --secret --path nodeyard:secrets.keys.miner-1 < {found[1]['file']} --stack mantis-testnet"
    )
    assert line in result.stderr.splitlines()


def test_keys_that_are_there_stay_until_they_are_overwritten_on_purpose(nodeyard: Command, tmp_path: Path) -> None:
    first = told(generate(nodeyard, tmp_path, "1", "0"))
    second = told(generate(nodeyard, tmp_path, "2", "0"))
    assert (second[0]["publicId"], second[0]["isNew"], second[1]["isNew"]) == (first[0]["publicId"], False, True)
    unasked = generate(nodeyard, tmp_path, "1", "0", "--overwrite")
    assert (unasked.exit_code, "has keys of miner-0" in unasked.stderr) == (2, True)
    third = told(generate(nodeyard, tmp_path, "1", "0", "--overwrite", "--yes"))
    assert third[0]["publicId"] != first[0]["publicId"]
    shown = told(generate(nodeyard, tmp_path, "1", "0", "--show-secrets"))
    assert shown[0]["key"] == (tmp_path / "miner-0.key").read_text().strip()


@pytest.mark.parametrize(("content", "said"), [("no key", "is no key"), ("0" * 64, "is no key")])
def test_a_file_without_a_key_is_refused(nodeyard: Command, tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "miner-0.key").write_text(content)
    result = generate(nodeyard, tmp_path, "1", "0")
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_a_network_is_named_as_a_namespace_is(nodeyard: Command, tmp_path: Path) -> None:
    result = nodeyard("mantis", "keys", "generate", "Testnet!", "1", "0", "--out", str(tmp_path))
    assert (result.exit_code, "is no name of a namespace" in result.stderr) == (2, True)


# --- upgrades ---


def released(*names: str) -> list[dict[str, Any]]:
    """Nodes whose pods run an older template."""
    return [each for name in names for each in (stateful_set(name, revision="new"), pod(f"{name}-0", name))]


def upgrade(nodeyard: Command, *words: str) -> Any:
    return nodeyard("mantis", "upgrade", STACK, "--stagger", "0", "--healthy-for", "0", *words)


def test_old_nodes_are_replaced_one_at_a_time_passive_ones_first(nodeyard: Command) -> None:
    deploy(nodeyard)
    write(nodeyard, *released("miner-0", "miner-10", "miner-9", "passive-0"), *network("passive-1"))
    dry = upgrade(nodeyard, "--dry-run")
    assert (dry.stdout, changes(nodeyard)) == ("1. passive-0\n2. miner-0\n3. miner-9\n4. miner-10\n", [])
    result = upgrade(nodeyard)
    assert (result.exit_code, "4 nodes were replaced." in result.stderr) == (0, True), result.stderr
    assert changes(nodeyard) == [f"delete pod/{name}-0" for name in ("passive-0", "miner-0", "miner-9", "miner-10")]
    assert "0 nodes were replaced." in upgrade(nodeyard).stderr
    assert len(changes(nodeyard)) == 4


def test_an_upgrade_stops_at_the_first_that_stays_down_and_waits_for_it_when_it_goes_on(nodeyard: Command) -> None:
    deploy(nodeyard)
    write(nodeyard, *released("miner-0", "miner-1"), heals=False)
    result = upgrade(nodeyard, "--deadline", "1")
    assert (result.exit_code, "miner-0 is not healthy after 1 seconds" in result.stderr) == (1, True)
    assert upgrade(nodeyard, "--deadline", "1").exit_code == 1
    assert changes(nodeyard) == ["delete pod/miner-0-0"]
    known = cluster(nodeyard)
    write(
        nodeyard,
        *[each for each in known["objects"] if each["metadata"]["name"] != "miner-0-0"],
        *network("miner-0")[1:],
    )
    healed = cluster(nodeyard)["objects"]
    for each in healed:
        if each["metadata"]["name"] == "miner-0-0":
            each["metadata"]["labels"]["controller-revision-hash"] = "new"
    write(nodeyard, *healed)
    assert upgrade(nodeyard).exit_code == 0
    assert changes(nodeyard) == ["delete pod/miner-0-0", "delete pod/miner-1-0"]


# --- votes ---


def console(*accounts: str) -> str:
    """What geth's console prints of `JSON.stringify(clique.getSigners())`."""
    return json.dumps(json.dumps(list(accounts)))


def asks(accounts: str) -> dict[str, str]:
    return {"JSON.stringify(clique.getSigners())": accounts}


def test_the_signers_that_run_vote_and_the_chain_decides(nodeyard: Command) -> None:
    deploy(nodeyard)
    says = {f"miner-{number}-0": asks(console(*ADDRESSES[:2])) for number in range(3)}
    write(nodeyard, *network("miner-0", "miner-1", "miner-2"), says=says)
    unasked = nodeyard("mantis", "propose", STACK, "miner-2")
    assert (unasked.exit_code, "All signers vote that miner-2" in unasked.stderr) == (2, True)
    result = nodeyard("mantis", "propose", STACK, "miner-2", "--yes", "--wait", "0")
    assert (result.exit_code, "The votes stand, and are not in blocks yet" in result.stderr) == (1, True)
    votes_ = [call for call in nodeyard.calls("kubectl") if any("clique.propose" in word for word in call)]
    assert [call[1] for call in votes_] == ["pod/miner-0-0", "pod/miner-1-0"]
    assert {call[-2] for call in votes_} == {f'clique.propose("{ADDRESSES[2]}", true)'}
    write(nodeyard, *network("miner-0", "miner-1", "miner-2"), says={"miner-0-0": asks(console(*ADDRESSES))})
    assert "miner-2 signs already." in nodeyard("mantis", "propose", STACK, "miner-2", "--yes").stderr


def test_nobody_votes_where_too_few_signers_run(nodeyard: Command) -> None:
    deploy(nodeyard)
    write(
        nodeyard,
        *network("miner-0"),
        stateful_set("miner-1", replicas=0),
        says={"miner-0-0": asks(console(*ADDRESSES[:2]))},
    )
    result = nodeyard("mantis", "propose", STACK, "miner-2", "--yes")
    assert (result.exit_code, "1 of 2 signers run: more than half have to vote" in result.stderr) == (1, True)
    assert not any("propose" in word for call in nodeyard.calls("kubectl") for word in call)


@pytest.mark.parametrize(
    ("outputs", "task", "said"),
    [
        ({}, "passive-0", "passive-0 is no miner of this stack. It has: miner-0, miner-1, miner-2."),
        ({"client": "mantis"}, "miner-2", "runs mantis, which has no votes"),
        ({"tasks": {"miner-0": {}}}, "miner-0", "tasks.miner-0.role: Field required"),
    ],
)
def test_votes_that_cannot_be(nodeyard: Command, outputs: dict[str, Any], task: str, said: str) -> None:
    deploy(nodeyard, **outputs)
    write(nodeyard, *network("miner-0"))
    result = nodeyard("mantis", "propose", STACK, task, "--yes")
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
