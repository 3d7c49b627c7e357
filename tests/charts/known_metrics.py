"""Which metrics there are: what dashboards and alerts may name, by who exposes it, with the public source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from chain_tools.exporter.metrics import COUNTERS, GAUGES

REPO = Path(__file__).parents[2]

PROMETHEUS = {"up"}
"""https://prometheus.io/docs/concepts/jobs_instances/"""

KUBE_STATE_METRICS = {
    "kube_cronjob_created",
    "kube_cronjob_status_last_successful_time",
    "kube_deployment_spec_replicas",
    "kube_deployment_status_replicas_available",
    "kube_job_failed",
    "kube_node_status_condition",
    "kube_pod_container_status_restarts_total",
    "kube_pod_info",
    "kube_pod_spec_volumes_persistentvolumeclaims_info",
    "kube_pod_status_ready",
    "kube_pod_status_scheduled",
}
"""kubernetes/kube-state-metrics docs/metrics/{cluster,workload}."""

KUBELET = {
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
    "kubelet_volume_stats_used_bytes",
}
"""https://kubernetes.io/docs/reference/instrumentation/metrics/, and of containers google/cadvisor
docs/storage/prometheus.md."""

CLUSTER = PROMETHEUS | KUBE_STATE_METRICS | KUBELET
"""What Prometheus has of any pod."""

SEQUENCER_EXPORTER = {
    "metis:sequencer:height",
    "metis:sequencer:timestamp",
    "metis:sequencer:wallet:balance",
    "metis:sequencer:wallet:nonce",
    "metis_sequencer_exporter_failures",
}
"""metis-devops/metis-sequencer-exporter v0.0.4, sequencer.go, wallet.go and main.go."""

CHAIN_EXPORTER = {*GAUGES, *(f"{name}_total" for name in COUNTERS)}
"""Ours: services/chain_tools/exporter."""

NODEOS_MANAGER = set(re.findall(r"^\| `(nodeos_\w+)`", (REPO / "docs/services/nodeos-manager.md").read_text(), re.M))
"""Ours. The manager's own tests hold the page's table against what it exposes."""

CORE_GETH = {
    "chain_head_block",
    "chain_execution_count",
    "chain_reorg_drop",
    "p2p_peers",
    "rpc_success",
    "rpc_failure",
    "txpool_pending",
}
"""Read from the metrics' page of go-ethereum v1.10.26 that ran (`/debug/metrics/prometheus`)."""
MANTIS = {
    "app_sync_block_number_gauge",
    "app_sync_block_checkpoint_number_gauge",
    "app_sync_block_minedBlocks_counter_total",
    "app_network_peers_incoming_handshaked_gauge",
    "app_network_peers_outgoing_handshaked_gauge",
    "app_json_rpc_methods_success_counter_total",
    "app_json_rpc_methods_error_counter_total",
    "app_json_rpc_methods_exception_counter_total",
    "app_transactions_pool_size_gauge",
}
"""As the dashboards of input-output-hk/mantis-ops @ 587b3ab read them. Nobody here could run Mantis."""

MANTIS_RECORDED = {
    f"mantis:{name}"
    for name in re.findall(r"^  (\w+): ", (REPO / "charts/mantis/templates/_metrics.tpl").read_text(), re.M)
}
"""What the chart's own rules record of them."""

OF_CHART: dict[str, set[str]] = {
    "metis-replica": CLUSTER | CHAIN_EXPORTER,
    "metis-sequencer": CLUSTER | SEQUENCER_EXPORTER | CHAIN_EXPORTER,
    "mantis": CLUSTER | CORE_GETH | MANTIS | MANTIS_RECORDED,
    "nodeos-bp": CLUSTER | NODEOS_MANAGER,
    # Of the node's own metrics there is no public list.
    "tsm-node": CLUSTER,
    # The node exposes none.
    "theta-edge-node": CLUSTER,
}

_KEYWORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
_GROUPING = r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)|\bgroup_(left|right)\b"


def named(expressions: Iterable[str]) -> set[str]:
    """The metrics in some PromQL: names that are no function's, no label's and no keyword."""
    found = set()
    for expression in expressions:
        text = re.sub(r'"[^"]*"', "", expression)
        text = re.sub(rf"\{{[^}}]*\}}|\[[^\]]*\]|{_GROUPING}", " ", text)
        names = re.findall(r"(?<![\w:.])([a-zA-Z_:][\w:]*)(?!\s*\(|[\w:])", text)
        found |= {name for name in names if name.lower() not in _KEYWORDS}
    return found
