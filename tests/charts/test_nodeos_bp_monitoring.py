"""How Prometheus reads the nodes of the chart nodeos-bp, and the rendered PrometheusRule, run by promtool."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.charts.alerts import (
    Case,
    Series,
    lint,
    machine,
    rules,
    run,
    severities,
    tried_both_ways,
    unscheduled,
    volume,
)
from tests.charts.harness import REPO
from tests.charts.nodeos import Nodeos, changed, rendered, sample

BP_0, BP_1, SPARE = (f'namespace="bp", service="nodeos-bp-{number}"' for number in range(3))
ANOTHERS = 'namespace="another", service="nodeos-bp-0"'
DAY, WEEK = 86400, 7 * 86400


def paused(zero: str, one: str, namespace: str = "bp") -> Series:
    """nodeos_paused of both ordinals that may produce."""
    return {
        f'nodeos_paused{{namespace="{namespace}", service="nodeos-bp-{number}"}}': values
        for number, values in enumerate((zero, one))
    }


def database(free: int, of: str = BP_0) -> Series:
    return {f"nodeos_database_free_bytes{{{of}}}": f"{free}x60", f"nodeos_database_size_bytes{{{of}}}": "100x60"}


def disk(free: int, of: str = BP_0) -> Series:
    return {f"nodeos_disk_free_bytes{{{of}}}": f"{free}x60", f"nodeos_disk_size_bytes{{{of}}}": "100x60"}


def missed(slots: str, held: int, of: str = BP_0) -> Series:
    return {f"nodeos_missed_blocks_total{{{of}}}": slots, f"nodeos_right_held{{{of}}}": f"{held}x80"}


def one(metric: str, values: str, of: str = BP_0) -> Series:
    return {f"{metric}{{{of}}}": values}


def ages(kind: str, zero: int, one: int) -> Series:
    """What two ordinals know of the newest in the bucket."""
    metric = f"nodeos_{kind}_age_seconds"
    return {f"{metric}{{{BP_0}}}": f"{zero}x400", f"{metric}{{{BP_1}}}": f"{one}x400"}


def state(word: str, values: str, of: str = BP_0) -> Series:
    return one("nodeos_state", values, f'{of}, state="{word}"')


STARTS = "nodeos_restarts_total"
POD = 'namespace="bp", pod="nodeos-bp-2-0", container="nodeos-bp"'
OTHER_POD = 'namespace="bp", pod="wallet-0", container="wallet"'
RESTARTS = "kube_pod_container_status_restarts_total"

CASES = [
    Case("two that may produce", "SeveralProducers", paused("0x40", "0x40"), 2, "2", {}),
    Case("two of them as a switch is seen", "SeveralProducers", paused("0x40", "1x4 0x1 1x34"), 2, None),
    Case("one that may produce", "SeveralProducers", paused("0x40", "1x40"), 2, None),
    Case("two in another namespace", "SeveralProducers", paused("0x40", "0x40", "another"), 2, None),
    Case("nobody produces", "NoProducer", paused("1x40", "1x40"), 2, "", {}),
    Case("nobody says so", "NoProducer", {}, 2, "", {}),
    Case("only another cluster's produces", "NoProducer", paused("0x40", "1x40", "another"), 2, "", {}),
    Case("nobody for a moment, as in a switch", "NoProducer", paused("0x4 1x40", "1x5 0x40"), 3, None),
    Case("somebody produces", "NoProducer", paused("1x40", "0x40"), 2, None),
    Case("slots without a block", "BlocksMissed", missed("0x20 3x60", 1), 10, ""),
    Case("slots without a block while another had the right", "BlocksMissed", missed("0x20 3x60", 0), 10, None),
    Case("no slot without a block", "BlocksMissed", missed("3x80", 1), 10, None),
    Case("a head that stands", "HeadLags", one("nodeos_head_block_age_seconds", "0+15x40"), 6, "6m 0s"),
    Case("a spare's head that stands", "HeadLags", one("nodeos_head_block_age_seconds", "0+15x40", SPARE), 6, "6m 0s"),
    Case("a young head", "HeadLags", one("nodeos_head_block_age_seconds", "0.5x40"), 6, None),
    Case("a head that was old for a moment", "HeadLags", one("nodeos_head_block_age_seconds", "0x8 60x4 0x40"), 4,
         None),
    Case("another cluster's head", "HeadLags", one("nodeos_head_block_age_seconds", "0+15x40", ANOTHERS), 6, None),
    Case("a database that is nearly full", "DatabaseNearlyFull", database(9), 8, "91%"),
    Case("a database with room", "DatabaseNearlyFull", database(11), 8, None),
    Case("a disk that is nearly full", "DiskNearlyFull", disk(9), 8, "9%"),
    Case("a disk with room", "DiskNearlyFull", disk(11), 8, None),
    Case("nodeos that ends again and again", "NodeRestarts", one(STARTS, "0x8 1x8 2x8 3x100"), 20, ""),
    Case("nodeos that was started anew once", "NodeRestarts", one(STARTS, "0x8 1x100"), 20, None),
    Case("a manager that ends again", "ManagerRestarts", one(RESTARTS, "0x20 1x20 2x80", POD), 20, ""),
    Case("a manager that ended once", "ManagerRestarts", one(RESTARTS, "0x20 1x80", POD), 20, None),
    Case("another pod that ends", "ManagerRestarts", one(RESTARTS, "0x20 1x20 2x80", OTHER_POD), 20, None),
    Case("a crash loop", "NodeStandsStill", state("crash loop", "1x20"), 3, ""),
    Case("a spare's dirty database", "NodeStandsStill", state("unusable", "1x20", SPARE), 3, ""),
    Case("nodeos that runs", "NodeStandsStill", state("running", "1x20"), 3, None),
    Case("nodeos that is in no crash loop", "NodeStandsStill", state("crash loop", "0x20"), 3, None),
    Case("a reload that nobody does", "ReloadPending", one("nodeos_reload_pending", "1x1600"), 370, ""),
    Case("a reload that was done", "ReloadPending", one("nodeos_reload_pending", "1x400 0x1200"), 370, None),
    Case("a node that cannot be read", "ScrapeFails", one("up", "0x20"), 4, ""),
    Case("a node that can be read", "ScrapeFails", one("up", "1x20"), 4, None),
    Case("a stranger that cannot be read", "ScrapeFails", one("up", "0x20", 'namespace="bp", service="wallet"'), 4,
         None),
    Case("an old snapshot", "SnapshotTooOld", ages("snapshot", 2 * DAY, 3 * DAY), 70, "2d 0h 0m 0s", {}),
    Case("no snapshot at all", "SnapshotTooOld", {}, 70, "+Inf", {}),
    Case("a snapshot that one ordinal has not seen yet", "SnapshotTooOld", ages("snapshot", 2 * DAY, 3600), 70, None),
    Case("an old backup", "BackupTooOld", ages("backup", 3 * WEEK, 3 * WEEK), 70, "21d 0h 0m 0s", {}),
    Case("an ordinal's machine that is away", "NodeAway", machine(0, "bp", "nodeos-bp-0-0"), 7, "", {"node": "ip-1"}),
    Case("a spare's machine that is away", "NodeAway", machine(0, "bp", "nodeos-bp-2-0"), 7, "", {"node": "ip-1"}),
    Case("an ordinal's machine that is there", "NodeAway", machine(1, "bp", "nodeos-bp-0-0"), 7, None),
    Case("a stranger's machine that is away", "NodeAway", machine(0, "bp", "wallet-0"), 7, None),
    Case("an ordinal without a machine", "PodWithoutNode", unscheduled("1x80", "bp", "nodeos-bp-0-0"), 17, ""),
    Case("an ordinal whose machine comes", "PodWithoutNode", unscheduled("1x40 0x80", "bp", "nodeos-bp-0-0"), 17, None),
    Case("a volume that will be full", "DiskFillsUp", volume("290-0.1x2000", "bp", "nodeos-bp-0"), 420, ""),
    Case("a volume with room", "DiskFillsUp", volume("500x2000", "bp", "nodeos-bp-0"), 420, None),
    Case("a stranger's volume", "DiskFillsUp", volume("1x2000", "bp", "wallet"), 420, None),
    Case("a backup of the last fortnight", "BackupTooOld", ages("backup", WEEK + DAY, WEEK + DAY), 70, None),
]  # fmt: skip
SEVERITY = {
    "SeveralProducers": "critical",
    "NoProducer": "critical",
    "BlocksMissed": "high",
    "HeadLags": "high",
    "DatabaseNearlyFull": "critical",
    "DiskNearlyFull": "high",
    "NodeRestarts": "high",
    "ManagerRestarts": "high",
    "NodeStandsStill": "critical",
    "ReloadPending": "warning",
    "ScrapeFails": "high",
    "SnapshotTooOld": "high",
    "BackupTooOld": "high",
    "NodeAway": "critical",
    "PodWithoutNode": "critical",
    "DiskFillsUp": "high",
}


@pytest.fixture(scope="module")
def mainnet() -> Nodeos:
    return rendered()


@pytest.fixture(scope="module")
def spec(mainnet: Nodeos) -> dict[str, Any]:
    found: dict[str, Any] = mainnet.of("PrometheusRule")["eos-nodes"]["spec"]
    return found


# --- who is read ---


def test_each_node_is_read_by_itself_ready_or_not(mainnet: Nodeos) -> None:
    assert set(mainnet.of("ServiceMonitor")) == {f"eos-{node}" for node in mainnet.nodes}
    for node in mainnet.nodes:
        monitor = mainnet.of("ServiceMonitor")[f"eos-{node}"]
        selector = monitor["spec"]["selector"]["matchLabels"]
        selected = [
            name
            for name, service in mainnet.of("Service").items()
            if selector.items() <= service["metadata"]["labels"].items()
        ]
        # The name by which the alerts know the node.
        assert selected == [node]
        [endpoint] = monitor["spec"]["endpoints"]
        service = mainnet.of("Service")[node]["spec"]
        assert endpoint["port"] in {port["name"] for port in service["ports"]}
        assert service["publishNotReadyAddresses"] is True


def test_api_nodes_are_read_and_watched_too() -> None:
    values = sample("jungle4")
    values["monitoring"] = {"enabled": True}
    jungle = rendered(values)
    assert {"eos-nodeos-api-0", "eos-nodeos-api-1"} <= set(jungle.of("ServiceMonitor"))
    [found] = jungle.of("PrometheusRule").values()
    by_name = rules(found["spec"])
    assert "nodeos-api-0|nodeos-api-1|nodeos-bp-0|nodeos-bp-1" in by_name["HeadLags"]["expr"]
    assert "nodeos-api" not in by_name["NoProducer"]["expr"]


def test_the_objects_have_the_labels_by_which_prometheus_selects_them(mainnet: Nodeos) -> None:
    for kind in ("ServiceMonitor", "PrometheusRule"):
        for item in mainnet.of(kind).values():
            assert item["metadata"]["labels"]["release"] == "prometheus"


def test_without_monitoring_there_is_neither() -> None:
    release = rendered(changed("monitoring", {"enabled": False}))
    assert not release.of("ServiceMonitor")
    assert not release.of("PrometheusRule")


# --- the alerts ---


def test_each_alert_is_tried_both_ways(spec: dict[str, Any]) -> None:
    assert severities(spec) == SEVERITY
    assert tried_both_ways(spec, CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_alert_fires_when_it_should_and_only_then(
    promtool: Path, spec: dict[str, Any], tmp_path: Path, case: Case
) -> None:
    run(promtool, spec, case, tmp_path)


@pytest.mark.parametrize(
    ("schedules", "alerts"),
    [
        ({"snapshots": {"period": 0}, "backups": {"period": 0}}, set()),
        ({"snapshots": {"period": 0, "modulo": 1000}, "backups": {"period": 0}}, {"SnapshotTooOld"}),
        ({"url": ""}, set()),
    ],
)
def test_nobody_is_told_of_copies_that_nobody_asked_for(schedules: dict[str, Any], alerts: set[str]) -> None:
    release = rendered(changed("store", {**sample()["store"], **schedules}))
    [found] = release.of("PrometheusRule").values()
    assert rules(found["spec"]).keys() & {"SnapshotTooOld", "BackupTooOld"} == alerts


def test_the_database_alert_goes_by_the_value_that_is_given() -> None:
    [found] = rendered(changed("monitoring.databaseAlert", 0.75)).of("PrometheusRule").values()
    assert rules(found["spec"])["DatabaseNearlyFull"]["expr"].endswith("> 0.75")


def test_every_metric_of_an_alert_is_one_that_the_manager_tells(spec: dict[str, Any]) -> None:
    page = (REPO / "docs/services/nodeos-manager.md").read_text()
    expressions = " ".join(rule["expr"] for rule in rules(spec).values())
    read = set(re.findall(r"\bnodeos_\w+", expressions))
    assert {"nodeos_paused", "nodeos_right_held"} <= read
    assert {metric for metric in read if f"`{metric}`" not in page} == set()


def test_promtool_finds_nothing_in_the_rules(promtool: Path, spec: dict[str, Any], tmp_path: Path) -> None:
    lint(promtool, spec, tmp_path)
