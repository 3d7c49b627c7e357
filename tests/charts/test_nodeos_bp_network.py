"""Who reaches a node of the chart nodeos-bp, and where it gets to: the text of its policies, evaluated."""

from __future__ import annotations

import pytest

from tests.charts.nodeos import SAMPLES, Nodeos, Pod, changed, rendered, sample

MANAGER, HTTP, PROXY, P2P, METRICS = 8080, 8888, 9999, 9876, 9102
PORTS = (MANAGER, HTTP, PROXY, P2P, METRICS)
PRODUCER, ANOTHER, SPARE, API = "nodeos-bp-0", "nodeos-bp-1", "nodeos-bp-2", "nodeos-api-0"
CLIENT = Pod("bp", {"nodeyard.io/nodeos-client": "true"})
PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}
ALLOWED_PEER, STRANGER = "192.0.2.9", "203.0.113.5"


@pytest.fixture(scope="module")
def mainnet() -> Nodeos:
    return rendered()


@pytest.fixture(scope="module")
def jungle() -> Nodeos:
    return rendered(sample("jungle4"))


def pod(release: Nodeos, node: str) -> Pod:
    return Pod("bp", release.labels(node))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_pod_is_closed_in_both_directions_but_for_what_a_rule_names(name: str) -> None:
    release = rendered(sample(name))
    for policy in release.of("NetworkPolicy").values():
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    for rule in release.rules("ingress"):
        assert rule["from"], "without a `from` a rule lets in everybody"
        assert rule["ports"], "without ports a rule opens them all"
    for rule in release.rules("egress"):
        assert rule.get("to") or {port["port"] for port in rule["ports"]} == {53}
    for node in release.nodes:
        assert not any(release.comes_in(node, port, Pod("bp")) for port in PORTS)


@pytest.mark.parametrize("node", [PRODUCER, SPARE])
@pytest.mark.parametrize("port", PORTS)
def test_from_outside_only_named_peers_come_in_and_only_to_p2p(mainnet: Nodeos, node: str, port: int) -> None:
    assert mainnet.comes_in(node, port, ALLOWED_PEER) is (port == P2P)
    assert not mainnet.comes_in(node, port, STRANGER)


@pytest.mark.parametrize("port", PORTS)
def test_a_public_p2p_port_is_open_to_the_world_and_no_other_port_is(jungle: Nodeos, port: int) -> None:
    for node in (PRODUCER, API):
        assert jungle.comes_in(node, port, STRANGER) is (port == P2P)


def test_without_peers_nobody_outside_comes_in() -> None:
    release = rendered(changed("p2p", None))
    assert not any(release.comes_in(PRODUCER, port, ALLOWED_PEER) for port in PORTS)


def test_managers_are_reached_by_who_may_produce_and_by_nobody_else(mainnet: Nodeos, jungle: Nodeos) -> None:
    assert mainnet.comes_in(PRODUCER, MANAGER, pod(mainnet, ANOTHER))
    assert mainnet.gets_out(ANOTHER, MANAGER, pod(mainnet, PRODUCER))
    others = [pod(mainnet, SPARE), pod(jungle, API), CLIENT, Pod("wallets"), Pod("observability", PROMETHEUS)]
    assert not any(mainnet.comes_in(PRODUCER, MANAGER, other) for other in others)
    assert not mainnet.comes_in(SPARE, MANAGER, pod(mainnet, PRODUCER))
    elsewhere = Pod("another", mainnet.labels(ANOTHER))
    assert not mainnet.comes_in(PRODUCER, MANAGER, elsewhere)


def test_all_nodes_of_the_cluster_are_peers(jungle: Nodeos) -> None:
    for one in jungle.nodes:
        for other in jungle.nodes:
            assert jungle.comes_in(one, P2P, pod(jungle, other))
            assert jungle.gets_out(one, P2P, pod(jungle, other))


def test_the_chain_api_is_reached_by_labelled_pods_and_by_the_callers_namespaces(mainnet: Nodeos) -> None:
    for node in (PRODUCER, SPARE):
        assert mainnet.comes_in(node, PROXY, CLIENT)
        assert mainnet.comes_in(node, PROXY, Pod("wallets"))
        assert not mainnet.comes_in(node, PROXY, Pod("another", CLIENT.labels))
        for port in (MANAGER, HTTP, P2P, METRICS):
            assert not mainnet.comes_in(node, port, CLIENT)
            assert not mainnet.comes_in(node, port, Pod("wallets"))


def test_prometheus_alone_reads_the_metrics(mainnet: Nodeos) -> None:
    assert mainnet.comes_in(PRODUCER, METRICS, Pod("observability", PROMETHEUS))
    assert not mainnet.comes_in(PRODUCER, METRICS, Pod("observability"))
    assert not mainnet.comes_in(PRODUCER, METRICS, Pod("monitoring", PROMETHEUS))
    for port in (MANAGER, HTTP, PROXY, P2P):
        assert not mainnet.comes_in(PRODUCER, port, Pod("observability", PROMETHEUS))
    unread = rendered(changed("monitoring", {"enabled": False}))
    assert not unread.comes_in(PRODUCER, METRICS, Pod("observability", PROMETHEUS))


@pytest.mark.parametrize("port", [443, 9876, 8898])
def test_a_node_reaches_the_clouds_apis_and_its_peers_ports(mainnet: Nodeos, port: int) -> None:
    assert mainnet.gets_out(PRODUCER, port, STRANGER)
    assert mainnet.gets_out(PRODUCER, port, "10.0.8.9")


@pytest.mark.parametrize(
    ("port", "address"),
    [
        *((port, STRANGER) for port in (22, 80, 6666)),
        *((port, "169.254.169.254") for port in (80, 443)),
        (443, "168.63.129.16"),
        (80, "169.254.169.252"),
        (8888, "10.0.8.9"),
    ],
)
def test_a_node_reaches_no_machines_metadata_and_nothing_else(mainnet: Nodeos, port: int, address: str) -> None:
    assert not mainnet.gets_out(PRODUCER, port, address)


def test_each_cloud_gives_a_pod_its_identity_where_its_bucket_is() -> None:
    agents = {
        "s3://bucket?region=eu-central-1": {("169.254.170.23", 80)},
        "gs://bucket": {("169.254.169.254", 80), ("169.254.169.254", 8080), ("169.254.169.252", 988)},
        "az://account/container": set(),
        "": set(),
    }
    everywhere = set().union(*agents.values())
    for url, there in agents.items():
        release = rendered(changed("store.url", url))
        reached = {(address, port) for address, port in everywhere if release.gets_out(PRODUCER, port, address)}
        assert reached == there, url


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://signer.keys.svc:6666", 6666),
        ("https://signer.example.invalid", 443),
        ("http://signer.example.invalid/path:7", 80),
    ],
)
def test_who_may_produce_reaches_the_signer(url: str, port: int) -> None:
    release = rendered(changed("signerUrl", url, "private"))
    assert release.gets_out(PRODUCER, port, Pod("keys", {"app": "signer"}))
    assert release.gets_out(PRODUCER, port, STRANGER)
    assert not release.gets_out(PRODUCER, port, "169.254.169.254")
    assert not release.gets_out(PRODUCER, 6667, Pod("keys", {"app": "signer"}))


def test_names_are_looked_up_anywhere(mainnet: Nodeos) -> None:
    assert mainnet.gets_out(PRODUCER, 53, Pod("kube-system", {"k8s-app": "kube-dns"}))
