"""metrics.py and ready.py against a small node that answers as documented, wrongly or not at all, and small clouds."""

from __future__ import annotations

import json
import re
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import pytest

from nodeyard.clouds.azure.telemetry_queries import MEASURED, values
from nodeyard.clouds.contract.machine_boot import DIMENSION
from nodeyard.clouds.gcp.telemetry_queries import metric_type
from nodeyard.theta_edge_node.boot import metrics
from tests.boot.harness import ADDRESS, AWS, AZURE, GCP, PASSWORD, Boot, Machine, Request, server
from tests.cloudwatch_agent import cloudwatch_metrics

STATUS = {
    "address": ADDRESS,
    "chain_id": "mainnet",
    "peer_id": ADDRESS,
    "current_height": "25223860",
    "current_time": "1715637778",
}
DEAD = "1"
"""A port of this machine on which nobody listens."""


class Node:
    """Both JSON-RPC interfaces of a node, on one port: the answer by method."""

    def __init__(self) -> None:
        now = time.time()
        self.results: dict[str | tuple[str, str], Any] = {
            "edgecore.GetStatus": STATUS,
            "edgecore.GetPeers": {"peers": ["0x1", "0x2", "0x3"]},
            "edgelauncher.GetPastJobs": {"body": [{"end_time": now - 500}, {"end_time": now - 90}]},
        }
        self.raw: str | None = None

    def answer(self, request: Request) -> tuple[int, Any]:
        if self.raw is not None:
            return 200, self.raw
        method, params = request.body["method"], request.body["params"]
        # A job's type has an answer of its own where the test gives one.
        result = self.results.get((method, params[0]["type"]) if params else method) or self.results.get(method)
        if isinstance(result, Exception):
            return 200, {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": str(result)}}
        return (200, {"jsonrpc": "2.0", "id": 1, "result": result}) if result is not None else (404, "")

    def port(self, url: str) -> str:
        return url.rsplit(":", 1)[1]


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def ports(node: Node) -> Iterator[dict[str, str]]:
    with server(node.answer) as (url, asked):
        yield {"CORE_PORT": node.port(url), "LAUNCHER_PORT": node.port(url)}
        assert all(request.path == "/rpc" and request.method == "POST" for request in asked)


def prepared(made: Machine) -> Machine:
    made.program("nft", "echo drop")
    made.program("systemctl", "exit 0")
    made.program("nvidia-smi", "echo '41, 3840, 15360'")
    made.program("aws", f'for word; do last=$word; done; echo "$last" >{made.root}/sent')
    return made


def sent(made: Machine, **env: str) -> dict[str, float]:
    """What the collector sends to CloudWatch."""
    result = made.python("metrics.py", RPC_TIMEOUT="2", **env)
    assert result.returncode == 0, result.stderr
    data = json.loads((made.root / "sent").read_text())
    assert all(entry["Dimensions"] == [{"Name": DIMENSION, "Value": AWS.node}] for entry in data)
    return {entry["MetricName"]: entry["Value"] for entry in data}


@pytest.fixture
def aws(machine: Callable[..., Machine]) -> Machine:
    return prepared(machine(AWS.but(spot=True)))


def test_a_node_that_answers_as_documented(aws: Machine, ports: dict[str, str]) -> None:
    found = sent(aws, **ports)
    assert found[metrics.NODE_READY] == found[metrics.LAUNCHER_UP] == found[metrics.FIREWALL_UP] == 1
    assert found[metrics.BLOCK_HEIGHT] == 25223860
    assert found[metrics.PEERS] == 3
    assert 89 <= found[metrics.LAST_JOB_AGE] <= 120
    assert 0 < found[metrics.ROOT_DISK_USED] <= 100
    assert found[metrics.PASSWORD_MISSING] == found[metrics.IDENTITY_REFUSED] == found[metrics.SPOT_INTERRUPTION] == 0
    assert (found[metrics.GPU_UP], found[metrics.GPU_UTILIZATION], found[metrics.GPU_MEMORY]) == (1, 41, 25)


def test_it_goes_by_one_call_into_the_one_namespace(aws: Machine, ports: dict[str, str]) -> None:
    sent(aws, **ports)
    [call] = aws.called("aws")
    assert call.startswith(f"aws cloudwatch put-metric-data --region us-east-2 --namespace {metrics.NAMESPACE} ")


def test_the_names_are_those_that_alarms_ask_for(aws: Machine, ports: dict[str, str]) -> None:
    # data_disk_used_percent alone needs a mounted disk.
    assert sent(aws, **ports).keys() == metrics.of_machine(gpu=True, spot=True) - {metrics.DISK_USED}


def test_what_is_sent_stands_in_the_log_as_azures_alarms_read_it(aws: Machine, ports: dict[str, str]) -> None:
    result = aws.python("metrics.py", RPC_TIMEOUT="2", **ports)
    query = values(metrics.BLOCK_HEIGHT, AWS.node, 15)
    [pattern] = re.findall(r'extract\("(.*?)", 1, RawData\)', query)
    [line] = [line for line in result.stdout.splitlines() if MEASURED in line]
    found = re.search(pattern, f"{AWS.node} {line}")
    assert found
    assert json.loads(found[1])[metrics.BLOCK_HEIGHT] == 25223860


def test_a_mounted_disk_is_measured(aws: Machine, ports: dict[str, str]) -> None:
    assert 0 < sent(aws, **ports, MOUNT="/")[metrics.DISK_USED] <= 100


def test_a_cpu_node_on_demand_sends_nothing_of_gpus_or_interruptions(
    machine: Callable[..., Machine], ports: dict[str, str]
) -> None:
    found = sent(prepared(machine(AWS.but(gpu=False))), **ports)
    assert found.keys() == metrics.of_machine(gpu=False, spot=False) - {metrics.DISK_USED}


def test_a_silent_node_is_not_ready_and_has_no_height(aws: Machine) -> None:
    found = sent(aws, CORE_PORT=DEAD, LAUNCHER_PORT=DEAD)
    assert found[metrics.NODE_READY] == found[metrics.LAUNCHER_UP] == 0
    assert not {metrics.BLOCK_HEIGHT, metrics.PEERS, metrics.LAST_JOB_AGE} & found.keys()
    # What is always sent says that the machine lives.
    assert found.keys() >= metrics.ALWAYS


@pytest.mark.parametrize(
    "status",
    [
        {**STATUS, "chain_id": "testnet"},
        {**STATUS, "current_height": "soon"},
        {**STATUS, "current_height": float("inf")},
        {**STATUS, "address": ""},
        {key: value for key, value in STATUS.items() if key != "current_height"},
        [],
        "ok",
        RuntimeError("unauthorised"),
        None,
    ],
    ids=["other network", "no number", "infinite", "no address", "no height", "list", "text", "error", "404"],
)
def test_a_wrong_answer_is_no_readiness(aws: Machine, node: Node, ports: dict[str, str], status: Any) -> None:
    node.results["edgecore.GetStatus"] = status
    found = sent(aws, **ports)
    assert found[metrics.NODE_READY] == 0
    assert metrics.BLOCK_HEIGHT not in found
    assert found[metrics.LAUNCHER_UP] == 1


@pytest.mark.parametrize("raw", ["", "<html>", "[]", '"x"', "{}", "\x00"])
def test_what_is_no_json_rpc_is_no_answer(aws: Machine, node: Node, ports: dict[str, str], raw: str) -> None:
    node.raw = raw
    assert sent(aws, **ports)[metrics.NODE_READY] == 0


def test_a_slow_node_does_not_hold_up_the_others(aws: Machine, node: Node, ports: dict[str, str]) -> None:
    answer = node.answer

    def slowly(request: Request) -> tuple[int, Any]:
        time.sleep(4)
        return answer(request)

    with server(slowly) as (url, _):
        found = sent(aws, CORE_PORT=node.port(url), LAUNCHER_PORT=ports["LAUNCHER_PORT"])
    assert found[metrics.NODE_READY] == 0
    assert found[metrics.LAUNCHER_UP] == 1


@pytest.mark.parametrize(
    ("peers", "number"),
    [({"peers": []}, 0), ({"peers": None}, 0), (["0x1", "0x2"], 2), ({"peers": ["0x1", "0x1"]}, 1)],
)
def test_peers_are_one_number(aws: Machine, node: Node, ports: dict[str, str], peers: Any, number: int) -> None:
    node.results["edgecore.GetPeers"] = peers
    assert sent(aws, **ports)[metrics.PEERS] == number


def test_the_age_of_the_newest_job_whatever_its_time_looks_like(
    aws: Machine, node: Node, ports: dict[str, str]
) -> None:
    now = time.time()
    iso = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 60))
    for newest in (now - 60, (now - 60) * 1000, str(int(now - 60)), iso):
        node.results["edgelauncher.GetPastJobs"] = {"body": [{"end_time": now - 5000}, {"end_time": newest}, {}]}
        assert 59 <= sent(aws, **ports)[metrics.LAST_JOB_AGE] <= 90


def test_jobs_of_every_documented_type_count_and_one_type_less_is_no_fault(
    aws: Machine, node: Node, ports: dict[str, str]
) -> None:
    node.results["edgelauncher.GetPastJobs", "fedml"] = {"body": [{"end_time": (time.time() - 5) * 1000}]}
    assert 4 <= sent(aws, **ports)[metrics.LAST_JOB_AGE] <= 35
    node.results["edgelauncher.GetPastJobs", "fedml"] = RuntimeError("Invalid job type")
    found = sent(aws, **ports)
    assert found[metrics.LAUNCHER_UP] == 1
    assert 89 <= found[metrics.LAST_JOB_AGE] <= 120


@pytest.mark.parametrize("jobs", [{"body": None}, {"body": []}, {}, {"body": [{"end_time": None}]}])
def test_a_launcher_without_jobs_is_up(aws: Machine, node: Node, ports: dict[str, str], jobs: Any) -> None:
    node.results["edgelauncher.GetPastJobs"] = jobs
    found = sent(aws, **ports)
    assert found[metrics.LAUNCHER_UP] == 1
    assert metrics.LAST_JOB_AGE not in found


def test_troubles_of_the_machine_show(aws: Machine, ports: dict[str, str]) -> None:
    (aws.run_dir / "waiting").touch()
    (aws.run_dir / "refused").touch()
    (aws.run_dir / "interrupted").touch()
    aws.program("nft", "exit 1")
    aws.program("nvidia-smi", "exit 9")
    found = sent(aws, **ports)
    assert found[metrics.PASSWORD_MISSING] == found[metrics.IDENTITY_REFUSED] == found[metrics.SPOT_INTERRUPTION] == 1
    assert found[metrics.FIREWALL_UP] == found[metrics.GPU_UP] == 0
    assert metrics.GPU_UTILIZATION not in found


def restarts(made: Machine) -> int:
    return sum("try-restart" in call for call in made.called("systemctl"))


def test_a_container_that_is_silent_for_half_an_hour_is_restarted_once(aws: Machine, ports: dict[str, str]) -> None:
    silent = {"CORE_PORT": DEAD, "LAUNCHER_PORT": DEAD}
    (aws.run_dir / "silent-minutes").write_text("28")
    sent(aws, **silent)
    assert restarts(aws) == 0
    sent(aws, **silent)
    assert restarts(aws) == 1
    sent(aws, **silent)
    assert restarts(aws) == 1


def test_an_answer_or_a_waiting_unit_ends_the_count(aws: Machine, ports: dict[str, str]) -> None:
    count = aws.run_dir / "silent-minutes"
    count.write_text("28")
    sent(aws, **ports)
    assert not count.exists()
    count.write_text("28")
    aws.program("systemctl", '[ "$1" != is-active ] || exit 3')  # still in its start steps
    sent(aws, CORE_PORT=DEAD, LAUNCHER_PORT=DEAD)
    assert not count.exists()
    assert restarts(aws) == 0


def test_rules_that_are_gone_are_loaded_again_and_the_container_restarts(aws: Machine, ports: dict[str, str]) -> None:
    aws.program("nft", '[ "$1" != list ]')
    assert sent(aws, **ports)[metrics.FIREWALL_UP] == 0
    assert f"nft --file {aws.etc}/firewall.nft" in aws.called("nft")
    calls = aws.calls.read_text().splitlines()
    restart = calls.index("systemctl try-restart --no-block theta-edge-node.service")
    assert calls.index(f"nft --file {aws.etc}/firewall.nft") < restart


def test_without_a_container_or_with_its_rules_nothing_is_loaded(aws: Machine, ports: dict[str, str]) -> None:
    sent(aws, **ports)
    aws.program("nft", '[ "$1" != list ]')
    aws.program("systemctl", '[ "$1" != is-active ] || exit 3')
    sent(aws, **ports)
    assert not any("--file" in call for call in aws.called("nft"))
    assert restarts(aws) == 0


@pytest.mark.parametrize("answer", [b"no HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
def test_what_is_no_http_is_no_answer(aws: Machine, answer: bytes) -> None:
    class Garbage(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            self.request.sendall(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Garbage) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        port = str(listening.server_address[1])
        assert sent(aws, CORE_PORT=port, LAUNCHER_PORT=port)[metrics.NODE_READY] == 0
        listening.shutdown()


@pytest.mark.parametrize("moment", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_job_at_no_moment_at_all_is_none(aws: Machine, node: Node, ports: dict[str, str], moment: str) -> None:
    # A cloud would refuse it, and all other metrics with it.
    node.results["edgelauncher.GetPastJobs"] = {"body": [{"end_time": moment}]}
    assert metrics.LAST_JOB_AGE not in sent(aws, **ports)


class Cloud:
    """Metadata service and monitoring interface of Azure or Google Cloud."""

    machine = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/theta-a"

    def __init__(self) -> None:
        self.received: list[Request] = []
        self.preempted = False

    def answer(self, request: Request) -> tuple[int, Any]:
        path, local = request.path, request.headers
        if path.startswith("/metadata/") and local.get("Metadata") == "true":
            return self._azure(path)
        if path.startswith("/computeMetadata/v1/") and local.get("Metadata-Flavor") == "Google":
            return 200, self._gcp(path.removeprefix("/computeMetadata/v1/"))
        if local.get("Authorization") == "Bearer t0ken" and request.method == "POST":
            self.received.append(request)
            return 200, {}
        return 403, {}

    def _azure(self, path: str) -> tuple[int, Any]:
        if path.startswith("/metadata/identity/oauth2/token?"):
            wants = ("resource=https%3A%2F%2Fmonitoring.azure.com%2F", f"msi_res_id={quote(AZURE.identity, safe='')}")
            known = all(want in path for want in wants)
            return (200, {"access_token": "t0ken"}) if known else (400, {})
        if path.startswith("/metadata/scheduledevents?"):
            return 200, {"Events": [{"EventType": "Preempt"}] if self.preempted else []}
        return 200, {"resourceId": self.machine}

    def _gcp(self, path: str) -> Any:
        return {
            "project/project-id": "acme",
            "instance/zone": "projects/1/zones/us-central1-a",
            "instance/id": "42",
            "instance/service-accounts/default/token": {"access_token": "t0ken"},
            "instance/preempted": "TRUE" if self.preempted else "FALSE",
        }[path]


@pytest.fixture
def cloud() -> Iterator[tuple[Cloud, dict[str, str]]]:
    cloud = Cloud()
    with ExitStack() as stack:
        url, _ = stack.enter_context(server(cloud.answer))
        yield cloud, {"METADATA_URL": url, "MONITOR_URL": url}


def test_on_azure_each_is_a_custom_metric_of_the_machine(
    machine: Callable[..., Machine], cloud: tuple[Cloud, dict[str, str]], ports: dict[str, str]
) -> None:
    received, env = cloud
    result = prepared(machine(AZURE)).python("metrics.py", **ports, **env)
    assert result.returncode == 0, result.stderr
    assert {request.path for request in received.received} == {f"{Cloud.machine}/metrics"}
    bases = [request.body["data"]["baseData"] for request in received.received]
    assert {base["metric"] for base in bases} == metrics.of_machine(gpu=True, spot=False) - {metrics.DISK_USED}
    assert {(base["namespace"], *base["dimNames"]) for base in bases} == {(metrics.NAMESPACE, "Node")}
    [height] = [base["series"] for base in bases if base["metric"] == metrics.BLOCK_HEIGHT]
    figures = {"min": 25223860, "max": 25223860, "sum": 25223860, "count": 1}
    assert height == [{"dimValues": [AZURE.node], **figures}]


def test_on_google_cloud_all_go_in_one_call(
    machine: Callable[..., Machine], cloud: tuple[Cloud, dict[str, str]], ports: dict[str, str]
) -> None:
    received, env = cloud
    result = prepared(machine(GCP)).python("metrics.py", **ports, **env)
    assert result.returncode == 0, result.stderr
    [request] = received.received
    assert request.path == "/v3/projects/acme/timeSeries"
    series = request.body["timeSeries"]
    expected = metrics.of_machine(gpu=True, spot=False) - {metrics.DISK_USED}
    names = {metric_type(metrics.NAMESPACE, name) for name in expected}
    assert {one["metric"]["type"] for one in series} == names
    assert series[0]["metric"]["labels"] == {"Node": GCP.node}
    labels = {"project_id": "acme", "instance_id": "42", "zone": "us-central1-a"}
    assert series[0]["resource"] == {"type": "gce_instance", "labels": labels}
    assert all(type(one["points"][0]["value"]["doubleValue"]) in (int, float) for one in series)


@pytest.mark.parametrize("boot", [AZURE, GCP], ids=["azure", "gcp"])
def test_the_notice_of_an_eviction_stops_the_node_and_is_sent(
    machine: Callable[..., Machine], cloud: tuple[Cloud, dict[str, str]], boot: Boot
) -> None:
    told, env = cloud
    told.preempted = True
    made = prepared(machine(boot.but(spot=True)))
    result = made.python("metrics.py", "spot", **env)
    assert result.returncode == 0, result.stderr
    assert (made.run_dir / "interrupted").exists()
    assert "systemctl stop --no-block theta-edge-node.service" in made.called("systemctl")
    assert len(told.received) == 1
    assert metrics.SPOT_INTERRUPTION in json.dumps(told.received[0].body)


def test_the_notice_of_an_interruption_on_aws(aws: Machine) -> None:
    looks = 0

    def answer(request: Request) -> tuple[int, Any]:
        nonlocal looks
        if request.path == "/latest/api/token" and request.method == "PUT":
            return 200, "t0ken"
        if request.headers.get("X-Aws-Ec2-Metadata-Token") != "t0ken":
            return 401, ""
        looks += 1
        return (200, {"action": "terminate"}) if looks > 2 else (404, "")

    with server(answer) as (url, _):
        result = aws.python("metrics.py", "spot", METADATA_URL=url, DELAY="0")
    assert result.returncode == 0, result.stderr
    assert looks == 3
    assert json.loads((aws.root / "sent").read_text())[0]["Value"] == 1


def test_ready_ends_once_the_node_answers_and_records_whose_disk_it_is(
    aws: Machine, node: Node, ports: dict[str, str]
) -> None:
    node.results["edgecore.GetStatus"] = RuntimeError("starting")
    aws.program("docker", "exit 0")
    (aws.run_dir / "password").write_text(PASSWORD)
    answer = node.answer
    asked = 0

    def later(request: Request) -> tuple[int, Any]:
        nonlocal asked
        asked += 1
        if asked == 3:
            node.results["edgecore.GetStatus"] = STATUS
        return answer(request)

    with server(later) as (url, _):
        result = aws.python("ready.py", CORE_PORT=node.port(url), DELAY="0")
    assert result.returncode == 0, result.stderr
    assert asked == 3
    assert result.stderr.count("not ready: edgecore.GetStatus: no result") == 1
    assert json.loads((aws.mount / ".nodeyard" / "identity.json").read_text())["address"] == ADDRESS
    assert aws.called("docker") == ["docker image prune --all --force"]


def test_ready_fails_when_another_identity_answers(aws: Machine, ports: dict[str, str]) -> None:
    (aws.run_dir / "password").write_text(PASSWORD)
    aws.program("docker", "exit 0")
    assert aws.python("identity.py", "record", "0x1").returncode == 0
    result = aws.python("ready.py", **ports)
    assert result.returncode == 1
    assert f"the node answers as {ADDRESS}, but this disk belongs to 0x1" in result.stderr
    # The image that ran before is kept.
    assert not aws.called("docker")


def test_the_agent_on_aws_sends_what_the_dashboard_shows() -> None:
    names = cloudwatch_metrics(AWS.cloud.agent_config)
    assert names >= {
        "cpu_usage_active",
        "cpu_usage_iowait",
        "mem_used_percent",
        "disk_used_percent",
        "diskio_reads",
        "diskio_read_time",
        "net_bytes_sent",
        "netstat_tcp_established",
        "nvidia_smi_utilization_gpu",
    }
    assert not any(name.startswith("nvidia") for name in cloudwatch_metrics(AWS.but(gpu=False).cloud.agent_config))


def test_the_agent_on_aws_needs_no_more_than_its_namespace_and_its_log_group() -> None:
    config = json.loads(AWS.cloud.agent_config)
    assert config["metrics"]["namespace"] == metrics.NAMESPACE
    assert config["metrics"]["aggregation_dimensions"] == [[DIMENSION]]
    [file] = config["logs"]["logs_collected"]["files"]["collect_list"]
    assert (file["log_group_name"], file["log_stream_name"]) == (AWS.made.log_group, AWS.node)
    # Else it would call PutRetentionPolicy, which the role does not allow.
    assert file["retention_in_days"] == -1


def test_the_agent_on_azure_is_configured_by_the_component() -> None:
    assert AZURE.cloud.agent_config == ""
