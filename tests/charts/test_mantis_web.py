"""Explorer and faucet of a network of the chart mantis."""

from __future__ import annotations

import json

import pytest

from tests.charts.mantis import NETWORK, Mantis, changed, rendered, sample
from tests.charts.policies import Pod

PORTS = {"explorer": 8080, "faucet": 8081}
CONTROLLER, WORLD = Pod("edge"), "203.0.113.9"


@pytest.fixture(scope="module")
def testnet() -> Mantis:
    return rendered()


@pytest.mark.parametrize("name", PORTS)
def test_it_asks_the_passive_nodes(name: str, testnet: Mantis) -> None:
    told = testnet.environment(name, name)
    assert told["RPC_URL"] == f"http://rpc.{NETWORK}.svc:8546"
    assert (told["NETWORK"], told["CHAIN_ID"], told["PORT"]) == (NETWORK, "1337", str(PORTS[name]))


def test_the_explorer_is_told_what_the_user_says_besides(testnet: Mantis) -> None:
    assert testnet.environment("explorer", "explorer")["EXPLORER_TITLE"] == "Testnet"


@pytest.mark.parametrize("name", PORTS)
def test_its_host_leads_to_its_port_with_tls(name: str, testnet: Mantis) -> None:
    ingress = testnet.of("Ingress")[f"{NETWORK}-{name}"]
    [rule] = ingress["spec"]["rules"]
    [path] = rule["http"]["paths"]
    service = testnet.of("Service")[path["backend"]["service"]["name"]]["spec"]
    [port] = service["ports"]
    assert path["backend"]["service"]["port"] == {"name": port["name"]}
    assert port["port"] == PORTS[name]
    assert service["selector"].items() <= testnet.labelled(name).labels.items()
    assert ingress["spec"]["tls"] == [{"hosts": [f"{name}.example.com"], "secretName": f"{name}-tls"}]


@pytest.mark.parametrize("name", PORTS)
def test_the_controller_of_its_ingress_alone_comes_in(name: str, testnet: Mantis) -> None:
    assert testnet.comes_in(name, PORTS[name], CONTROLLER)
    for stranger in (WORLD, Pod("wallets"), "miner-0", "passive-0", *PORTS):
        assert not testnet.comes_in(name, PORTS[name], stranger)
    assert not testnet.comes_in("miner-0", PORTS[name], CONTROLLER)
    closed = rendered(changed(f"{name}.ingress", None))
    assert not closed.comes_in(name, PORTS[name], CONTROLLER)
    assert f"{NETWORK}-{name}" not in closed.of("Ingress")


def test_the_faucet_gives_so_much_and_no_more_from_a_key_of_its_own(testnet: Mantis) -> None:
    told = testnet.environment("faucet", "faucet")
    assert (told["AMOUNT"], told["PER_ADDRESS"]) == ("1000000000000000000", "2000000000000000000")
    assert testnet.secret_class("faucet") == f"{NETWORK}-faucet"


def test_the_faucet_remembers_what_it_gave_and_is_never_there_twice(testnet: Mantis) -> None:
    deployment = testnet.of("Deployment")["faucet"]["spec"]
    assert deployment["replicas"] == 1
    assert deployment["strategy"] == {"type": "Recreate"}
    mounts = {one["mountPath"]: one["name"] for one in testnet.containers("faucet")["faucet"]["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in testnet.pod("faucet")["volumes"]}
    claim = volumes[mounts[testnet.environment("faucet", "faucet")["DATA_DIR"]]]["persistentVolumeClaim"]["claimName"]
    assert testnet.of("PersistentVolumeClaim")[claim]["spec"]["resources"]["requests"]["storage"] == "10Gi"


def test_the_explorer_has_neither_key_nor_disk(testnet: Mantis) -> None:
    assert "initContainers" not in testnet.pod("explorer")
    assert {volume["name"] for volume in testnet.pod("explorer")["volumes"]} == {"tmp"}


@pytest.mark.parametrize("name", PORTS)
def test_nobody_has_one_who_did_not_ask_for_it(name: str) -> None:
    network = rendered(changed(f"{name}.enabled", False))
    assert name not in network.templates
    assert f"{NETWORK}-{name}" not in json.dumps([item["metadata"] for item in network.objects])
    assert not {"explorer", "faucet"} & set(rendered(sample("public")).templates)
