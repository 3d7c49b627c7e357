"""The rendered PrometheusRule of a sequencer, run by promtool against series that fire each alert and series that do
not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.charts.alerts import Case, Series, lint, rules, run, severities, tried_both_ways
from tests.charts.metis import Release, changed, rendered

OURS = 'namespace="metis", service="metis-exporter"'
ANOTHER = 'namespace="other", service="metis-exporter"'
HEIGHT = 'metis:sequencer:height{%s, svc_name="l2geth", seq_name="metis"}'
THEMIS = HEIGHT.replace("l2geth", "themis")
LOW = "MPCAddressBalanceInsufficient"
BALANCE = 'metis:sequencer:wallet:balance{%s, chain="%s", addr="0x01", alias="%s"}'
ON_L1, ON_L2 = (BALANCE % (OURS, chain, "sequencer") for chain in ("eth", "metis"))
MPC = BALANCE % (OURS, "metis", "CommonMpcAddr")
FAILURES = 'metis_sequencer_exporter_failures{%s, svc_name="seq-metis-themis"}'
CLAIM = "metis-mainnet-themis"


def syncing(values: str, probe: str = "themis", of: str = OURS) -> Series:
    return {f'nodeyard_syncing{{{of}, probe="{probe}"}}': values}


def head(values: str, probe: str = "themis") -> Series:
    return {f'nodeyard_head_block_number{{{OURS}, probe="{probe}"}}': values}


def bridge(values: str) -> Series:
    return {f'nodeyard_probe_success{{{OURS}, probe="bridge"}}': values}


def blocks(signed: str, missed: str) -> Series:
    kinds = {"missed": missed, "signed": signed}
    return {f'nodeyard_{kind}_blocks_total{{{OURS}, probe="themis"}}': values for kind, values in kinds.items()}


def node(ready: int, pod: str = "metis-themis-0", namespace: str = "metis") -> Series:
    return {
        'kube_node_status_condition{node="ip-1", condition="Ready", status="true"}': f"{ready}x60",
        f'kube_pod_info{{namespace="{namespace}", pod="{pod}", node="ip-1"}}': "1x60",
    }


def unscheduled(values: str, pod: str = "metis-themis-0") -> Series:
    return {f'kube_pod_status_scheduled{{namespace="metis", pod="{pod}", condition="false"}}': values}


def disk(available: str, claim: str = CLAIM) -> Series:
    of = f'namespace="metis", persistentvolumeclaim="{claim}"'
    return {f"kubelet_volume_stats_available_bytes{{{of}}}": available,
            f"kubelet_volume_stats_capacity_bytes{{{of}}}": "1000x2400"}  # fmt: skip


def restarts(values: str, pod: str = "metis-l2geth-0", container: str = "l2geth") -> Series:
    of = f'namespace="metis", pod="{pod}", container="{container}"'
    return {f"kube_pod_container_status_restarts_total{{{of}}}": values}


UP = 'up{%s, endpoint="metrics"}'
CASES = [
    Case("an exporter that does not answer", "ExporterAway", {UP % OURS: "0x60"}, 8, ""),
    Case("no exporter at all", "ExporterAway", {UP % ANOTHER: "1x60"}, 8, "",
         {"namespace": "metis", "service": "metis-exporter"}),
    Case("an exporter that starts anew", "ExporterAway", {UP % OURS: "1x8 0x8 1x60"}, 8, None),
    Case("one of the exporter's two that does not answer", "ExporterAway",
         {UP.replace("metrics", "probes") % OURS: "0x60", UP % OURS: "1x60"}, 8, ""),
    Case("a height that stands still", "ChainStalled", {HEIGHT % OURS: "100x40"}, 5, ""),
    Case("a height that stops later", "ChainStalled", {HEIGHT % OURS: "100+1x20 120x40"}, 9, ""),
    Case("a height that grows", "ChainStalled", {HEIGHT % OURS: "100+1x40"}, 5, None),
    Case("once a minute, as l1dtl's", "ChainStalled", {HEIGHT % OURS: "1x3 2x3 3x3 4x3 5x3"}, 4, None),
    Case("themis' own height stands, as after a failure", "ChainStalled", {THEMIS % OURS: "9+1x8 17x40"}, 5, ""),
    Case("themis makes a block every five seconds", "ChainStalled", {THEMIS % OURS: "9+3x40"}, 5, None),
    Case("another release stands still", "ChainStalled", {HEIGHT % ANOTHER: "100x40"}, 5, None),
    Case("a low balance", LOW, {MPC: "2.9x40"}, 5, "2.9"),
    Case("a balance of three", LOW, {MPC: "3x40"}, 5, None),
    Case("a low balance of an MPC address on L1", LOW, {BALANCE % (OURS, "eth", "CommonMpcAddr"): "0x40"}, 5, None),
    Case("failures that go on", "ScrapeFailures", {FAILURES % OURS: "0+1x60"}, 10, ""),
    Case("failures for less than three minutes", "ScrapeFailures", {FAILURES % OURS: "0x20 0+1x8 8x40"}, 7, None),
    Case("one now and then", "ScrapeFailures", {FAILURES % OURS: "0x8 1x8 2x8 3x8 4x8 5x8"}, 10, None),
    Case("the sequencer's account is low", "L1BalanceLow", {ON_L1: "0.09x80"}, 15, "0.09"),
    Case("the sequencer's account has enough", "L1BalanceLow", {ON_L1: "0.1x80"}, 15, None),
    Case("the same account on L2", "L1BalanceLow", {ON_L2: "0x80"}, 15, None),
    Case("a gate is closed and the head stands", "SyncGateStuck", {**syncing("1x400"), **head("7x400")}, 70, ""),
    Case("a first sync that gets on", "SyncGateStuck", {**syncing("1x400"), **head("7+1x400")}, 70, None),
    Case("a head stands while another's gate is closed", "SyncGateStuck",
         {**syncing("1x400"), **head("7+1x400"), **head("7x400", "l2geth")}, 70, None),
    Case("in sync, then not", "SyncLost", syncing("0x8 1x200"), 20, ""),
    Case("in sync, then not for a moment", "SyncLost", syncing("0x8 1x8 0x200"), 20, None),
    Case("never yet in sync", "SyncLost", syncing("1x200"), 20, None),
    Case("another release's", "SyncLost", syncing("0x8 1x200", of=ANOTHER), 20, None),
    Case("the bridge waits for nothing", "BridgeWaits", {**bridge("0x100"), **syncing("0x100")}, 20, ""),
    Case("the bridge waits for themis", "BridgeWaits", {**bridge("0x100"), **syncing("1x100")}, 20, None),
    Case("the bridge answers", "BridgeWaits", {**bridge("1x100"), **syncing("0x100")}, 20, None),
    Case("a fifth of the blocks is missed", "BlocksMissed", blocks("0+4x120", "0+1x120"), 25, "20%"),
    Case("a twentieth is missed", "BlocksMissed", blocks("0+19x120", "0+1x120"), 25, None),
    Case("all are missed for a minute, as in a restart", "BlocksMissed",
         blocks("0+3x40 120x4 120+3x80", "0x40 0+3x4 12x80"), 25, None),
    Case("no validator yet", "BlocksMissed", blocks("0x120", "0x120"), 25, None),
    Case("l2geth is started again", "ContainerRestarted", restarts("0x20 1x80"), 9, ""),
    Case("l2geth was started again an hour ago", "ContainerRestarted", restarts("0x20 1x300"), 70, None),
    Case("another's container", "ContainerRestarted", restarts("0x20 1x80", "other-l2geth-0"), 9, None),
    Case("the node of a pod is away", "NodeAway", node(0), 7, "", {"node": "ip-1"}),
    Case("the node of a pod is there", "NodeAway", node(1), 7, None),
    Case("a node with no pod of ours", "NodeAway", node(0, namespace="other"), 7, None),
    Case("a pod whose node is gone", "PodWithoutNode", unscheduled("1x80"), 17, ""),
    Case("a pod that gets its node late", "PodWithoutNode", unscheduled("1x40 0x80"), 9, None),
    Case("a disk that will be full", "DiskFillsUp", disk("290-0.1x2000"), 420, ""),
    Case("a first sync on an empty disk", "DiskFillsUp", disk("990-0.1x2000"), 420, None),
    Case("a disk that hardly changes", "DiskFillsUp", disk("290x2000"), 420, None),
    Case("a disk that is nearly full", "DiskFillsUp", disk("49x2000"), 420, ""),
    Case("another's disk", "DiskFillsUp", disk("1x2000", "other-themis"), 420, None),
]  # fmt: skip
SEVERITY = {
    "ExporterAway": "critical",
    "ChainStalled": "critical",
    LOW: "high",
    "ScrapeFailures": "high",
    "L1BalanceLow": "high",
    "SyncGateStuck": "high",
    "SyncLost": "high",
    "BridgeWaits": "high",
    "BlocksMissed": "critical",
    "ContainerRestarted": "high",
    "NodeAway": "critical",
    "PodWithoutNode": "critical",
    "DiskFillsUp": "high",
}


@pytest.fixture(scope="session")
def spec(release: Release) -> dict[str, Any]:
    return release.of("PrometheusRule")["metis-exporter"]["spec"]


def test_upstreams_three_alerts_are_there_and_each_one_is_tried_both_ways(spec: dict[str, Any]) -> None:
    assert severities(spec) == SEVERITY
    assert tried_both_ways(spec, CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_alert_fires_when_it_should_and_only_then(
    promtool: Path, spec: dict[str, Any], tmp_path: Path, case: Case
) -> None:
    run(promtool, spec, case, tmp_path)


def test_promtool_finds_nothing_in_the_rules(promtool: Path, spec: dict[str, Any], tmp_path: Path) -> None:
    lint(promtool, spec, tmp_path)


def test_the_balance_alert_goes_by_the_value_that_is_given() -> None:
    release = rendered(changed("monitoring.l1BalanceAlert", 2))
    rule = rules(release.of("PrometheusRule")["metis-exporter"]["spec"])["L1BalanceLow"]
    assert rule["expr"].endswith("< 2")
