"""`nodeyard logs`, `restart`, `stop`, `start`, `shell` and `exec`, of any component; kubectl is a stand-in."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ops.workloads import rolling
from tests.ops.harness import CHECKOUT, Command, alive, aws_stack, environment, eventually
from tests.ops.tasks_cluster import (
    CLEAN,
    NAMESPACE,
    RELEASE,
    changes,
    cron_job,
    deployment,
    network,
    pod,
    replicas,
    stateful_set,
    write,
)

STACK = "a-stack"


@pytest.fixture(autouse=True)
def deployed(nodeyard: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    nodeyard.deploy(STACK, **aws_stack(namespace=NAMESPACE, release=RELEASE))
    monkeypatch.setattr(rolling, "LOOK_SECONDS", 0.01)


def options(nodeyard: Command, verb: str) -> list[list[str]]:
    return [call[1:] for call in nodeyard.calls("kubectl") if call[0] == verb]


# --- logs ---


def test_a_tasks_log_is_that_of_its_own_container(nodeyard: Command) -> None:
    write(nodeyard, *network("miner-0", "miner-1"), logs="one\ntwo\x1b[2J\nthree")
    result = nodeyard("logs", STACK, "miner-1")
    assert (result.exit_code, result.stdout) == (0, "one\ntwo�[2J\nthree\n")
    assert options(nodeyard, "logs") == [
        ["pod/miner-1-0", "--namespace", NAMESPACE, "--container", "node", "--tail", "200"]
    ]


def test_all_logs_of_a_stack_say_which_pod_said_a_line(nodeyard: Command) -> None:
    write(nodeyard, *network("miner-0", "miner-1"), logs="[pod/miner-0-0/node] mined\n[pod/miner-1-0/node] sealed\n")
    result = nodeyard("logs", STACK, "--grep", "min.d", "--since", "1h30m")
    assert (result.exit_code, result.stdout) == (0, "[pod/miner-0-0/node] mined\n")
    (asked,) = options(nodeyard, "logs")
    assert asked[:4] == ["--selector", f"app.kubernetes.io/instance={RELEASE}", "--namespace", NAMESPACE]
    assert {"--prefix", "--ignore-errors"} < set(asked)
    assert asked[-4:] == ["--tail", "-1", "--since", "1h30m"]


def test_of_a_task_with_several_pods_all_are_shown_and_of_a_schedule_the_newest_run(nodeyard: Command) -> None:
    pods = [pod(f"node-{number}", "node") for number in range(2)]
    runs = [pod(f"backup-{number}-abc", "backup") for number in (9, 10)]
    write(nodeyard, deployment("player-node", "node", 2), *pods, cron_job("backup"), *runs, logs="said\n")
    assert nodeyard("logs", STACK, "node", "--tail", "5").exit_code == 0
    assert nodeyard("logs", STACK, "backup", "--previous").exit_code == 0
    several, newest = options(nodeyard, "logs")
    assert several[1] == f"app.kubernetes.io/instance={RELEASE},app.kubernetes.io/component=node"
    assert (newest[0], newest[-1]) == ("pod/backup-10-abc", "--previous")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("miner-7",), 2, "Stack a-stack has no part miner-7. It has: miner-0, miner-9, miner-10."),
        (("miner-0", "--since", "yesterday"), 2, "--since must be a time"),
        (("miner-0", "--grep", "("), 2, "--grep is no regular expression"),
        (("miner-0", "--follow", "--previous"), 2, "--previous is of a container that has ended"),
        (("miner-0", "--container", "sidecar"), 2, "There is no container sidecar. There are: node, tools, restore."),
        (("miner-9",), 1, "miner-9 has no log: it is stopped."),
    ],
)
def test_logs_that_cannot_be_shown(nodeyard: Command, words: Sequence[str], code: int, said: str) -> None:
    write(nodeyard, *network("miner-0", "miner-10"), stateful_set("miner-9", replicas=0))
    result = nodeyard("logs", STACK, *words)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


@pytest.mark.parametrize("words", [(), ("--follow",)])
def test_a_container_that_has_not_started_has_no_log_yet(nodeyard: Command, words: Sequence[str]) -> None:
    waiting = pod("miner-0-0", "miner-0")
    waiting["spec"]["containers"][0]["name"] = "waits"
    write(nodeyard, stateful_set("miner-0"), waiting)
    result = nodeyard("logs", STACK, "miner-0", *words)
    assert (result.exit_code, "waiting to start: PodInitializing" in result.stderr) == (3, True)


def test_a_log_is_followed_until_ctrl_c(nodeyard: Command) -> None:
    write(nodeyard, *network("miner-0"), logs="first\n")
    child = {**os.environ, **environment(nodeyard.directory), "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "ops", "logs", STACK, "miner-0", "--follow"],
        env=child,
        cwd=nodeyard.directory,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "first\n"
    assert eventually(lambda: bool(nodeyard.pids()))
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert eventually(lambda: not any(alive(pid) for pid in nodeyard.pids()))


# --- restart ---


def test_a_restart_says_what_it_does_to_the_chain_and_asks(nodeyard: Command) -> None:
    write(nodeyard, *network("miner-0"))
    unasked = nodeyard("restart", STACK, "miner-0")
    assert (unasked.exit_code, "give --yes" in unasked.stderr, changes(nodeyard)) == (2, True, [])
    assert "It runs once: its old pod ends before a new one starts." in unasked.stderr
    assert "it makes no block" in unasked.stderr
    result = nodeyard("restart", STACK, "miner-0", "--yes")
    assert (result.exit_code, changes(nodeyard)) == (0, ["delete pod/miner-0-0"])


@pytest.mark.parametrize(
    ("chart", "component", "said"),
    [
        ("metis-sequencer", "themis", "signing state keeps it from signing a height twice"),
        ("metis-sequencer", "themis-address", "The machine keeps its address"),
        ("nodeos-bp", "nodeos-bp-1", "nodeyard nodeos switch-producer"),
        ("theta-edge-node", "edge", "job that it is at ends"),
        ("tsm-node", "node", "signs nothing"),
    ],
)
def test_every_component_has_its_own_warning(nodeyard: Command, chart: str, component: str, said: str) -> None:
    write(nodeyard, stateful_set(component, chart=chart), pod(f"{component}-0", component, chart=chart))
    assert said in nodeyard("restart", STACK, component).stderr


def test_a_clean_start_is_asked_for_in_the_container_before_the_pod_goes(nodeyard: Command) -> None:
    write(nodeyard, *network("passive-0"))
    result = nodeyard("restart", STACK, "passive-0", "--clean", "--yes")
    assert (result.exit_code, changes(nodeyard)) == (0, ["exec pod/passive-0-0", "delete pod/passive-0-0"])
    (asked,) = options(nodeyard, "exec")
    assert asked[-4:] == ["node", "--", "touch", CLEAN]


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        ({"clean": False}, 2, "themis has no clean start"),
        ({"clean": True, "running": False}, 1, "themis does not run (pod themis-0 is PodInitializing)"),
    ],
)
def test_a_clean_start_is_refused(nodeyard: Command, state: dict[str, bool], code: int, said: str) -> None:
    write(nodeyard, stateful_set("themis"), pod("themis-0", "themis", **state))
    result = nodeyard("restart", STACK, "themis", "--clean", "--yes")
    assert (result.exit_code, said in result.stderr, changes(nodeyard)) == (code, True, [])


def test_several_pods_are_restarted_one_at_a_time_and_not_past_one_that_stays_down(
    nodeyard: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    pods = [pod(f"node-{number}", "node") for number in range(3)]
    owner = {**stateful_set("node", 3), "kind": "StatefulSet"}
    write(nodeyard, owner, *pods)
    assert nodeyard("restart", STACK, "node", "--yes").exit_code == 0
    assert changes(nodeyard) == ["delete pod/node-0", "delete pod/node-1", "delete pod/node-2"]
    monkeypatch.setattr("ops.workloads.commands.Pace", lambda: rolling.Pace(0.0, 0.05))
    write(nodeyard, owner, *pods, heals=False)
    result = nodeyard("restart", STACK, "node", "--yes")
    assert (result.exit_code, "node is not healthy after 0.05 seconds" in result.stderr) == (1, True), result.stderr
    assert changes(nodeyard)[3:] == ["delete pod/node-0"]


@pytest.mark.parametrize(
    ("task", "code", "said"),
    [("backup", 2, "backup runs by a schedule"), ("miner-9", 1, "`nodeyard start a-stack miner-9` starts it")],
)
def test_what_has_no_pod_of_its_own_is_not_restarted(nodeyard: Command, task: str, code: int, said: str) -> None:
    write(nodeyard, cron_job("backup"), stateful_set("miner-9", replicas=0))
    result = nodeyard("restart", STACK, task, "--yes")
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


# --- stop and start ---


def test_a_task_is_stopped_and_started_again(nodeyard: Command) -> None:
    write(nodeyard, *network("miner-0"), deployment("a-stack-node", "node", 3))
    assert nodeyard("stop", STACK, "miner-0").exit_code == 2
    assert replicas(nodeyard, "miner-0") == 1
    stopped = nodeyard("stop", STACK, "miner-0", "--yes")
    assert (stopped.exit_code, replicas(nodeyard, "miner-0")) == (0, 0)
    assert "an `up` that" in " ".join(stopped.stderr.lower().split())
    assert "is stopped already" in nodeyard("stop", STACK, "miner-0", "--yes").stderr
    assert nodeyard("start", STACK, "miner-0").exit_code == 0
    assert replicas(nodeyard, "miner-0") == 1
    assert "is started already, with 1 pod." in nodeyard("start", STACK, "miner-0").stderr
    several = nodeyard("stop", STACK, "node", "--yes")
    assert "`nodeyard start a-stack node --replicas 3` starts it" in several.stderr
    assert nodeyard("start", STACK, "node", "--replicas", "3").exit_code == 0
    assert replicas(nodeyard, "a-stack-node") == 3


def test_what_may_run_once_is_never_started_twice_and_a_schedule_is_not_scaled(nodeyard: Command) -> None:
    write(nodeyard, stateful_set("miner-0", replicas=0), cron_job("backup"))
    twice = nodeyard("start", STACK, "miner-0", "--replicas", "2")
    assert (twice.exit_code, "miner-0 may run once" in twice.stderr) == (2, True)
    schedule = nodeyard("stop", STACK, "backup", "--yes")
    assert (schedule.exit_code, "runs by a schedule" in schedule.stderr) == (2, True)
    assert changes(nodeyard) == []


# --- shell ---


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, None], ids=str)
def test_however_a_shell_ends_the_kubeconfig_that_it_was_given_is_gone(
    nodeyard: Command, ending: signal.Signals | None
) -> None:
    config = {"clusters": [{"name": "own", "cluster": {"server": "https://own"}}]}
    nodeyard.deploy(STACK, **aws_stack(namespace=NAMESPACE, release=RELEASE, kubeconfig=config))
    write(nodeyard, *network("miner-0"), stays=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "ops", "shell", STACK, "miner-0"],
        env={**os.environ, **environment(nodeyard.directory), "PYTHONPATH": str(CHECKOUT)},
        cwd=nodeyard.directory,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert eventually(lambda: bool(nodeyard.pids()), 60)
    given = Path((nodeyard.directory / "kubeconfig").read_text())
    assert given.exists()
    if ending:
        process.send_signal(ending)
    else:
        os.kill(nodeyard.pids()[0], signal.SIGKILL)  # the shell itself
    process.wait(60)
    assert not given.parent.exists()
    assert eventually(lambda: not alive(nodeyard.pids()[0]))


# --- exec ---


def exec_in(nodeyard: Command, *words: str, verb: str = "exec") -> subprocess.CompletedProcess[str]:
    child = {**os.environ, **environment(nodeyard.directory), "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "ops", verb, STACK, *words]
    return subprocess.run(command, env=child, cwd=nodeyard.directory, capture_output=True, text=True, input="")


def test_a_command_runs_in_a_pod_that_is_ready_and_its_exit_code_is_ours(nodeyard: Command) -> None:
    pods = [pod("node-0", "node", ready=False), pod("node-1", "node")]
    write(nodeyard, deployment("a-stack-node", "node", 2), *pods)
    result = exec_in(nodeyard, "node", "--", "ls", "-l", "/data")
    assert (result.returncode, result.stdout) == (0, "ls -l /data\n")
    assert options(nodeyard, "exec")[0][:6] == [
        "pod/node-1",
        "--namespace",
        NAMESPACE,
        "--stdin",
        "--container",
        "node",
    ]
    assert exec_in(nodeyard, "node", "--", "fails").returncode == 7


def test_a_command_needs_a_container_that_runs(nodeyard: Command) -> None:
    write(nodeyard, stateful_set("miner-0"), pod("miner-0-0", "miner-0", running=False))
    result = nodeyard("exec", STACK, "miner-0", "--", "ls")
    assert (result.exit_code, result.stderr) == (
        1,
        "nodeyard: miner-0 does not run: pod miner-0-0 is PodInitializing.\n",
    )


def test_a_shell_is_bash_or_else_sh_in_the_container(nodeyard: Command) -> None:
    write(nodeyard, *network("miner-0"))
    result = exec_in(nodeyard, "miner-0", "--container", "tools", verb="shell")
    assert (result.returncode, result.stdout.split()[:2]) == (0, ["sh", "-c"])
    (asked,) = options(nodeyard, "exec")
    assert asked[:6] == ["pod/miner-0-0", "--namespace", NAMESPACE, "--stdin", "--container", "tools"]
    assert asked[-1] == "command -v bash >/dev/null && exec bash || exec sh"
    unknown = nodeyard("shell", STACK, "miner-0", "--container", "x")
    assert (unknown.exit_code, "miner-0 has no container x." in unknown.stderr) == (2, True)


# --- what a stack says ---


def test_of_several_releases_a_task_has_its_objects_name(nodeyard: Command) -> None:
    nodeyard.deploy(STACK, **aws_stack(releases={"tsm-0": NAMESPACE, "tsm-1": NAMESPACE}))
    objects = [deployment(f"tsm-{number}-node", "node", release=f"tsm-{number}") for number in range(2)]
    write(nodeyard, *objects)
    result = nodeyard("logs", STACK, "node")
    assert result.stderr == "nodeyard: Stack a-stack has no part node. It has: tsm-0-node, tsm-1-node.\n"
    assert nodeyard("stop", STACK, "tsm-1-node", "--yes").exit_code == 0
    assert [replicas(nodeyard, f"tsm-{number}-node") for number in range(2)] == [1, 0]


@pytest.mark.parametrize(
    ("outputs", "code", "said"),
    [
        ({}, 2, "Stack a-stack runs nothing in a cluster"),
        ({"releases": {}}, 2, "Stack a-stack runs nothing in a cluster"),
        ({"namespace": "elsewhere", "release": RELEASE}, 1, "Is kubectl's context another one?"),
    ],
)
def test_a_stack_without_tasks(nodeyard: Command, outputs: dict[str, object], code: int, said: str) -> None:
    nodeyard.deploy(STACK, **aws_stack(**outputs))
    write(nodeyard, *network("miner-0"))
    result = nodeyard("logs", STACK)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


def test_without_kubectl_or_rights_nothing_is_known(nodeyard: Command) -> None:
    write(nodeyard, *network("miner-0"), forbidden=["statefulsets.apps,deployments.apps,cronjobs.batch,pods"])
    result = nodeyard("stop", STACK, "miner-0", "--yes")
    assert (result.exit_code, "Forbidden" in result.stderr) == (3, True)
