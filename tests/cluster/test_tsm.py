"""A whole TSM in one cluster, by `./sandbox/pulumi` on a real control plane.

The tests share one deployment, in this order. `test_tsm_on_three_clouds.py` has players of three teams.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from tests.cluster.harness import Item, Kubernetes, until
from tests.cluster.harness import Sandbox as Clusters
from tests.cluster.tsm import CONFIG_VERSION, NODE, PULL, Player, classes_of, let_in, name_of, player_in, reached
from tests.engine.harness import Sandbox

STACK, PLATFORM = "tsm-testnet", "platform-aws"
MPC, SDK, MANAGEMENT = 9000, 8080, 14401


@pytest.fixture(scope="module")
def stacks(clusters: Clusters) -> Sandbox:
    sandbox = Sandbox(clusters.home, SANDBOX_CLUSTER_OWNER=str(os.getpid()))
    sandbox.configure(STACK, "--secret", "--path", "nodeyard:secrets.pull", PULL)
    sandbox.up(STACK)
    return sandbox


@pytest.fixture(scope="module")
def players(clusters: Clusters, stacks: Sandbox) -> list[Player]:
    return [player_in(clusters, f"{STACK}-{index}", f"tsm-{index}", PLATFORM) for index in range(3)]


@pytest.fixture(scope="module")
def kubernetes(clusters: Clusters, stacks: Sandbox) -> Kubernetes:
    return clusters.kubernetes(PLATFORM)


def others(player: Player, players: list[Player]) -> list[Player]:
    return [other for other in players if other != player]


# --- what is there, and where it runs


def test_the_api_server_takes_every_object_by_server_side_apply_and_knows_all_fields(
    stacks: Sandbox, players: list[Player]
) -> None:
    for player in players:
        manifests = stacks.manifests(player.name)
        assert {"Deployment", "Job", "Service", "NetworkPolicy", "ServiceMonitor"} <= {one["kind"] for one in manifests}
        for manifest in manifests:
            player.kubernetes.client.apply(manifest, "test", dry_run=True)


def test_each_players_pod_runs_on_a_node_of_its_own_that_is_tainted_for_it(players: list[Player]) -> None:
    for player in players:
        (pod,), (node,) = player.running(1), player.nodes()
        assert pod["spec"]["nodeName"] == name_of(node)
        assert {"key": NODE, "value": player.name, "effect": "NoSchedule"} in node["spec"]["taints"]


def test_nothing_but_the_player_is_on_its_nodes(kubernetes: Kubernetes, players: list[Player]) -> None:
    for player in players:
        player.running(1)
        ours = {name_of(node) for node in player.nodes()}
        there = [pod for pod in kubernetes.client.list("v1", "Pod") if pod["spec"].get("nodeName") in ours]
        assert {pod["metadata"]["labels"]["app.kubernetes.io/instance"] for pod in there} == {player.name}


def test_a_pod_of_one_player_gets_onto_no_node_of_another(players: list[Player]) -> None:
    first, second, _ = players
    with tried(first, nodeSelector={NODE: second.name}) as name:
        first.kubernetes.pending(name, first.namespace, "2 node(s) had untolerated taint(s)")


@contextmanager
def tried(player: Player, **changes: Any) -> Iterator[str]:
    """A pod beside the player's own, with their labels, placement and affinity, which asks its node for nothing."""
    template = player.find("Deployment", "node", "apps/v1")["spec"]["template"]
    spec = {key: template["spec"][key] for key in ("nodeSelector", "tolerations", "affinity")}
    spec["containers"] = [{"name": "app", "image": "images.invalid/app"}]
    metadata = {"name": "beside", "namespace": player.namespace, "labels": template["metadata"]["labels"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, **changes}}
    player.kubernetes.apply(pod)
    try:
        yield name_of(pod)
    finally:
        player.kubernetes.client.request("DELETE", player.kubernetes.client.path(pod), {"gracePeriodSeconds": 0})


# --- who reaches whom


def test_each_player_dials_the_service_that_another_players_pod_is_behind(players: list[Player]) -> None:
    for player in players:
        dialled = player.dialled()
        assert set(dialled.values()) == {
            f"tcp://{other.name}-mpc.{other.namespace}.svc:{MPC}" for other in others(player, players)
        }
        for part, port in {"mpc": MPC, "sdk": SDK, "management": MANAGEMENT}.items():
            (found,) = player.find("Service", part)["spec"]["ports"]
            assert found["port"] == port
            until(partial(answers, player, part), f"{player.name}'s pod behind {part}")


def answers(player: Player, part: str) -> bool:
    """Whether the player's pods are behind a Service, and nobody else's."""
    return player.answering(part) == set(map(name_of, player.running(1)))


def test_the_mesh_is_open_to_the_players_alone_and_every_other_port_to_the_player_itself(
    kubernetes: Kubernetes, players: list[Player]
) -> None:
    nodes = {name_of(pod) for player in players for pod in player.running(1)}
    for player in players:
        (pod,) = player.running(1)
        assert let_in(kubernetes, pod, MPC) == nodes
        assert reached(kubernetes, pod, MPC) == nodes
        assert let_in(kubernetes, pod, SDK) == {name_of(pod)}
        assert let_in(kubernetes, pod, MANAGEMENT) == {name_of(pod)}
        (role,) = player.owned("Pod", "role")
        assert not any(let_in(kubernetes, role, port) for port in (MPC, SDK, MANAGEMENT))


def test_the_roles_job_runs_under_its_own_account_and_ends(players: list[Player]) -> None:
    for player in players:
        player.done()
        (pod,) = player.owned("Pod", "role")
        assert pod["status"]["phase"] == "Succeeded"
        assert pod["spec"]["serviceAccountName"] == f"{player.name}-role"
        assert {one["spec"]["serviceAccountName"] for one in player.pods()} == {f"{player.name}-node"}


# --- secrets


def test_the_configuration_lies_in_the_node_pods_mount_alone(kubernetes: Kubernetes, players: list[Player]) -> None:
    for player in players:
        assert player.mounted("node").keys() == {"config.toml", "metricsKey", "pull"}
        assert player.mounted("role").keys() == {"databaseAdmin", "databaseRole"}
        mounting = [p for p in kubernetes.client.list("v1", "Pod") if f"{player.name}-node" in classes_of(p)]
        assert set(map(name_of, mounting)) == set(map(name_of, player.running(1)))
        (pod,) = mounting
        (volume,) = (found["name"] for found in pod["spec"]["volumes"] if "csi" in found)
        (node,) = pod["spec"]["containers"]
        assert volume not in {mount["name"] for mount in node["volumeMounts"]}, "it reads a copy, which is in memory"


def test_each_account_may_read_its_own_secrets_and_no_other_ones(players: list[Player]) -> None:
    for player in players:
        assert player.readable("node") == {f"{player.name}/{key}" for key in ("config", "metrics-key", "pull")}
        assert player.readable("role") == {f"{player.name}/{key}" for key in ("database-admin", "database-role")}


def test_the_driver_makes_the_pull_secret_that_the_pods_name(players: list[Player]) -> None:
    for player in players:
        check_pull_secret(player, player.running(1))


def check_pull_secret(player: Player, pods: list[Item]) -> None:
    for pod in pods:
        (named,) = pod["spec"]["imagePullSecrets"]
        secret = player.kubernetes.client.find("Secret", named["name"], player.namespace)
        assert secret is not None
        assert secret["type"] == "kubernetes.io/dockerconfigjson"
        assert secret["metadata"]["labels"]["secrets-store.csi.k8s.io/managed"] == "true"
        assert base64.b64decode(secret["data"][".dockerconfigjson"]).decode() == PULL


# --- what changes


def test_another_configuration_rolls_the_pods_and_makes_the_role_anew_and_two_replicas_share_no_node(
    stacks: Sandbox, players: list[Player]
) -> None:
    before = {player.name: (player.running(1)[0], player.done()) for player in players}
    stacks.unset(STACK, "features.SEPD19S")
    stacks.set(STACK, {"replicas": "2"})
    stacks.up(STACK)
    for player in players:
        pods, (old, job) = player.running(2), before[player.name]
        assert old["metadata"]["uid"] not in {pod["metadata"]["uid"] for pod in pods}
        assert old["metadata"]["annotations"][CONFIG_VERSION] not in {version_of(pod) for pod in pods}
        assert len({version_of(pod) for pod in pods}) == 1
        assert {pod["spec"]["nodeName"] for pod in pods} == set(map(name_of, player.nodes()))
        assert name_of(player.done()) != name_of(job)


def version_of(pod: Item) -> str:
    version: str = pod["metadata"]["annotations"][CONFIG_VERSION]
    return version


def test_a_third_pod_that_would_fit_beside_one_of_two_replicas_gets_onto_neither_node(players: list[Player]) -> None:
    for player in players:
        player.running(2)
        with tried(player) as name:
            player.kubernetes.pending(name, player.namespace, "2 node(s) didn't match pod anti-affinity rules")


def test_a_drain_takes_one_of_two_replicas_at_a_time(players: list[Player]) -> None:
    for player in players:
        player.running(2)
        budget = until(partial(healthy, player, 2), "both healthy")
        assert (budget["expectedPods"], budget["disruptionsAllowed"]) == (2, 1)


def healthy(player: Player, count: int) -> Item | None:
    """What the disruption controller says of the player's budget, once so many pods are well."""
    status: Item = player.find("PodDisruptionBudget", "node", "policy/v1")["status"]
    return status if status["currentHealthy"] == count else None


def test_the_same_program_again_changes_nothing(stacks: Sandbox) -> None:
    stacks.ok("up", "--stack", STACK, "--yes", "--skip-preview", "--expect-no-changes")
