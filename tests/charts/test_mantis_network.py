"""Who reaches whom in a network of the chart mantis, and how the world reaches the miners of a public one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.harness import COMMON_FILES, Values
from tests.charts.mantis import (
    DISCOVERY,
    METRICS,
    NETWORK,
    P2P,
    RPC,
    SAMPLES,
    Mantis,
    changed,
    rendered,
    sample,
    template,
)
from tests.charts.policies import Pod

WORLD = "203.0.113.9"
METADATA_SERVICES = ("169.254.169.254", "168.63.129.16")
PROMETHEUS = Pod("monitoring", {"app.kubernetes.io/name": "prometheus"})


@pytest.fixture(scope="module")
def testnet() -> Mantis:
    return rendered()


@pytest.fixture(scope="module")
def public() -> Mantis:
    return rendered(sample("public"))


def public_on_aws() -> Values:
    values = sample("public")
    values["addressClaim"] = {"way": "pod", "provider": "aws", "env": {"AWS_REGION": "eu-central-1"}}
    values["store"]["url"] = "s3://public-backups?region=eu-central-1"
    return values


# --- inside ---


def test_the_networks_nodes_reach_each_other_by_tcp_and_look_for_each_other_by_udp(testnet: Mantis) -> None:
    nodes = ("miner-0", "miner-2", "passive-1", "backup")
    for node in nodes:
        for other in nodes:
            assert testnet.reaches(node, P2P, other)
            assert testnet.reaches(node, DISCOVERY, other, "UDP")
            assert not testnet.reaches(node, DISCOVERY, other)


def test_nobody_else_dials_an_internal_network(testnet: Mantis) -> None:
    for stranger in (WORLD, Pod("wallets"), Pod("monitoring"), "explorer", "faucet"):
        assert not testnet.comes_in("miner-0", P2P, stranger)
        assert not testnet.comes_in("passive-0", DISCOVERY, stranger, "UDP")
    assert not testnet.gets_out("miner-0", P2P, WORLD)


def test_the_rpc_api_of_passive_nodes_answers_those_who_are_named(testnet: Mantis) -> None:
    for caller in ("explorer", "faucet", "backup"):
        assert testnet.reaches(caller, RPC, "passive-0")
    assert testnet.comes_in("passive-0", RPC, Pod("wallets"))
    for stranger in (WORLD, Pod("other"), "miner-0", "passive-1", PROMETHEUS):
        assert not testnet.comes_in("passive-0", RPC, stranger)


@pytest.mark.parametrize("name", SAMPLES)
def test_nobody_reaches_the_rpc_api_of_a_miner(name: str) -> None:
    network = rendered(sample(name))
    for miner in (task for task in network.templates if task.startswith("miner")):
        for caller in (*network.templates, Pod("wallets"), PROMETHEUS, WORLD):
            assert not network.comes_in(miner, RPC, caller)


def test_checkpoint_nodes_ask_the_passive_nodes() -> None:
    network = rendered(sample("mantis"))
    assert network.reaches("obft-0", RPC, "passive-0")
    assert network.environment("obft-0", "node")["RPC_URL"] == f"http://rpc.{NETWORK}.svc:{RPC}"


def test_prometheus_alone_reads_the_metrics_and_only_while_it_does(testnet: Mantis) -> None:
    for node in ("miner-0", "passive-0"):
        assert testnet.comes_in(node, METRICS, PROMETHEUS)
        assert not testnet.comes_in(node, METRICS, Pod("monitoring"))
        assert not testnet.comes_in(node, METRICS, "passive-1")
    assert not rendered(changed("monitoring", {"enabled": False})).comes_in("miner-0", METRICS, PROMETHEUS)


def test_nodes_reach_the_bucket_and_who_has_no_business_there_does_not(testnet: Mantis) -> None:
    for task in ("miner-0", "passive-0", "backup"):
        assert testnet.gets_out(task, 443, WORLD)
        # EKS Pod Identity's agent.
        assert testnet.gets_out(task, 80, "169.254.170.23")
    for task in ("explorer", "faucet"):
        assert not testnet.gets_out(task, 443, WORLD)
    for task in testnet.templates:
        for address in METADATA_SERVICES:
            assert not any(testnet.gets_out(task, port, address) for port in (80, 443, P2P, RPC))


def test_without_a_bucket_no_node_gets_out() -> None:
    network = rendered(sample("mantis"))
    assert not any(network.gets_out(task, 443, WORLD) for task in network.templates)


def test_no_pod_is_without_a_policy_of_either_direction() -> None:
    for name in SAMPLES:
        network = rendered(sample(name))
        for task in network.templates:
            # `comes_in` and `gets_out` refuse a pod that no policy selects.
            assert not network.comes_in(task, 22, WORLD)
            assert not network.gets_out(task, 22, WORLD)


# --- public ---


def test_the_world_dials_a_public_network(public: Mantis) -> None:
    """Without a range: Cilium takes a machine, whose address a miner has, for neither a pod nor an address outside."""
    for node in ("miner-1", "passive-0"):
        assert public.comes_in(node, P2P, WORLD)
        assert public.comes_in(node, DISCOVERY, WORLD, "UDP")
        assert public.gets_out(node, P2P, WORLD)
        assert not public.comes_in(node, RPC, WORLD)
        assert not public.comes_in(node, METRICS, WORLD)


def test_a_miner_whose_machine_has_the_address_is_on_its_network(public: Mantis) -> None:
    for network in (public, rendered(public_on_aws())):
        assert network.pod("miner-0")["hostNetwork"] is True
        assert network.pod("miner-0")["dnsPolicy"] == "ClusterFirstWithHostNet"
        for other in ("miner-1", "passive-0"):
            assert "hostNetwork" not in network.pod(other)


def test_it_is_probed_where_its_rpc_api_listens_then() -> None:
    values = public_on_aws()
    values |= {"client": "mantis", "chain": {**values["chain"], "id": 77}}
    probe = rendered(values).containers("miner-0")["node"]["readinessProbe"]["httpGet"]
    assert probe == {"path": "/healthcheck", "port": "rpc", "host": "127.0.0.1"}


def test_the_address_is_there_before_the_key_is_copied_and_the_client_starts(public: Mantis) -> None:
    assert list(public.containers("miner-0")) == ["wait-for-address", "copy-secrets", "node"]
    aws = rendered(public_on_aws())
    assert list(aws.containers("miner-0")) == ["claim-address", "copy-secrets", "restore", "node"]
    told = aws.environment("miner-0", "claim-address")
    assert (told["ADDRESS_ID"], told["PUBLIC_ADDRESS"]) == ("public-miner-0", "192.0.2.10")
    assert "claim-address" not in aws.containers("miner-1")
    scripts = aws.of("ConfigMap")[f"{NETWORK}-scripts"]["data"]
    assert scripts["claim-address.sh"] == (COMMON_FILES / "claim-address-aws.sh").read_text()


def test_a_pod_of_its_own_claims_the_address_where_the_miner_has_no_identity(public: Mantis) -> None:
    claimant = public.of("Deployment")[f"{NETWORK}-miner-0-address"]
    spec = claimant["spec"]["template"]["spec"]
    assert spec["serviceAccountName"] == f"{NETWORK}-miner-0-address"
    assert "hostNetwork" not in spec
    # It could read no bucket either: it begins with the network.
    assert "restore" not in public.containers("miner-0")
    assert "restore" in public.containers("miner-1")


def test_who_claims_an_address_stands_beside_its_miner_and_not_beside_another_of_the_pool() -> None:
    values = sample("public")
    values["nodes"]["miner-1"]["address"] = {"publicAddress": "192.0.2.11", "addressId": "public-miner-1"}
    network = rendered(values)
    for claimant, beside in (("miner-0", ["miner-0"]), ("miner-1", ["miner-1"])):
        pod = network.of("Deployment")[f"{NETWORK}-{claimant}-address"]["spec"]["template"]["spec"]
        [term] = pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert term["topologyKey"] == "kubernetes.io/hostname"
        wanted = term["labelSelector"]["matchLabels"].items()
        assert [task for task in network.templates if wanted <= network.labelled(task).labels.items()] == beside


def test_a_load_balancer_holds_the_address_where_no_machine_can() -> None:
    network = rendered(sample("mantis"))
    balancer = network.of("Service")[f"{NETWORK}-miner-0-p2p"]
    assert balancer["spec"]["type"] == "LoadBalancer"
    assert {(port["port"], port["protocol"]) for port in balancer["spec"]["ports"]} == {
        (P2P, "TCP"),
        (DISCOVERY, "UDP"),
    }
    assert balancer["metadata"]["annotations"]["service.beta.kubernetes.io/azure-pip-name"] == "mantis-staging-miner-0"
    assert balancer["spec"]["selector"].items() <= network.labelled("miner-0").labels.items()
    assert "hostNetwork" not in network.pod("miner-0")


def test_an_internal_network_claims_nothing(testnet: Mantis) -> None:
    assert not any("address" in item["metadata"]["name"] for item in testnet.objects)
    assert not any(service["spec"].get("type") == "LoadBalancer" for service in testnet.of("Service").values())
    assert not any("hostNetwork" in testnet.pod(task) for task in testnet.templates)


def test_a_claim_without_its_image_is_refused() -> None:
    values: dict[str, Any] = sample("public")
    del values["images"]["addressClaim"]
    assert "images.addressClaim: it is missing" in template(values).stderr
