"""`nodeyard theta status` at an address: every way in which a node can answer."""

import json
from typing import Any

import pytest

from nodeyard.theta_edge_node import networks
from ops import theta_rpc
from tests.ops.harness import Command, EdgeNode, aws_stack, theta_node, told

QUICK = ("--wait", "1", "--timeout", "0.5")


@pytest.fixture(autouse=True)
def stack(nodeyard: Command) -> None:
    nodeyard.deploy("theta", **aws_stack(nodes={"a": theta_node()}))


def at(node: EdgeNode) -> list[str]:
    places = {port: f"http://127.0.0.1:{here}" for port, here in node.ports.items()}
    return ["theta", "status", "theta", "--address", places[17888], "--launcher", places[15888], *QUICK]


def report(nodeyard: Command, node: EdgeNode) -> tuple[dict[str, Any], int]:
    result = nodeyard(*at(node), "--json")
    assert result.stdout, result.stderr
    (only,) = told(result)
    return only, result.exit_code


def test_a_healthy_node(nodeyard: Command, node: EdgeNode) -> None:
    found, code = report(nodeyard, node)
    assert code == 0
    assert found.pop("clock") > 1715637778
    assert found == {
        "node": "a",
        "state": "healthy",
        "problems": [],
        "height": 25223862,
        "blocks": 1,
        "peers": 2,
        "chainId": "mainnet",
        "address": "0x095f9CF353a4e2B8CD1f876cd8990d42bEcf6455",
        "version": "1.8.0",
        "uptime": None,
        "gpuUp": None,
        "jobs": {"count": 4, "errored": 2, "lastEndTime": 1698690899.0},
    }


def test_it_is_asked_as_documented(nodeyard: Command, node: EdgeNode) -> None:
    report(nodeyard, node)
    asked = {(port, request["method"], json.dumps(request["params"])) for port, request in node.asked}
    assert asked == {
        (17888, "edgecore.GetStatus", "[]"),
        (17888, "edgecore.GetPeers", "[]"),
        (17888, "edgecore.GetVersion", "[]"),
        (15888, "edgelauncher.GetPastJobs", '[{"type": "lavita", "page": 0, "num": 10}]'),
        (15888, "edgelauncher.GetPastJobs", '[{"type": "fedml", "page": 0, "num": 10}]'),
    }


def test_a_table_for_people(nodeyard: Command, node: EdgeNode) -> None:
    node.jobs = []
    row = next(line for line in nodeyard(*at(node)).stdout.splitlines() if " healthy " in line)
    assert row.split() == ["a", "healthy", "25223862", "1", "2", "mainnet", "1.8.0", "0,", "0", "errored"]


def test_a_height_that_stands(nodeyard: Command, node: EdgeNode) -> None:
    node.growth = 0
    found, code = report(nodeyard, node)
    assert (code, found["state"], found["blocks"]) == (1, "unhealthy", 0)
    assert found["problems"] == ["its height did not grow in 1 seconds"]


@pytest.mark.parametrize("peers", [[], None])
def test_no_peers(nodeyard: Command, node: EdgeNode, peers: Any) -> None:
    node.peers = peers
    found, code = report(nodeyard, node)
    assert (code, found["peers"], found["problems"]) == (1, 0, ["it has no peers"])


def test_no_jobs_and_no_version_are_no_fault(nodeyard: Command, node: EdgeNode) -> None:
    node.jobs, node.version = None, None
    found, code = report(nodeyard, node)
    assert (code, found["version"]) == (0, None)
    assert found["jobs"] == {"count": 0, "errored": 0, "lastEndTime": None}


def test_a_slow_node_is_waited_for(nodeyard: Command, node: EdgeNode) -> None:
    node.delay = 0.3
    assert report(nodeyard, node)[1] == 0


def test_a_silent_node(nodeyard: Command, node: EdgeNode) -> None:
    node.delay = 5
    found, code = report(nodeyard, node)
    assert (code, found["state"]) == (1, "unhealthy")
    assert found["problems"] == ["edgecore: no answer in 0.5 seconds", "edgelauncher: no answer in 0.5 seconds"]


def test_nobody_listens(nodeyard: Command) -> None:
    node = EdgeNode()
    with node.serving():
        gone = at(node)
    result = nodeyard(*gone, "--json")
    assert result.exit_code == 3
    assert told(result)[0]["state"] == "unreachable"
    assert told(result)[0]["problems"][0].startswith("nobody is reached at http://127.0.0.1:")


@pytest.mark.parametrize("status", [401, 403])
def test_not_authorised(nodeyard: Command, node: EdgeNode, status: int) -> None:
    node.status = status
    found, code = report(nodeyard, node)
    assert code == 1
    assert f"edgecore.GetStatus: not authorised (HTTP {status})" in found["problems"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("<html>Bad gateway</html>", "edgecore.GetStatus: the answer is not JSON"),
        ("[]", "edgecore.GetStatus: the answer is not a JSON-RPC response"),
        ("[" * 100_000, "edgecore.GetStatus: the answer is not JSON"),
        ('{"jsonrpc": "2.0", "id": 1}', "edgecore.GetStatus: result: Input should be a valid dictionary"),
        ('{"result": {"address": "0x0"}}', "edgecore.GetStatus: result.chain_id: Field required"),
        ('{"result": {"peers": 3, "current_height": "x"}}', "edgecore.GetPeers: result.peers: Input should be a valid"),
        ('{"error": {"code": -32000, "message": "still starting"}}', "edgecore.GetStatus: still starting"),
        ('{"error": "gone"}', "edgecore.GetStatus: gone"),
    ],
)
def test_a_wrong_answer(nodeyard: Command, node: EdgeNode, raw: str, said: str) -> None:
    node.raw = raw
    found, code = report(nodeyard, node)
    assert (code, found["state"]) == (1, "unhealthy")
    assert any(said in problem for problem in found["problems"]), found["problems"]


def test_one_that_never_ends(nodeyard: Command, node: EdgeNode) -> None:
    node.raw = " " * (5 * 1024 * 1024)
    found, code = report(nodeyard, node)
    assert code == 1
    assert "edgecore: more than 4194304 bytes, which is no answer" in found["problems"]


def test_a_launcher_that_refuses(nodeyard: Command, node: EdgeNode) -> None:
    node.jobs = "stuck"
    found, code = report(nodeyard, node)
    assert code == 1
    assert found["problems"][0].startswith("edgelauncher.GetPastJobs: result.body: Input should be a valid list")


def test_what_a_node_says_does_not_reach_the_terminal_raw(nodeyard: Command, node: EdgeNode) -> None:
    node.raw = json.dumps({"error": {"code": 1, "message": "\x1b]0;owned\x07[red]x[/red]"}})
    output = nodeyard(*at(node)).output
    assert "\x1b" not in output
    assert "\x07" not in output
    assert "[red]x[/red]" in output


def test_the_environments_proxy_is_not_for_a_node(nodeyard: Command, node: EdgeNode) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        nodeyard.monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert report(nodeyard, node)[1] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--address", "10.0.0.1:17888"], "--address must be a URL such as http://10.0.1.5:17888"),
        (["--address", "http://10.0.1.5:rpc"], "--address: Invalid port"),
        (["--launcher", "http://10.0.0.1"], "--launcher needs --address"),
        (["--node", "c"], "no node c. It has: a"),
    ],
)
def test_wrong_input(nodeyard: Command, arguments: list[str], said: str) -> None:
    result = nodeyard("theta", "status", "theta", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_an_address_is_one_nodes(nodeyard: Command, node: EdgeNode) -> None:
    nodeyard.deploy("theta", **aws_stack(nodes={"a": theta_node(), "b": theta_node()}))
    result = nodeyard(*at(node))
    assert (result.exit_code, "--address is one node's: say which with --node, of a, b" in result.stderr) == (2, True)
    assert nodeyard(*at(node), "--node", "b").exit_code == 0


def test_status_asks_for_what_the_machines_own_collector_asks_for() -> None:
    assert theta_rpc.JOB_TYPES == networks.JOB_TYPES
    assert (theta_rpc.EDGE_CORE_PORT, theta_rpc.LAUNCHER_PORT) == (networks.CORE_PORT, networks.LAUNCHER_PORT)


def test_the_ports_are_upstreams_when_the_address_names_none(nodeyard: Command) -> None:
    from ops.theta import _urls

    assert _urls("http://10.0.1.5", None) == {17888: "http://10.0.1.5:17888/rpc", 15888: "http://10.0.1.5:15888/rpc"}
    assert _urls("http://10.0.1.5:7/x", None) == {17888: "http://10.0.1.5:7/x", 15888: "http://10.0.1.5:15888/x"}
