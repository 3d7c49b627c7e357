"""Every address that a process of the chart listens on, read out of its arguments, environment and files."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import yaml

from tests.charts.metis import Release, changed, rendered

NODE = "the node's private address"
ANY = "0.0.0.0"
LOOPBACK = "127.0.0.1"

# Who listens where. On the host network ANY is open to what the security group lets in: 30303 and 26656 from anywhere,
# 9090 (metrics only; the exporter has no flag for an address) from inside.
EXPECTED = {
    ("l2geth", "p2p"): (ANY, 30303),
    ("l2geth", "http"): (NODE, 8545),
    ("l2geth", "websocket, when on"): (NODE, 8546),
    ("l1dtl", "http"): (ANY, 7878),  # on the pod network, behind a NetworkPolicy
    ("themis", "--p2p.laddr"): (ANY, 26656),
    ("themis", "--rpc.laddr"): (LOOPBACK, 26657),
    ("themis", "--laddr"): (LOOPBACK, 1317),
    ("themis", "--grpc-addr"): (LOOPBACK, 3132),
    ("themis", "config.toml p2p.laddr"): (ANY, 26656),
    ("themis", "config.toml rpc.laddr"): (LOOPBACK, 26657),
    ("themis", "config.toml instrumentation.prometheus_listen_addr"): (LOOPBACK, 26660),
    ("bridge", "--rpc-server-addr"): (LOOPBACK, 8646),
    ("bridge", "--metrics-server-addr"): (LOOPBACK, 2112),
    ("exporter", "-port"): (ANY, 9090),
}
HOST_PORTS_OPEN_TO_PEERS = {("l2geth", 30303), ("themis", 26656)}


def address(text: str) -> tuple[str, int]:
    host, _, port = text.removeprefix("tcp://").rpartition(":")
    return host or ANY, int(port)


def env(container: dict[str, Any]) -> dict[str, str]:
    values = {
        e["name"]: e.get("value") or next(iter(e["valueFrom"].values())).get("fieldPath", "a secret")
        for e in container["env"]
    }
    return {k: NODE if v == "$(NODE_ADDRESS)" and values["NODE_ADDRESS"] == "status.hostIP" else v
            for k, v in values.items()}  # fmt: skip


def listeners(release: Release) -> dict[tuple[str, str], tuple[str, int]]:
    containers = {name.split("/")[1]: c for name, c in release.containers().items()}
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for name in ("themis", "bridge"):
        for argument in containers[name]["args"]:
            flag, _, value = argument.partition("=")
            if flag.endswith("addr"):
                found[name, flag] = address(value)
    config = tomllib.loads(release.config_file("themis", "config.toml"))
    for section, settings in {"": config, **{k: v for k, v in config.items() if isinstance(v, dict)}}.items():
        for key, value in settings.items():
            if key.endswith(("laddr", "listen_addr")) and value:
                found["themis", f"config.toml {section}.{key}"] = address(value)
    l2geth = env(containers["l2geth"])
    found["l2geth", "http"] = l2geth["RPC_ADDR"], int(l2geth["RPC_PORT"])
    found["l2geth", "websocket, when on"] = l2geth["WS_ADDR"], int(l2geth["WS_PORT"])
    found["l2geth", "p2p"] = ANY, int(l2geth["PORT"])  # geth's --port has no address
    l1dtl = env(containers["l1dtl"])
    found["l1dtl", "http"] = (
        l1dtl["DATA_TRANSPORT_LAYER__SERVER_HOSTNAME"],
        int(l1dtl["DATA_TRANSPORT_LAYER__SERVER_PORT"]),
    )
    script = release.config_file("exporter", "run-exporter.sh")
    found["exporter", "-port"] = ANY, 9090 if "-port" not in script else 0
    return found


def test_every_listener_binds_where_the_table_says(release: Release) -> None:
    assert listeners(release) == EXPECTED


def test_on_the_host_network_only_p2p_and_metrics_listen_on_every_address(release: Release) -> None:
    host = {pod for pod, spec in release.pods.items() if spec.get("hostNetwork")}
    assert host == {"l2geth", "themis", "exporter"}
    everywhere = {(name, port) for (name, _), (at, port) in listeners(release).items() if at == ANY and name in host}
    assert everywhere == HOST_PORTS_OPEN_TO_PEERS | {("exporter", 9090)}
    for pod in host:
        assert release.pods[pod]["dnsPolicy"] == "ClusterFirstWithHostNet"


def test_websocket_is_off_unless_asked_for() -> None:
    assert "WS" not in env(rendered().containers()["l2geth/l2geth"])
    on = rendered(changed("l2geth.env.WS", "true"))
    assert listeners(on)["l2geth", "websocket, when on"] == (NODE, 8546)


def test_every_probe_asks_where_the_process_listens(release: Release) -> None:
    table = {(name, port): at for (name, _), (at, port) in EXPECTED.items()}
    for path, container in release.containers().items():
        name = path.split("/")[1]
        ports = {p["name"]: p["containerPort"] for p in container.get("ports", [])}
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            probe = container.get(kind, {})
            action = probe.get("httpGet") or probe.get("tcpSocket")
            if action:
                at = table[name, ports.get(action["port"], action["port"])]
                # Without a host the kubelet asks the pod's address, which is the node's on the host network.
                assert action.get("host") == (LOOPBACK if at == LOOPBACK else None), (path, kind)


def test_the_readers_ask_where_the_processes_listen(release: Release) -> None:
    containers = release.containers()
    assert env(containers["l2geth/l2geth"])["ROLLUP_CLIENT_HTTP"] == "http://metis-l1dtl.metis.svc:7878"
    # geth reads its own blocks through its RPC, which is no longer on localhost.
    assert env(containers["l2geth/l2geth"])["LOCAL_L2_CLIENT_HTTP"] == "http://$(NODE_ADDRESS):8545"
    for name in ("themis/themis", "themis/bridge"):
        variables = env(containers[name])
        assert variables["METIS_RPC_URL"] == "http://metis-l2geth.metis.svc:8545"
        assert variables["TENDERMINT_RPC_URL"] == "http://127.0.0.1:26657"
        assert variables["REST_SERVER"] == "http://127.0.0.1:1317"
    assert yaml.safe_load(release.config_file("exporter", "config.yaml")) == {
        "sequencer": {
            "metis": {
                "l1dtl": "http://metis-l1dtl.metis.svc:7878",
                "l2geth": "http://metis-l2geth.metis.svc:8545",
                "themis": "http://127.0.0.1:1317",
            }
        }
    }


def test_l2geth_answers_to_the_name_it_is_asked_by(release: Release) -> None:
    hosts = env(release.containers()["l2geth/l2geth"])["RPC_VHOSTS"].split(",")
    assert hosts == ["localhost", "metis-l2geth.metis.svc"]
    assert "*" not in hosts


def test_both_nodes_advertise_their_static_address(release: Release) -> None:
    assert env(release.containers()["l2geth/l2geth"])["EXTERNAL_IP"] == "192.0.2.10"
    config = tomllib.loads(release.config_file("themis", "config.toml"))
    assert config["p2p"]["external_address"] == "192.0.2.20:26656"
    for pod, expected in {"l2geth": "192.0.2.10", "themis": "192.0.2.20"}.items():
        assert env(release.containers()[f"{pod}/claim-address"])["PUBLIC_ADDRESS"] == expected


@pytest.mark.parametrize("name", ["config.toml", "app.toml", "themis-config.toml"])
def test_themis_files_are_toml(release: Release, name: str) -> None:
    assert tomllib.loads(release.config_file("themis", name))


def test_themis_keeps_its_signing_state_and_its_keys_where_the_init_container_puts_them(release: Release) -> None:
    config = tomllib.loads(release.config_file("themis", "config.toml"))
    assert config["priv_validator_key_file"] == "config/priv_validator_key.json"
    assert config["priv_validator_state_file"] == "data/priv_validator_state.json"
    assert config["node_key_file"] == "config/node_key.json"
    assert config["priv_validator_laddr"] == ""
    assert (config["prof_laddr"], config["rpc"]["grpc_laddr"], config["rpc"]["unsafe"]) == ("", "", False)
    assert config["instrumentation"]["prometheus"] is False
