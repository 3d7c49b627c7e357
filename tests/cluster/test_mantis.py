"""mantis-testnet by `./sandbox/pulumi` onto a real control plane, and what operators do there by `nodeyard`.

The tests share one deployment, in this order.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ops.reach.helm import Record, changed
from tests.cluster.harness import Item, Kubernetes, stateful_set, until
from tests.cluster.harness import Sandbox as Clusters
from tests.cluster.operators import Operator, environment
from tests.engine.harness import Sandbox
from tests.ops.page import NETWORKS, Block, Reader, blocks

STACK, PLATFORM = "mantis-testnet", "platform-aws"
LABEL = "nodeyard.io/mantis"
MINERS, PASSIVE = [f"miner-{n}" for n in range(5)], [f"passive-{n}" for n in range(5)]
STOPPED = "passive-4"
"""The task that an operator stops."""


@pytest.fixture(scope="module")
def stacks(clusters: Clusters) -> Sandbox:
    sandbox = Sandbox(clusters.home, SANDBOX_CLUSTER_OWNER=str(os.getpid()))
    sandbox.up(STACK)
    return sandbox


@pytest.fixture(scope="module")
def kubernetes(clusters: Clusters, stacks: Sandbox) -> Kubernetes:
    return clusters.kubernetes(PLATFORM)


@pytest.fixture(scope="module")
def nodeyard(clusters: Clusters, stacks: Sandbox) -> Operator:
    return Operator(clusters, PLATFORM)


def running(kubernetes: Kubernetes, *names: str) -> dict[str, Item]:
    """The pod of each node, once it runs."""
    return {name: kubernetes.running(f"{name}-0", STACK) for name in names}


def label(kubernetes: Kubernetes, pod: Item) -> str:
    """Of the machine on which a pod runs: what it is for."""
    node = kubernetes.client.find("Node", pod["spec"]["nodeName"])
    assert node is not None
    return str(node["metadata"]["labels"].get(LABEL))


def test_the_api_server_takes_every_object_and_knows_all_its_fields(stacks: Sandbox, kubernetes: Kubernetes) -> None:
    applied = [item for item in stacks.manifests(STACK) if item["kind"] != "Secret"]
    assert {"StatefulSet", "NetworkPolicy", "CronJob", "PodDisruptionBudget"} <= {item["kind"] for item in applied}
    for item in applied:
        kubernetes.client.apply(item, "test", dry_run=True)


def test_every_pod_runs_on_a_machine_of_its_own_that_was_made_for_it(stacks: Sandbox, kubernetes: Kubernetes) -> None:
    tasks = stacks.outputs(STACK)["tasks"]
    pods = running(kubernetes, *MINERS, *PASSIVE)
    assert len({pod["spec"]["nodeName"] for pod in pods.values()}) == len(pods)
    for name, pod in pods.items():
        assert label(kubernetes, pod) == tasks[name]["nodePool"]
        zone = kubernetes.node_of(f"{name}-0", STACK)["metadata"]["labels"]["topology.kubernetes.io/zone"]
        assert zone == tasks[name]["zone"]


def test_nothing_else_gets_onto_the_networks_machines(kubernetes: Kubernetes) -> None:
    ours = {node["metadata"]["name"] for node in kubernetes.nodes(LABEL)}
    there = [pod for pod in kubernetes.client.list("v1", "Pod") if pod["spec"].get("nodeName") in ours]
    assert {pod["metadata"]["namespace"] for pod in there} == {STACK}
    assert len(ours) == len([*MINERS, *PASSIVE]) + 1  # and the services' machine


def test_each_node_has_a_disk_of_its_own_in_its_zone(stacks: Sandbox, kubernetes: Kubernetes) -> None:
    claims = {c["metadata"]["name"]: c for c in kubernetes.client.list("v1", "PersistentVolumeClaim", STACK)}
    disks = {claims[f"data-{name}-0"]["spec"]["volumeName"] for name in (*MINERS, *PASSIVE)}
    assert len(disks) == len([*MINERS, *PASSIVE])


def test_the_status_says_where_each_node_is(nodeyard: Operator, kubernetes: Kubernetes) -> None:
    """No container runs here, so that no console says how far its node is."""
    pods = running(kubernetes, *MINERS, *PASSIVE)
    told = json.loads(nodeyard("status", STACK, "--json", code=3).stdout)["result"]
    found = {each["part"]: each for each in told["parts"]}
    assert (set(found), told["verdict"]) == ({*pods, "backup"}, "unreachable")
    for name, pod in pods.items():
        assert found[name]["where"] | found[name]["details"] == {
            "pod": f"{name}-0",
            "machine": pod["spec"]["nodeName"],
            "address": pod["status"]["podIP"],
            "publicAddress": None,
            "role": name.partition("-")[0],
        }
        assert f"/exec/{STACK}/{name}-0/node?command=geth&command=attach" in found[name]["problems"][0]


def test_a_node_joins_by_the_genesis_that_the_cluster_has(nodeyard: Operator, stacks: Sandbox) -> None:
    node = nodeyard.clusters.home / "node"
    printed = nodeyard("mantis", "join", STACK, "--port-forward", "--out", str(node)).stdout
    assert printed.count("kubectl port-forward service/miner-") == len(MINERS)
    assert set(json.loads((node / "genesis.json").read_text())) >= {"config", "alloc", "extraData"}


def test_the_pages_section_on_networks_is_followed_line_by_line(
    clusters: Clusters, stacks: Sandbox, kubernetes: Kubernetes, tmp_path: Path
) -> None:
    running(kubernetes, *MINERS, *PASSIVE)
    reader = Reader(tmp_path / "reader", environment(clusters))
    reader.follow(Block("", "", False, ('eval "$(./sandbox/cluster env)"',)))
    for block in blocks():
        if not block.is_elsewhere and block.section == NETWORKS:
            reader.follow(block)
    assert (reader.home / "mantis-node/genesis.json").exists()


def test_logs_and_commands_are_asked_of_the_tasks_own_container(nodeyard: Operator, kubernetes: Kubernetes) -> None:
    running(kubernetes, "miner-0")
    log = nodeyard("logs", STACK, "miner-0", "--since", "1h", "--previous", code=3).stderr
    assert f"/containerLogs/{STACK}/miner-0-0/node?previous=true&sinceSeconds=3600" in log
    command = nodeyard("exec", STACK, "miner-0", "--", "ls", "/data", code=1).stderr
    assert f"/exec/{STACK}/miner-0-0/node?command=ls&command=%2Fdata" in command


def test_a_restarted_task_has_another_pod_with_the_same_disk(nodeyard: Operator, kubernetes: Kubernetes) -> None:
    def disk() -> Item:
        claims = kubernetes.client.list("v1", "PersistentVolumeClaim", STACK)
        return next(claim["metadata"] for claim in claims if claim["metadata"]["name"] == "data-miner-0-0")

    before, kept = running(kubernetes, "miner-0")["miner-0"]["metadata"]["uid"], disk()
    nodeyard("restart", STACK, "miner-0", "--yes")
    until(lambda: kubernetes.pod("miner-0-0", STACK)["metadata"].get("uid", before) != before, "another pod")
    running(kubernetes, "miner-0")
    assert disk()["uid"] == kept["uid"]


def test_a_stopped_task_has_no_pod_until_it_is_started(nodeyard: Operator, kubernetes: Kubernetes) -> None:
    nodeyard("stop", STACK, STOPPED, "--yes")
    until(lambda: not kubernetes.pod(f"{STOPPED}-0", STACK)["spec"], "the end of the pod")
    assert "it is stopped" in nodeyard("logs", STACK, STOPPED, code=1).stderr
    nodeyard("start", STACK, STOPPED)
    running(kubernetes, STOPPED)
    nodeyard("stop", STACK, STOPPED, "--yes")


def test_a_sixth_miner_comes_beside_five_that_run_on(stacks: Sandbox, kubernetes: Kubernetes) -> None:
    others = [name for name in (*MINERS, *PASSIVE) if name != STOPPED]
    before = {name: pod["metadata"]["uid"] for name, pod in running(kubernetes, *others).items()}
    machines = {node["metadata"]["uid"] for node in kubernetes.nodes(LABEL)}
    stacks.set(STACK, {"miners": "6"})
    stacks.up(STACK)
    sixth = running(kubernetes, "miner-5")["miner-5"]
    now = running(kubernetes, *others)
    assert {name: pod["metadata"]["uid"] for name, pod in now.items()} == before
    assert label(kubernetes, sixth) == f"{STACK}-miner-2"
    assert sixth["spec"]["nodeName"] not in {pod["spec"]["nodeName"] for pod in now.values()}
    assert len({node["metadata"]["uid"] for node in kubernetes.nodes(LABEL)} - machines) == 1


def test_an_up_starts_a_stopped_task_where_it_changes_the_release_and_else_not(
    nodeyard: Operator, stacks: Sandbox, kubernetes: Kubernetes
) -> None:
    running(kubernetes, STOPPED)  # by the sixth miner's `up`
    nodeyard("stop", STACK, STOPPED, "--yes")
    stacks.ok("up", "--stack", STACK, "--yes", "--skip-preview", "--expect-no-changes")
    assert stateful_set(kubernetes, STOPPED, STACK)["spec"]["replicas"] == 0


def test_the_history_has_what_the_last_up_changed_and_no_key(
    nodeyard: Operator, clusters: Clusters, kubernetes: Kubernetes
) -> None:
    printed = nodeyard("history", STACK, "--json").stdout
    newest, first = json.loads(printed)["result"]["releases"]
    assert (newest["revision"], newest["status"], first["revision"], first["changes"]) == (2, "deployed", 1, [])
    changed = {each["path"].split(".")[1] for each in newest["changes"] if each["path"].startswith("nodes.")}
    assert changed == {"miner-5"}
    versions = clusters.cloud.world.find("aws:secretsmanager/secretVersion:SecretVersion")
    keys = [version.inputs["secretString"] for version in versions]
    assert len(keys) == len(MINERS) + 2  # the sixth miner's, and the faucet's
    assert not [key for key in keys if key in printed]


def test_a_lost_object_is_named_and_made_again_which_no_up_does(
    nodeyard: Operator, stacks: Sandbox, kubernetes: Kubernetes
) -> None:
    nodeyard("start", STACK, STOPPED)
    running(kubernetes, STOPPED)
    assert json.loads(nodeyard("release", "status", STACK, "--json").stdout)["result"][0]["missing"] == []
    lost = stateful_set(kubernetes, STOPPED, STACK)
    kubernetes.client.delete(lost)
    until(lambda: not kubernetes.pod(f"{STOPPED}-0", STACK)["spec"], "the end of the pod")
    stacks.ok("up", "--stack", STACK, "--yes", "--skip-preview", "--refresh", "--expect-no-changes")
    (told,) = json.loads(nodeyard("release", "status", STACK, "--json", code=1).stdout)["result"]
    assert told["missing"] == [f"statefulset.apps/{STOPPED}"]
    nodeyard("release", "repair", STACK, "--yes")
    running(kubernetes, STOPPED)
    assert stateful_set(kubernetes, STOPPED, STACK)["spec"] == lost["spec"]
    nodeyard("release", "status", STACK)


def test_a_pending_release_stops_every_up_until_it_is_unlocked(
    nodeyard: Operator, stacks: Sandbox, kubernetes: Kubernetes
) -> None:
    selector = f"owner=helm,name={STACK},status=deployed"
    (deployed,) = kubernetes.client.list("v1", "Secret", STACK, labelSelector=selector)
    cut_off = changed(Record.of(deployed), "pending-upgrade", "Preparing upgrade")
    kubernetes.client.merge(deployed, {"metadata": {"labels": cut_off["metadata"]["labels"]}, "data": cut_off["data"]})
    stacks.set(STACK, {"images.tools": "images.invalid/chain-tools:2"})
    refused = stacks.run("up", "--stack", STACK, "--yes", "--skip-preview")
    assert "another operation (install/upgrade/rollback) is in progress" in refused.stdout + refused.stderr
    assert "nodeyard release unlock" in nodeyard("release", "status", STACK, code=1).stderr
    nodeyard("release", "unlock", STACK, "--yes", "--force")
    stacks.up(STACK)
    nodeyard("release", "status", STACK)
