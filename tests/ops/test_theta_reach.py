"""How private nodes are reached: the clouds' command lines are stand-ins, what they forward is real."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.reach import processes
from tests.ops.harness import (
    CHECKOUT,
    REGION,
    TOOLS,
    Command,
    EdgeNode,
    alive,
    environment,
    eventually,
    parts,
    theta_node,
    theta_stack,
)
from tests.ops.tasks_cluster import NAMESPACE, changes, pod, stateful_set, write

QUICK = ("--wait", "1", "--timeout", "3")
IN_SERVICE = [
    {"InstanceId": "i-old", "LifecycleState": "Terminating"},
    {"InstanceId": "i-new", "LifecycleState": "InService"},
]
VM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/theta-a"


@pytest.fixture
def cloud(nodeyard: Command, node: EdgeNode) -> Command:
    """Every cloud's command line, whose nodes are one real one, and a stack on each."""
    for tool in ("aws", "gcloud", "az", "curl", "kubectl"):
        nodeyard.install(tool)
    for name, value in places(node).items():
        nodeyard.monkeypatch.setenv(name, value)
    groups = {
        "group-a": IN_SERVICE,
        "group-empty": [],
        "group-cut-off": [{**IN_SERVICE[1], "InstanceId": "i-disconnected"}],
    }
    (nodeyard.directory / "groups.json").write_text(json.dumps(groups))
    url = "https://www.googleapis.com/compute/v1/projects/nodeyard/zones/us-central1-a/instances/theta-a-x1"
    (nodeyard.directory / "instances.json").write_text(json.dumps([{"instance": url, "instanceStatus": "RUNNING"}]))
    nodeyard.deploy("theta", **theta_stack(nodes={"a": theta_node(instance="i-old", group="group-a")}))
    nodeyard.deploy(
        "theta-gcp",
        component="theta_edge_node",
        cloud={"cloud": "gcp", "account": "nodeyard", "region": "us-central1"},
        nodes={"a": theta_node(group="theta-a", zone="us-central1-a")},
    )
    nodeyard.deploy(
        "theta-azure",
        component="theta_edge_node",
        cloud={"cloud": "azure", "account": "s", "region": "eastus2"},
        nodes={"a": theta_node(instance=VM)},
    )
    nodeyard.deploy("theta-cluster", **theta_stack(nodes={"a": theta_node(pod="theta/theta-a-edge-0")}))
    return nodeyard


def places(node: EdgeNode) -> dict[str, str]:
    ports = {str(port): here for port, here in node.ports.items()}
    return {"PORTS": json.dumps(ports), "FORWARD": str(TOOLS / "forward.py")}


def status(cloud: Command, stack: str) -> tuple[dict[str, Any], int]:
    result = cloud("status", stack, *QUICK, "--json")
    assert result.stdout, result.stderr
    return parts(result)[0], result.exit_code


@pytest.mark.parametrize("stack", ["theta", "theta-gcp", "theta-azure", "theta-cluster"])
def test_a_private_node_answers(cloud: Command, stack: str) -> None:
    found, code = status(cloud, stack)
    assert (code, found["state"], found["problems"]) == (0, "healthy", [])
    assert (found["blocks"], found["peers"], found["runs"], found["jobs"]["count"]) == (1, 2, "1.8.0", 4)


@pytest.mark.parametrize("stack", ["theta", "theta-gcp", "theta-azure"])
def test_an_unhealthy_private_node(cloud: Command, node: EdgeNode, stack: str) -> None:
    node.growth, node.peers = 0, []
    found, code = status(cloud, stack)
    assert (code, found["problems"]) == (1, ["its height did not grow in 1 seconds", "it has no peers"])


@pytest.mark.parametrize(("stack", "processes"), [("theta", 4), ("theta-gcp", 2), ("theta-cluster", 2)])
def test_every_tunnel_is_ended(cloud: Command, stack: str, processes: int) -> None:
    status(cloud, stack)
    assert len(cloud.pids()) == processes
    assert not [pid for pid in cloud.pids() if alive(pid)]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_tunnel_ends_with_the_command(cloud: Command, node: EdgeNode, ending: signal.Signals) -> None:
    child = {**os.environ, **environment(cloud.directory), **places(node), "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "ops", "status", "theta", "--wait", "60"]
    process = subprocess.Popen(
        command,
        env=child,
        cwd=cloud.directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Tests inherit what is ignored: interrupts of a shell in the background, hangups of nohup.
        preexec_fn=lambda: signal.signal(ending, signal.SIG_DFL),
    )
    try:
        assert eventually(lambda: len(node.asked) >= 5, 20), "the tunnels never opened"
        process.send_signal(ending)
        process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert process.returncode not in (0, 1, 3)
    assert len(cloud.pids()) == 4
    assert eventually(lambda: not [pid for pid in cloud.pids() if alive(pid)])


def test_aws_goes_to_the_instance_that_is_in_service(cloud: Command) -> None:
    status(cloud, "theta")
    asked = ["autoscaling", "describe-auto-scaling-groups", "--auto-scaling-group-names", "group-a"]
    assert [*asked, "--region", REGION, "--output", "json"] in cloud.calls("aws")
    sessions = [call for call in cloud.calls("aws") if "AWS-StartPortForwardingSession" in call]
    assert [session[:8] for session in sessions] == [
        [
            "ssm",
            "start-session",
            "--target",
            "i-new",
            "--region",
            REGION,
            "--document-name",
            "AWS-StartPortForwardingSession",
        ]
    ] * 2
    assert sorted(json.loads(session[9])["portNumber"] for session in sessions) == [["15888"], ["17888"]]


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("group-gone", "There is no auto-scaling group group-gone in us-east-2."),
        ("group-empty", "group-empty has no instance in service: it is empty"),
        ("group-cut-off", "aws ssm start-session failed: An error occurred (TargetNotConnected)"),
    ],
)
def test_aws_cannot_reach(cloud: Command, group: str, said: str) -> None:
    cloud.deploy("theta", **theta_stack(nodes={"a": theta_node(group=group)}))
    found, code = status(cloud, "theta")
    assert (code, found["state"]) == (3, "unreachable")
    assert said in found["problems"][0]


def test_unhealthy_weighs_more_than_unreachable(cloud: Command, node: EdgeNode) -> None:
    node.growth = 0
    nodes = {"a": theta_node(group="group-a"), "b": theta_node(group="group-gone")}
    cloud.deploy("theta", **theta_stack(nodes=nodes))
    result = cloud("status", "theta", *QUICK, "--json")
    assert [each["state"] for each in parts(result)] == ["unhealthy", "unreachable"]
    assert result.exit_code == 1
    assert "1 unhealthy, 1 unreachable." in result.stderr


def test_nodes_are_asked_at_the_same_time(cloud: Command) -> None:
    cloud.deploy("theta", **theta_stack(nodes={name: theta_node(group="group-a") for name in "abc"}))
    begun = time.monotonic()
    result = cloud("status", "theta", "--wait", "6", "--json")
    assert result.exit_code == 0
    assert time.monotonic() - begun < 3 * 6


@pytest.mark.parametrize(("stack", "tool"), [("theta", "aws"), ("theta-gcp", "gcloud"), ("theta-azure", "az")])
def test_without_the_command_line(cloud: Command, stack: str, tool: str) -> None:
    # Only Pulumi, and what its stand-in needs.
    (cloud.directory / "bin" / tool).unlink()
    cloud.monkeypatch.setenv("PATH", str(cloud.directory / "bin"))
    found, code = status(cloud, stack)
    assert (code, found["problems"]) == (
        3,
        [f"{tool} cannot be run (No such file or directory): install it, see docs/ops/README.md."],
    )


def test_azure_answers_that_are_too_long(cloud: Command, node: EdgeNode) -> None:
    # Addresses do not compress below half their length.
    node.peers = [f"0x{os.urandom(20).hex()}" for _ in range(300)]
    found, code = status(cloud, "theta-azure")
    assert (code, found["state"]) == (3, "unreachable")
    assert "Run Command returns 4096 bytes" in found["problems"][0]


def test_azure_packs_a_hundred_peers(cloud: Command, node: EdgeNode) -> None:
    node.peers = [f"0x{os.urandom(20).hex()}" for _ in range(100)]
    found, code = status(cloud, "theta-azure")
    assert (code, found["peers"]) == (0, 100)
    # All questions in one, and one for the uptime.
    assert len(cloud.calls("az")) == 2


def test_azure_waits_as_long_as_the_script_may_take(cloud: Command) -> None:
    cloud.monkeypatch.setattr(processes, "COMMAND_LIMIT_SECONDS", 0.5)
    result = cloud("status", "theta-azure", "--wait", "2", "--timeout", "3", "--json")
    assert parts(result)[0]["state"] == "healthy", result.stdout


def test_azure_on_a_machine_without_curl(cloud: Command) -> None:
    (cloud.directory / "bin" / "curl").write_text("#!/bin/sh\nexit 127\n")
    found, code = status(cloud, "theta-azure")
    assert (code, found["state"]) == (3, "unreachable")
    assert "does it have curl" in found["problems"][0]


def test_azure_where_nobody_listens(cloud: Command) -> None:
    gone = EdgeNode()
    with gone.serving():
        cloud.monkeypatch.setenv("PORTS", places(gone)["PORTS"])
    found, code = status(cloud, "theta-azure")
    assert code == 1
    assert "edgecore: no answer in 3 seconds, or nobody listens" in found["problems"]


@pytest.mark.parametrize("stack", ["theta", "theta-gcp", "theta-azure"])
def test_logs_are_the_units_journal(cloud: Command, stack: str) -> None:
    if stack == "theta-azure":
        sudo = cloud.directory / "bin" / "sudo"
        sudo.write_text('#!/bin/sh\necho "$@"\n')
        sudo.chmod(0o755)
    result = cloud("logs", stack, "a", "--tail", "7")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip().endswith("journalctl --unit theta-edge-node --no-pager --lines=7")
    assert "Starting session" not in result.stdout


@pytest.mark.parametrize(
    ("state", "code"),
    # A node takes up to a minute to stop.
    [("active", 0), ("activating", 0), ("deactivating", 0), ("failed", 1), ("", 1)],
)
def test_restart_says_what_came_of_it(cloud: Command, state: str, code: int) -> None:
    (cloud.directory / "said").write_text(f"ActiveState={state}")
    result = cloud("restart", "theta", "a", "--yes")
    assert result.exit_code == code, result.stderr
    ran = [json.loads(call[9])["command"][0] for call in cloud.calls("aws") if call[0] == "ssm"]
    assert ran == [
        "sudo systemctl restart --no-block theta-edge-node",
        "systemctl show --property ActiveState --timestamp=utc theta-edge-node",
    ]


@pytest.mark.parametrize(("state", "known"), [("active", True), ("activating", False)])
def test_uptime_is_the_units_while_it_is_active(cloud: Command, state: str, known: bool) -> None:
    began = (datetime.now(UTC) - timedelta(hours=1)).strftime("%a %Y-%m-%d %H:%M:%S UTC")
    (cloud.directory / "said").write_text(f"ActiveState={state}\r\nActiveEnterTimestamp={began}")
    found, code = status(cloud, "theta")
    assert code == 0
    assert (found["uptime"] is not None) == known
    if known:
        assert 3600 <= found["uptime"] < 3660


@pytest.mark.parametrize(("gpu", "problems"), [(0, ["its GPU does not answer: the node's log says why"]), (1, [])])
def test_a_gpu_that_does_not_answer_is_no_health(cloud: Command, gpu: int, problems: list[str]) -> None:
    measured = {"node_ready": 1, "gpu_up": gpu}
    (cloud.directory / "said").write_text(f"ActiveState=active\r\n{json.dumps(measured)}")
    found, code = status(cloud, "theta")
    assert (code, found["gpuUp"], found["problems"]) == (len(problems), bool(gpu), problems)
    assert found["disk"] is None, "what the machine said has no df in it"
    # Of the unit, of what was measured and of the disk, in one command: on Azure each takes half a minute.
    commands = [json.loads(call[9])["command"][0] for call in cloud.calls("aws") if "NonInteractive" in str(call)]
    assert len(commands) == 1
    assert "sudo cat /run/theta-edge-node/metrics.json" in commands[0]
    assert "df -P -k /data" in commands[0]


def test_the_disk_is_told_as_the_machine_has_it(cloud: Command) -> None:
    df = "Filesystem 1024-blocks Used Available Capacity Mounted on\r\n/dev/nvme1n1 1000 400 600 40% /data"
    (cloud.directory / "said").write_text(f"ActiveState=active\r\n{{}}\r\n{df}")
    assert status(cloud, "theta")[0]["disk"] == {"used": 400 * 1024, "size": 1000 * 1024}


def test_a_restart_on_a_machine_says_what_it_costs_and_asks(cloud: Command) -> None:
    unasked = cloud("restart", "theta", "a")
    assert (unasked.exit_code, "The job that it is at ends, and is lost." in unasked.stderr) == (2, True)
    assert not cloud.calls("aws")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("restart", "theta", "b", "--yes"), "Stack theta has no part b. It has: a."),
        (("restart", "theta", "a", "--clean", "--yes"), "a is on a machine, which has no clean start."),
        (("logs", "theta", "a", "--previous"), "a is on a machine: --previous and --container are of pods."),
        (("shell", "theta", "a", "--container", "x"), "a is on a machine: --container is of pods."),
        (("stop", "theta", "a", "--yes"), "Stack theta runs nothing in a cluster."),
    ],
)
def test_what_only_pods_have_is_refused_on_a_machine(cloud: Command, words: tuple[str, ...], said: str) -> None:
    result = cloud(*words)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert not cloud.calls("aws")


def test_logs_of_a_fleet_are_each_below_its_name(cloud: Command) -> None:
    cloud.deploy("theta", **theta_stack(nodes={name: theta_node(group="group-a") for name in "ab"}))
    result = cloud("logs", "theta", "--since", "1h30m", "--grep", "journal")
    journal = "sudo journalctl --unit theta-edge-node --no-pager --lines=all --since=-1h30m"
    assert result.stdout.splitlines() == ["a:", journal, "b:", journal]
    several = cloud("logs", "theta", "--follow")
    assert (several.exit_code, "Machines are followed one at a time: say which, of a, b." in several.stderr) == (
        2,
        True,
    )


def test_a_node_in_a_cluster_is_its_pod(cloud: Command) -> None:
    found, _ = status(cloud, "theta-cluster")
    assert 3600 <= found["uptime"] < 3660
    assert found["where"]["pod"] == "theta-a-edge-0"
    assert not cloud.calls("aws")


def test_a_node_in_a_cluster_has_the_name_of_the_stack_file_in_every_command(cloud: Command, node: EdgeNode) -> None:
    nodes = {"a": theta_node(pod=f"{NAMESPACE}/theta-a-edge-0")}
    cloud.deploy("theta-cluster", **theta_stack(nodes=nodes, releases={"theta-a": NAMESPACE}, missing=[]))
    labels = {"chart": "theta-edge-node", "release": "theta-a"}
    ports = {str(port): here for port, here in node.ports.items()}
    pods = [stateful_set("theta-a-edge", **labels), pod("theta-a-edge-0", "edge", **labels)]
    pods[0]["metadata"]["labels"]["app.kubernetes.io/component"] = "edge"
    write(cloud, *pods, ports={"theta-a-edge-0": ports}, logs="said")
    found, code = status(cloud, "theta-cluster")
    assert (code, found["part"], found["where"]["machine"]) == (0, "a", "machine-of-edge"), found
    assert cloud("logs", "theta-cluster", "a").stdout == "said\n"
    restart = cloud("restart", "theta-cluster", "a", "--yes")
    assert (restart.exit_code, changes(cloud)) == (0, ["delete pod/theta-a-edge-0"])


def test_an_alarm_of_a_machine_is_no_health(cloud: Command) -> None:
    nodes = {"a": theta_node(group="group-a", alarms=["alarm-1"])}
    cloud.deploy("theta", **theta_stack(nodes=nodes))
    result = cloud("status", "theta", *QUICK)
    assert (result.exit_code, "Alarm alarm-1 (no severity) since 2026-11-30 09:00: why." in result.stdout) == (1, True)


def test_a_pod_that_is_not_there(cloud: Command) -> None:
    cloud.deploy("theta", **theta_stack(nodes={"a": theta_node(pod="theta/theta-b-edge-0")}))
    found, code = status(cloud, "theta")
    assert (code, found["state"]) == (3, "unreachable")
    assert "NotFound" in found["problems"][0]


def test_on_azure_a_shell_runs_line_by_line(cloud: Command) -> None:
    result = cloud("shell", "theta-azure", "a", stdin="echo one $((1 + 1))\n\necho 'it''s' three\n")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "one 2\nits three\n"
    assert all(call[call.index("--scripts") + 1].startswith(" ") for call in cloud.calls("az"))
    assert len(cloud.calls("az")) == 2


def test_azure_cannot_follow(cloud: Command) -> None:
    result = cloud("logs", "theta-azure", "a", "--follow")
    assert (result.exit_code, "cannot follow" in result.stderr) == (2, True)


def test_follow_has_the_terminal_to_itself(cloud: Command, node: EdgeNode) -> None:
    child = {**os.environ, **environment(cloud.directory), **places(node), "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "ops", "logs", "theta-gcp", "a", "--follow"]
    done = subprocess.run(
        command, env=child, cwd=cloud.directory, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "sudo journalctl --unit theta-edge-node --no-pager --lines=200 --follow\n"


def test_shell_becomes_the_session_command(cloud: Command, node: EdgeNode, tmp_path: Path) -> None:
    child = {**os.environ, **environment(cloud.directory), "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "ops", "shell", "theta", "a"]
    done = subprocess.run(
        command, env=child, cwd=cloud.directory, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "shell on a node\n")
    cloud.deploy("theta", **theta_stack(nodes={"a": theta_node(session=None)}))
    assert cloud("shell", "theta", "a").exit_code == 2
