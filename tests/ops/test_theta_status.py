"""`nodeyard status` of an edge node at an address: every way in which the node can answer."""

import json
from typing import Any

import pytest

from nodeyard.theta_edge_node import networks
from ops import theta_rpc
from ops.status.readers.theta_edge_node import addresses
from tests.ops.harness import Command, EdgeNode, parts, theta_node, theta_stack

QUICK = ("--wait", "1", "--timeout", "5")
IMPATIENT = ("--timeout", "0.5")


@pytest.fixture(autouse=True)
def stack(nodeyard: Command) -> None:
    nodeyard.deploy("theta", **theta_stack(nodes={"a": theta_node()}))


def at(node: EdgeNode) -> list[str]:
    places = {port: f"http://127.0.0.1:{here}" for port, here in node.ports.items()}
    return ["status", "theta", "--at", f"edgecore={places[17888]}", "--at", f"launcher={places[15888]}", *QUICK]


def report(nodeyard: Command, node: EdgeNode, *words: str) -> tuple[dict[str, Any], int]:
    result = nodeyard(*at(node), *words, "--json")
    assert result.stdout, result.stderr
    (only,) = parts(result)
    return only, result.exit_code


def test_a_healthy_node(nodeyard: Command, node: EdgeNode) -> None:
    found, code = report(nodeyard, node)
    assert code == 0
    details = found["details"]
    assert details.pop("clock") > 1715637778
    assert details == {
        "blocks": 1,
        "chainId": "mainnet",
        "address": "0x095f9CF353a4e2B8CD1f876cd8990d42bEcf6455",
        "uptime": None,
        "gpuUp": None,
        "jobs": {"count": 4, "errored": 2, "lastEndTime": 1698690899.0},
    }
    told_of_all = {"part": "a", "state": "healthy", "runs": "1.8.0", "height": 25223862, "peers": 2, "problems": []}
    assert {name: found[name] for name in told_of_all} == told_of_all
    assert found["where"]["address"] == at(node)[3].partition("=")[2] + "/rpc"


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
    address = at(node)[3].partition("=")[2] + "/rpc"
    assert row.split() == ["a", "healthy", address, "25223862", "2", "1", "mainnet", "1.8.0", "0,", "0", "errored"]


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
    assert (code, found["runs"]) == (0, None)
    assert found["jobs"] == {"count": 0, "errored": 0, "lastEndTime": None}


def test_a_slow_node_is_waited_for(nodeyard: Command, node: EdgeNode) -> None:
    node.delay = 0.3
    assert report(nodeyard, node)[1] == 0


def test_a_silent_node(nodeyard: Command, node: EdgeNode) -> None:
    node.delay = 5
    found, code = report(nodeyard, node, *IMPATIENT)
    assert (code, found["state"]) == (1, "unhealthy")
    assert found["problems"] == ["edgecore: no answer in 0.5 seconds", "edgelauncher: no answer in 0.5 seconds"]


def test_nobody_listens(nodeyard: Command) -> None:
    node = EdgeNode()
    with node.serving():
        gone = at(node)
    result = nodeyard(*gone, "--json")
    assert result.exit_code == 3
    assert parts(result)[0]["state"] == "unreachable"
    assert parts(result)[0]["problems"][0].startswith("nobody is reached at http://127.0.0.1:")


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
    found, code = report(nodeyard, node, "--timeout", "60")  # a busy machine reads so much slowly
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
        (["--at", "edgecore=10.0.0.1:17888"], "--at edgecore must be a URL such as http://10.0.1.5:17888"),
        (["--at", "edgecore=http://10.0.1.5:rpc"], "--at edgecore: Invalid port"),
        (["--at", "edgecore=http://canary:key@10.0.1.5"], "--at edgecore must hold no user, password or key"),
        (["--at", "http://10.0.1.5"], "--at is NAME=URL, such as edgecore=http://10.0.1.5:17888."),
        (["--at", "launcher=http://10.0.0.1"], "Of an edge node give edgecore once"),
        (["--at", "sdk=http://10.0.0.1"], "Stack theta has no sdk to ask at an address. It has: edgecore, launcher."),
        (["--part", "c"], "no part c. It has: a"),
    ],
)
def test_wrong_input(nodeyard: Command, arguments: list[str], said: str) -> None:
    result = nodeyard("status", "theta", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "canary" not in result.output


def test_an_address_is_one_nodes(nodeyard: Command, node: EdgeNode) -> None:
    nodeyard.deploy("theta", **theta_stack(nodes={"a": theta_node(), "b": theta_node()}))
    result = nodeyard(*at(node))
    assert (result.exit_code, "An address is one node's: say which with --part, of a, b" in result.stderr) == (2, True)
    assert nodeyard(*at(node), "--part", "b").exit_code == 0


def test_an_address_needs_no_stack(nodeyard: Command, node: EdgeNode) -> None:
    result = nodeyard("status", *at(node)[2:], "--json")
    assert (result.exit_code, parts(result)[0]["height"]) == (0, 25223862)
    assert not nodeyard.calls("pulumi")


def test_status_asks_for_what_the_machines_own_collector_asks_for() -> None:
    assert theta_rpc.JOB_TYPES == networks.JOB_TYPES
    assert (theta_rpc.EDGE_CORE_PORT, theta_rpc.LAUNCHER_PORT) == (networks.CORE_PORT, networks.LAUNCHER_PORT)


def test_the_ports_are_upstreams_when_the_address_names_none() -> None:
    beside = {17888: "http://10.0.1.5:17888/rpc", 15888: "http://10.0.1.5:15888/rpc"}
    assert addresses({"edgecore": ["http://10.0.1.5"]}) == beside
    elsewhere = {17888: "http://10.0.1.5:7/x", 15888: "http://10.0.1.5:15888/x"}
    assert addresses({"edgecore": ["http://10.0.1.5:7/x"]}) == elsewhere
