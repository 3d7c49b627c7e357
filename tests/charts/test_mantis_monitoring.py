"""How Prometheus reads a network of the chart mantis, and the rendered rules, run by promtool."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.charts.alerts import Case, Series, lint, rules, run, severities, tried_both_ways
from tests.charts.known_metrics import CORE_GETH, MANTIS
from tests.charts.mantis import NETWORK, Mantis, changed, rendered, sample

HOUR, DAY = 3600, 86400
MINER, PASSIVE = (f'namespace="{NETWORK}", service="{task}"' for task in ("miner-0", "passive-0"))
"""A block every 15 s is `0+1`."""
ANOTHERS = 'namespace="mantis-staging", service="miner-0"'
BACKUP = f'namespace="{NETWORK}", cronjob="backup"'


def head(values: str, of: str = PASSIVE) -> Series:
    return {f"chain_head_block{{{of}}}": values}


def peers(values: str, of: str = PASSIVE) -> Series:
    return {f"p2p_peers{{{of}}}": values}


def mined(height: str, of_others: str, of: str = MINER) -> Series:
    return {f"chain_head_block{{{of}}}": height, f"chain_execution_count{{{of}}}": of_others}


def calls(failed: str, succeeded: str, of: str = PASSIVE) -> Series:
    return {f"rpc_failure{{{of}}}": failed, f"rpc_success{{{of}}}": succeeded}


def backup(done: int | None, wanted: int = 0) -> Series:
    """When a backup last went well, and when backups were first wanted."""
    last = {f"kube_cronjob_status_last_successful_time{{{BACKUP}}}": f"{done}x3000"} if done is not None else {}
    return {**last, f"kube_cronjob_created{{{BACKUP}}}": f"{wanted}x3000"}


def machine(ready: int) -> Series:
    return {
        'kube_node_status_condition{node="ip-1", condition="Ready", status="true"}': f"{ready}x60",
        f'kube_pod_info{{namespace="{NETWORK}", pod="miner-0-0", node="ip-1"}}': "1x60",
    }


def unscheduled(values: str) -> Series:
    return {f'kube_pod_status_scheduled{{namespace="{NETWORK}", pod="passive-7-0", condition="false"}}': values}


def disk(available: str, of: str = NETWORK) -> Series:
    claim = f'namespace="{of}", persistentvolumeclaim="data-miner-0-0"'
    kinds = {"available": available, "capacity": "1000x400"}
    return {f"kubelet_volume_stats_{kind}_bytes{{{claim}}}": values for kind, values in kinds.items()}


def restarts(values: str, pod: str = "passive-0-0", container: str = "node") -> Series:
    of = f'namespace="{NETWORK}", pod="{pod}", container="{container}"'
    return {f"kube_pod_container_status_restarts_total{{{of}}}": values}


CASES = [
    Case("a passive node that stands", "NoNewBlock", head("7x100"), 11, ""),
    Case("a miner that stands alone", "NoNewBlock", {**head("0+1x20 20x60", MINER), **head("0+1x80")}, 16, ""),
    Case("no node that says anything", "NoNewBlock", {}, 11, "", {"namespace": NETWORK}),
    Case("a chain that grows", "NoNewBlock", head("0+1x100"), 20, None),
    Case("a pause of eight minutes", "NoNewBlock", head("0+1x20 20x32 21+1x60"), 14, None),
    Case("another network that stands", "NoNewBlock", {**head("0+1x100"), **head("7x100", ANOTHERS)}, 20, None),
    Case("a node without a peer", "NoPeers", peers("0x80"), 12, ""),
    Case("a node with one", "NoPeers", peers("1x80"), 12, None),
    Case("a node that was alone while it began", "NoPeers", peers("0x20 3x60"), 12, None),
    Case("another network's node without a peer", "NoPeers", peers("0x80", ANOTHERS), 12, None),
    Case("a miner that only follows", "NoMinedBlock", mined("0+5x300", "0+5x300"), 65, ""),
    Case("a miner that stands", "NoMinedBlock", mined("9x300", "4x300"), 65, ""),
    Case("a miner that made every fifth block", "NoMinedBlock", mined("0+5x300", "0+4x300"), 65, None),
    Case("a miner that only follows of late", "NoMinedBlock", mined("0+5x300", "0+4x100 400+5x200"), 64, None),
    Case("a miner that began anew", "NoMinedBlock", mined("100+5x300", "80+4x100 0+4x200"), 65, None),
    Case("a passive node, which makes none", "NoMinedBlock", mined("0+5x300", "0+5x300", PASSIVE), 65, None),
    Case("every fifth call that fails", "RpcErrors", calls("0+1x80", "0+4x80"), 18, "20%"),
    Case("every twentieth call that fails", "RpcErrors", calls("0+1x80", "0+19x80"), 18, None),
    Case("nobody who calls", "RpcErrors", calls("3x80", "5x80"), 18, None),
    Case("calls on a miner's own socket", "RpcErrors", calls("0+1x80", "0+1x80", MINER), 18, None),
    Case("an old backup", "BackupLate", backup(0), 190, "3h 10m 0s", {}),
    Case("no backup ever", "BackupLate", backup(None), 190, "3h 10m 0s", {}),
    Case("a backup of two hours ago", "BackupLate", backup(4200), 190, None),
    Case("a network of this hour", "BackupLate", backup(None, wanted=9000), 190, None),
    Case("a node that is started again", "ContainerRestarted", restarts("0x20 1x80"), 9, ""),
    Case("a node that goes on", "ContainerRestarted", restarts("1x100"), 9, None),
    Case("a miner's machine that is away", "NodeAway", machine(0), 7, "", {"node": "ip-1"}),
    Case("a miner's machine that is there", "NodeAway", machine(1), 7, None),
    Case("a node without a machine", "PodWithoutNode", unscheduled("1x80"), 17, ""),
    Case("a node whose machine comes", "PodWithoutNode", unscheduled("1x40 0x80"), 17, None),
    Case("a disk that is nearly full", "DiskFillsUp", disk("49x400"), 65, ""),
    Case("a disk with room", "DiskFillsUp", disk("500x400"), 65, None),
    Case("another network's full disk", "DiskFillsUp", disk("49x400", "mantis-staging"), 65, None),
]  # fmt: skip
SEVERITY = {
    "NoNewBlock": "critical",
    "NoPeers": "high",
    "NoMinedBlock": "high",
    "RpcErrors": "high",
    "BackupLate": "high",
    "ContainerRestarted": "high",
    "NodeAway": "critical",
    "PodWithoutNode": "critical",
    "DiskFillsUp": "high",
}


@pytest.fixture(scope="module")
def testnet() -> Mantis:
    return rendered()


@pytest.fixture(scope="module")
def spec(testnet: Mantis) -> dict[str, Any]:
    return told(testnet)


def told(network: Mantis) -> dict[str, Any]:
    [found] = network.of("PrometheusRule").values()
    spec: dict[str, Any] = found["spec"]
    return spec


def recorded(spec: dict[str, Any]) -> dict[str, str]:
    return {rule["record"]: rule["expr"] for rule in spec["groups"][0]["rules"] if "record" in rule}


# --- who is read ---


def test_every_node_is_read_by_itself_ready_or_not(testnet: Mantis) -> None:
    read = {}
    for monitor in testnet.of("ServiceMonitor").values():
        selector = monitor["spec"]["selector"]["matchLabels"]
        [endpoint] = monitor["spec"]["endpoints"]
        assert endpoint["path"] == "/debug/metrics/prometheus"
        for name, service in testnet.of("Service").items():
            if selector.items() <= service["metadata"]["labels"].items():
                assert service["spec"]["publishNotReadyAddresses"] is True
                assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
                assert name not in read, "it would be counted twice"
                read[name] = monitor
    assert set(read) == set(testnet.of("StatefulSet"))


def test_mantis_shows_its_metrics_elsewhere() -> None:
    [path] = {
        monitor["spec"]["endpoints"][0]["path"] for monitor in rendered(sample("mantis")).of("ServiceMonitor").values()
    }
    assert path == "/metrics"


def test_the_objects_have_the_labels_by_which_prometheus_and_grafana_select_them(testnet: Mantis) -> None:
    boards = [item for item in testnet.of("ConfigMap").values() if "grafana_dashboard" in item["metadata"]["labels"]]
    assert len(boards) == 1
    for item in [*testnet.of("ServiceMonitor").values(), *testnet.of("PrometheusRule").values(), *boards]:
        assert item["metadata"]["labels"]["monitoring"] == "nodeyard"


def test_without_monitoring_there_is_none_of_it() -> None:
    network = rendered(changed("monitoring", {"enabled": False}))
    assert not network.of("ServiceMonitor")
    assert not network.of("PrometheusRule")
    assert "grafana_dashboard" not in json.dumps(network.objects)


# --- the alerts ---


def test_each_alert_is_tried_both_ways(spec: dict[str, Any]) -> None:
    assert severities(spec) == SEVERITY
    assert tried_both_ways(spec, CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_alert_fires_when_it_should_and_only_then(
    promtool: Path, spec: dict[str, Any], tmp_path: Path, case: Case
) -> None:
    run(promtool, spec, case, tmp_path)


def test_a_node_that_is_all_there_is_misses_no_peer() -> None:
    values = sample("public")
    values["nodes"] = {"miner-0": values["nodes"]["miner-0"]}
    assert "NoPeers" not in rules(told(rendered(values)))


def test_a_network_without_backups_misses_none() -> None:
    assert "BackupLate" not in rules(told(rendered(changed("backup.enabled", False))))


def test_a_backup_is_late_when_the_values_say_so() -> None:
    late = rules(told(rendered(changed("backup.lateAfter", 5 * HOUR))))["BackupLate"]
    assert late["expr"].endswith(f"> {5 * HOUR}")


@pytest.mark.parametrize("name", ["testnet", "mantis"])
def test_promtool_finds_nothing_in_the_rules(promtool: Path, name: str, tmp_path: Path) -> None:
    lint(promtool, told(rendered(sample(name))), tmp_path)


def test_the_alerts_go_by_the_same_names_for_both_clients(promtool: Path, tmp_path: Path) -> None:
    spec = told(rendered(sample("mantis")))
    alone = {f"app_network_peers_{way}_handshaked_gauge{{{MINER}}}": "0x80" for way in ("incoming", "outgoing")}
    run(promtool, spec, Case("a node without a peer", "NoPeers", alone, 12, ""), tmp_path)
    read = set(re.findall(r"mantis:\w+", json.dumps([rule["expr"] for rule in rules(spec).values()])))
    assert read <= set(recorded(spec))
    assert read <= set(recorded(told(rendered())))


# --- the metrics ---


@pytest.mark.parametrize(("name", "has"), [("testnet", CORE_GETH), ("mantis", MANTIS)])
def test_the_rules_read_what_the_client_tells(name: str, has: set[str]) -> None:
    expressions = " ".join(recorded(told(rendered(sample(name)))).values())
    assert set(re.findall(r"\b\w+(?=\{)", expressions)) == has


def test_the_dashboard_shows_what_the_rules_record(promtool: Path, testnet: Mantis, tmp_path: Path) -> None:
    [board] = [item for item in testnet.of("ConfigMap").values() if "grafana_dashboard" in item["metadata"]["labels"]]
    [text] = board["data"].values()
    shown = set(re.findall(r"mantis:\w+", text))
    known = set(recorded(told(testnet))) | set(recorded(told(rendered(sample("mantis")))))
    assert shown == known, "each is shown, and no other"
