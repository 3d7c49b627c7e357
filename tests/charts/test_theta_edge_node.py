"""What the chart theta-edge-node renders, and what its readiness probe makes of a node's answers."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from nodeyard.theta_edge_node.boot import FORBIDDEN
from nodeyard.theta_edge_node.networks import PORTS
from tests.charts.harness import Chart, Values

THETA = Chart("theta-edge-node", release="theta-mainnet-edge-1", namespace="theta", usual="mainnet")
sample, changed, template = THETA.sample, THETA.changed, THETA.template


def rendered(values: Values | None = None) -> dict[str, dict[str, Any]]:
    """Every object by its kind; there is one of each."""
    objects = THETA.objects(values)
    by_kind = {item["kind"]: item for item in objects}
    assert len(by_kind) == len(objects)
    return by_kind


def pod(objects: dict[str, dict[str, Any]]) -> dict[str, Any]:
    spec: dict[str, Any] = objects["StatefulSet"]["spec"]["template"]["spec"]
    return spec


def containers(objects: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {container["name"]: container for container in pod(objects)["containers"]}


def test_there_is_one_replica_and_no_way_to_ask_for_more() -> None:
    objects = rendered()
    assert objects["StatefulSet"]["spec"]["replicas"] == 1
    assert "volumeClaimTemplates" not in objects["StatefulSet"]["spec"]
    [claim] = [volume for volume in pod(objects)["volumes"] if "persistentVolumeClaim" in volume]
    assert claim["persistentVolumeClaim"]["claimName"] == "theta-mainnet-edge-1"
    for key in ("replicas", "replicaCount"):
        assert template({**sample(), key: 2}).returncode != 0


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("images.edgelauncher", "thetalabsorg/edgelauncher_mainnet:latest"),
        ("forbidden", ["10.0.0.0/8"]),
        ("placement.tolerations", []),
        ("placement.nodeSelector", {}),
        ("resolvers", []),
        ("misspelt", True),
    ],
)
def test_values_that_would_open_or_move_the_node_are_refused(path: str, value: object) -> None:
    assert template(changed(path, value)).returncode != 0


def test_a_release_whose_pods_labels_have_no_room_is_refused() -> None:
    assert template(sample(), "a" * 47).returncode == 0
    assert "longer than 47" in template(sample(), "a" * 48).stderr


def test_the_password_comes_from_the_mounted_secret_and_stands_in_no_object() -> None:
    objects = rendered()
    [env] = [env for env in containers(objects)["edgelauncher"]["env"] if env["name"] == "PASSWORD"]
    # Not optional: without a value there is no container, and no new identity on the disk.
    assert env == {
        "name": "PASSWORD",
        "valueFrom": {"secretKeyRef": {"name": "theta-mainnet-edge-1-edge", "key": "password"}},
    }
    assert {"Secret", "ConfigMap"}.isdisjoint(objects)
    [csi] = [volume["csi"] for volume in pod(objects)["volumes"] if "csi" in volume]
    assert csi["volumeAttributes"] == {"secretProviderClass": "theta-mainnet-edge-1-edge"}
    mounting = [name for name, c in containers(objects).items() if "secrets" in str(c["volumeMounts"])]
    assert mounting == ["status"], "the container of strangers' code sees the value, not the mount"


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "168.63.129.16", "10.1.2.3", "172.20.0.1", "192.168.1.1", "100.64.0.1", "198.51.100.7"],
)
def test_the_container_reaches_neither_metadata_nor_private_networks(address: str) -> None:
    forbidden = [*FORBIDDEN, "198.51.100.0/24"]  # the last is the platform's own
    policy = rendered({**sample(), "forbidden": forbidden})["NetworkPolicy"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    [internet, _] = policy["egress"]
    [peer] = internet["to"]
    assert peer["ipBlock"]["cidr"] == "0.0.0.0/0"
    assert any(ip_address(address) in ip_network(cidr) for cidr in peer["ipBlock"]["except"])
    assert not any(ip_address("8.8.8.8") in ip_network(cidr) for cidr in peer["ipBlock"]["except"])


def test_private_name_servers_are_reached_for_names_alone() -> None:
    [_, names] = rendered({**sample(), "resolvers": ["10.1.2.3"]})["NetworkPolicy"]["spec"]["egress"]
    assert names["to"] == [{"ipBlock": {"cidr": "10.1.2.3/32"}}]
    assert {(port["port"], port["protocol"]) for port in names["ports"]} == {(53, "UDP"), (53, "TCP")}


def test_the_policy_is_of_this_pod() -> None:
    objects = rendered()
    labels = objects["StatefulSet"]["spec"]["template"]["metadata"]["labels"]
    assert objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels


def test_nobody_comes_in_and_there_is_no_port_to_name() -> None:
    objects = rendered()
    assert objects["NetworkPolicy"]["spec"]["ingress"] == []
    assert "ports" not in objects["Service"]["spec"]


def test_the_container_names_the_ports_of_upstreams_interfaces() -> None:
    named = {port["name"]: port["containerPort"] for port in containers(rendered())["edgelauncher"]["ports"]}
    assert named == PORTS


def test_the_pod_has_no_token_and_asks_public_name_servers() -> None:
    spec = pod(rendered())
    assert spec["automountServiceAccountToken"] is False
    assert spec["dnsPolicy"] == "None"
    assert spec["dnsConfig"] == {"nameservers": ["1.1.1.1", "9.9.9.9"]}
    assert "hostNetwork" not in spec


def test_a_gpu_is_asked_for_where_there_is_one() -> None:
    assert containers(rendered())["edgelauncher"]["resources"]["limits"] == {"nvidia.com/gpu": 1}
    assert "limits" not in containers(rendered(sample("testnet")))["edgelauncher"]["resources"]


def test_the_data_is_where_upstreams_image_looks_for_it() -> None:
    edge = containers(rendered(sample("testnet")))["edgelauncher"]
    env = {env["name"]: env.get("value") for env in edge["env"]}
    assert env["EDGELAUNCHER_CONFIG_PATH"] == edge["volumeMounts"][0]["mountPath"] == "/edgelauncher/data/testnet"


# --- readiness, with a real curl ---


class Node(BaseHTTPRequestHandler):
    answer: tuple[int, str] = (200, "")

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        code, text = self.answer if asked["method"] == "edgecore.GetStatus" else (500, "")
        self.send_response(code)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def node() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Node)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


STATUS = {"address": "0x1", "chain_id": "mainnet", "peer_id": "p", "current_height": "7", "current_time": "1"}


def said(status: object) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": status}, indent=1)


@pytest.mark.parametrize(
    ("answer", "ready"),
    [
        ((200, said(STATUS)), True),
        ((200, said({**STATUS, "chain_id": "privatenet"})), False),
        ((200, json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "no"}})), False),
        ((200, "starting"), False),
        ((401, said(STATUS)), False),
        ((500, ""), False),
    ],
)
def test_the_pod_is_ready_when_the_node_answers_for_its_network(node: int, answer: Any, ready: bool) -> None:
    Node.answer = answer
    [*shell, script] = containers(rendered())["status"]["readinessProbe"]["exec"]["command"]
    assert "http://127.0.0.1:17888/rpc" in script
    asked = subprocess.run([*shell, script.replace(":17888", f":{node}")], capture_output=True, text=True, check=False)
    assert (asked.returncode == 0) is ready, asked.stderr


def test_the_pod_is_not_ready_when_nobody_answers() -> None:
    [*shell, script] = containers(rendered())["status"]["readinessProbe"]["exec"]["command"]
    nobody = script.replace(":17888", ":1")
    assert subprocess.run([*shell, nobody], capture_output=True, check=False).returncode != 0
