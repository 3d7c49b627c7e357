"""`nodeyard nodeos`, run as an operator does: kubectl is a stand-in that really forwards, to real managers."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.ops.harness import CHECKOUT, REGION, TOOLS, Command, alive, aws_stack, environment, eventually, told
from tests.ops.nodeos_cluster import LEASE, NAMESPACE, NEW, TOKEN, Cluster
from tests.ops.nodeos_served import Served, served

STACK = "nodeos-jungle"
ORDINALS = ("nodeos-bp-0", "nodeos-bp-1")
SPARE = {"ordinals": {"nodeos-bp-0": {"mayProduce": True}, "nodeos-bp-1": {"mayProduce": False}}}


@pytest.fixture
def cluster(nodeyard: Command) -> Iterator[Served]:
    with served(lambda: Cluster(count=2)) as running:
        nodeyard.install("kubectl", "kubectl_nodeos")
        for name, value in places(running).items():
            nodeyard.monkeypatch.setenv(name, value)
        deploy(nodeyard)
        (nodeyard.directory / "token").write_text(f"{TOKEN}\n")
        yield running


def deploy(nodeyard: Command, **outputs: Any) -> None:
    ordinals = {name: {"service": name, "pod": f"{NAMESPACE}/{name}-0", "zone": "us-east-2a"} for name in ORDINALS}
    known = {
        "component": "nodeos_bp_cluster",
        "namespace": NAMESPACE,
        "ordinals": ordinals,
        "lease": LEASE,
        "failover": "manual",
        "missing": [],
    }
    nodeyard.deploy(STACK, **aws_stack(**{**known, "producers": ["ours"], **outputs}))


def places(running: Served) -> dict[str, str]:
    return {"CONTROL": running.control, "FORWARD": str(TOOLS / "forward.py")}


def status(nodeyard: Command, *words: str) -> Any:
    return nodeyard("status", STACK, *words, "--key-file", str(nodeyard.directory / "token"))


def run(nodeyard: Command, *words: str) -> Any:
    return nodeyard("nodeos", words[0], STACK, *words[1:], "--token-file", str(nodeyard.directory / "token"))


def test_the_status_of_a_cluster_that_is_well(nodeyard: Command, cluster: Served) -> None:
    # Its seconds are a fifth of ours: on a busy machine a head is old at once.
    results = (status(nodeyard, "--json") for _ in range(10))
    result = next((each for each in results if each.exit_code == 0), None)
    assert result is not None
    envelope, found = json.loads(result.stdout), told(result)
    whole = found["details"]
    assert (whole["holder"], whole["producing"], envelope["problems"]) == ("nodeos-bp-0", ["nodeos-bp-0"], [])
    (first, second) = found["parts"]
    managers = [each["details"]["manager"] for each in (first, second)]
    assert [each["standing"] for each in managers] == ["may produce", "paused"]
    assert (second["details"]["phase"], second["details"]["machine"]["ready"], second["problems"]) == (
        "Running",
        True,
        [],
    )
    assert managers[1]["schedule"]["in"] is True
    table = status(nodeyard).stdout
    assert "nodeos-bp-0 holds the right to produce (manual)." in table
    row = next(line for line in table.splitlines() if "nodeos-bp-1" in line)
    assert row.split()[:4] == ["nodeos-bp-1", "healthy", "nodeos-bp-1-0", "node-1"]
    assert {"running", "paused"} <= set(row.split())
    # Tunnels end with the command.
    assert nodeyard.pids()
    assert eventually(lambda: not any(alive(pid) for pid in nodeyard.pids()))


def test_a_switch_and_a_second_one_that_finds_it_done(nodeyard: Command, cluster: Served) -> None:
    dry = run(nodeyard, "switch-producer", "--to", "nodeos-bp-1", "--dry-run")
    assert (dry.exit_code, cluster.producing()) == (0, ["nodeos-bp-0"])
    assert dry.stdout.splitlines() == [
        "1. nodeos-bp-0: pause it in the gap between its turns, and release its right",
        "2. nodeos-bp-1: give it the right, and resume its production",
    ]
    result = run(nodeyard, "switch-producer", "--to", "nodeos-bp-1")
    assert result.exit_code == 0, result.stderr
    assert "nodeos-bp-1 produces when its turn comes, and nobody else does." in result.stderr
    assert cluster.producing() == ["nodeos-bp-1"]
    asked = cluster.do(lambda each: list(each.asked))
    assert run(nodeyard, "switch-producer", "--to", "nodeos-bp-1").exit_code == 0
    assert cluster.do(lambda each: list(each.asked)) == asked
    assert not cluster.do(lambda each: each.chain.doubles())


def test_a_switch_that_is_interrupted_says_what_goes_on_and_leaves_no_tunnel(
    nodeyard: Command, cluster: Served
) -> None:
    child = {**os.environ, **environment(nodeyard.directory), **places(cluster), "PYTHONPATH": str(CHECKOUT)}
    words = ["nodeos", "switch-producer", STACK, "--to", "nodeos-bp-1", "--token-file", "token"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ops", *words],
        env=child,
        cwd=nodeyard.directory,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stderr is not None
    said = process.stderr.readline()
    while "pause it in the gap" not in said:
        said = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(30) == 130, rest
    assert "It goes on from here by: nodeyard nodeos switch-producer nodeos-jungle --to nodeos-bp-1" in rest
    assert not [pid for pid in nodeyard.pids() if alive(pid)]
    assert run(nodeyard, "switch-producer", "--to", "nodeos-bp-1").exit_code == 0
    assert cluster.producing() == ["nodeos-bp-1"]


def test_an_upgrade_of_two(nodeyard: Command, cluster: Served) -> None:
    early = run(nodeyard, "upgrade", "--image", NEW)
    assert (early.exit_code, "`pulumi up -s nodeos-jungle` first" in early.stderr) == (2, True)

    def release(each: Cluster) -> None:
        for pod in each.pods.values():
            pod.template = NEW

    cluster.do(release)
    pending = status(nodeyard)
    assert (pending.exit_code, "a restart is pending: it runs" in pending.stdout) == (1, True)
    result = run(nodeyard, "upgrade", "--image", NEW)
    assert result.exit_code == 0, result.stderr
    assert cluster.do(lambda each: {pod.image for pod in each.pods.values()}) == {NEW}
    assert cluster.producing() == ["nodeos-bp-1"]


def test_a_restore_is_asked_for_and_is_never_the_producers(nodeyard: Command, cluster: Served) -> None:
    unasked = run(nodeyard, "restore", "--ordinal", "nodeos-bp-1")
    assert (unasked.exit_code, "give --yes" in unasked.stderr) == (2, True)
    producer = run(nodeyard, "restore", "--ordinal", "nodeos-bp-0", "--yes")
    assert (producer.exit_code, "has the right to produce" in producer.stderr) == (1, True)


def test_a_lost_ordinal_is_vouched_for_by_a_taint_and_a_yes(nodeyard: Command, cluster: Served) -> None:
    switch = ("switch-producer", "--to", "nodeos-bp-1", "--lost", "nodeos-bp-0")
    assert "answers: it is not lost" in run(nodeyard, *switch, "--dry-run").stderr
    cluster.do(lambda each: each.lose("nodeos-bp-0"))
    lost = status(nodeyard)
    assert (lost.exit_code, "node node-0 is not ready" in lost.stdout) == (1, True)
    unsafe = run(nodeyard, *switch, "--yes")
    assert (unsafe.exit_code, "it may go on producing" in unsafe.stderr) == (1, True)
    taint = {"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}
    cluster.do(lambda each: each.nodes["node-0"]["spec"].update(taints=[taint]))
    unasked = run(nodeyard, *switch)
    assert (unasked.exit_code, "Is its node node-0 off for certain" in unasked.stderr) == (2, True)
    assert cluster.producing() == []
    result = run(nodeyard, *switch, "--yes")
    assert result.exit_code == 0, result.stderr
    assert cluster.producing() == ["nodeos-bp-1"]


@pytest.mark.parametrize(
    ("outputs", "words", "code", "said"),
    [
        ({}, ("switch-producer", "--to", "nodeos-bp-7"), 2, "has no ordinal nodeos-bp-7"),
        (SPARE, ("switch-producer", "--to", "nodeos-bp-1"), 2, "nodeos-bp-1 is a spare of stack nodeos-jungle"),
        (SPARE, ("upgrade", "--image", NEW, "--to", "nodeos-bp-1"), 2, "nodeos-bp-1 is a spare of stack"),
        ({"ordinals": {}}, ("reload",), 2, "has no ordinals"),
        ({"failover": "perhaps"}, ("reload",), 2, "failover: Input should be 'manual' or 'automatic'"),
    ],
)
def test_wrong_input(nodeyard: Command, outputs: Any, words: tuple[str, ...], code: int, said: str) -> None:
    deploy(nodeyard, **outputs)
    (nodeyard.directory / "token").write_text(TOKEN)
    result = run(nodeyard, *words)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


def test_another_token_is_refused(nodeyard: Command, cluster: Served) -> None:
    (nodeyard.directory / "token").write_text("another")
    result = status(nodeyard)
    assert result.exit_code == 2, result.stderr
    assert "does not take the token" in result.stderr


def test_without_a_file_the_token_is_the_stacks_secret(nodeyard: Command, cluster: Served) -> None:
    assert "has no secrets" in nodeyard("status", STACK).stderr
    with mock_aws():
        client = boto3.client("secretsmanager", region_name=REGION)
        secret = client.create_secret(Name="nodeos/token")["ARN"]
        deploy(nodeyard, secrets={"token": secret})
        empty = nodeyard("status", STACK)
        assert (empty.exit_code, secret in empty.stderr) == (3, True)
        client.put_secret_value(SecretId=secret, SecretString=f"{TOKEN}\n")
        result = nodeyard("status", STACK)
    assert result.exit_code == 0, result.stderr
    assert TOKEN not in result.output


def test_without_kubectl_nothing_is_known(nodeyard: Command, tmp_path: Path) -> None:
    deploy(nodeyard)
    (nodeyard.directory / "token").write_text(TOKEN)
    nodeyard.monkeypatch.setenv("PATH", str(nodeyard.directory / "bin"))
    result = status(nodeyard)
    assert (result.exit_code, "kubectl cannot be run" in result.stderr) == (3, True), result.stderr
