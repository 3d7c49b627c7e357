"""Backups of a network of the chart mantis: the node that makes them, and the nodes that begin with one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.harness import Values
from tests.charts.mantis import NETWORK, Mantis, changed, rendered, sample


@pytest.fixture(scope="module")
def testnet() -> Mantis:
    return rendered()


@pytest.fixture(scope="module")
def cron_job(testnet: Mantis) -> dict[str, Any]:
    found: dict[str, Any] = testnet.of("CronJob")["backup"]["spec"]
    return found


def test_a_run_begins_by_the_clock_and_only_when_the_last_is_over(cron_job: dict[str, Any]) -> None:
    assert cron_job["schedule"] == "7 * * * *"
    assert cron_job["timeZone"] == "Etc/UTC"
    assert cron_job["concurrencyPolicy"] == "Forbid"
    assert cron_job["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert cron_job["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_a_run_that_hangs_is_ended_after_all_that_a_good_one_may_take(cron_job: dict[str, Any]) -> None:
    tools = {each["name"]: each for each in cron_job["jobTemplate"]["spec"]["template"]["spec"]["containers"]}["backup"]
    told = {each["name"]: each.get("value") for each in tools["env"]}
    assert cron_job["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 28800
    assert int(told["DEADLINE"]) + int(told["STOP_WAIT"]) < 28800


def test_it_runs_a_node_that_it_tells_to_stop(testnet: Mantis) -> None:
    node, tools = (testnet.environment("backup", name) for name in ("node", "backup"))
    assert node["STOP_FILE"] == tools["STOP_FILE"]
    directory = node["STOP_FILE"].rpartition("/")[0]
    shared = [
        {mount["mountPath"]: mount["name"] for mount in testnet.containers("backup")[name]["volumeMounts"]}[directory]
        for name in ("node", "backup")
    ]
    assert shared[0] == shared[1]
    # It is asked in its own pod, and the tip is asked of others.
    assert tools["RPC_URL"] == "http://127.0.0.1:8546"
    assert tools["TIP_URLS"] == f"http://passive-0.{NETWORK}.svc:8546,http://passive-1.{NETWORK}.svc:8546"
    assert (tools["KEEP"], tools["DEADLINE"]) == ("48", "10800")


def test_tool_and_node_see_one_disk_which_is_the_backups_own(testnet: Mantis) -> None:
    for name in ("restore", "node", "backup"):
        [mount] = [one for one in testnet.containers("backup")[name]["volumeMounts"] if one["name"] == "data"]
        assert (mount["mountPath"], mount["subPath"]) == ("/data", "node")
        assert testnet.environment("backup", name)["DATA_DIR"] == "/data"
    [volume] = [one for one in testnet.pod("backup")["volumes"] if one["name"] == "data"]
    assert volume["persistentVolumeClaim"]["claimName"] in testnet.of("PersistentVolumeClaim")


def test_an_empty_disk_begins_with_the_latest_backup(testnet: Mantis) -> None:
    for task in ("miner-0", "passive-0", "backup"):
        told = testnet.environment(task, "restore")
        assert told["STORE_URL"] == sample()["store"]["url"]
        assert told["NETWORK"] == NETWORK
        assert told["GENESIS_HASH"] == testnet.environment(task, "node")["GENESIS_HASH"]
        assert testnet.containers(task)["restore"]["args"] == ["restore"]


def test_who_restores_has_no_key_in_reach(testnet: Mantis) -> None:
    for name in ("restore", "backup"):
        for task in ("miner-0", "backup"):
            container = testnet.containers(task).get(name)
            mounts = {mount["name"] for mount in container["volumeMounts"]} if container else set()
            assert not mounts & {"secrets", "secret-copies", "run"}


def without(**store: Any) -> Values:
    return changed("store", {**sample()["store"], **store})


def test_without_automatic_restores_a_node_begins_with_the_network() -> None:
    network = rendered(without(autoRestore=False))
    assert not any("restore" in network.containers(task) for task in network.templates)
    assert "backup" in network.of("CronJob")


def test_without_backups_there_is_none_of_their_objects() -> None:
    network = rendered(changed("backup.enabled", False))
    assert not network.of("CronJob")
    assert not any("backup" in item["metadata"]["name"] for item in network.objects)
