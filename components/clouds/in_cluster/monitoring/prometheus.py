"""Prometheus' values: what it reads in all namespaces, and what it leaves out of a cluster that a cloud manages."""

from typing import Any

from ...contract.monitoring import AGENTS, ALERTS_GIB, LABELS, NAMESPACE, PODS, MonitoringSpec
from ...contract.node_room import Room
from ..add_on import EVERY_TAINT
from .alertmanager import RECEIVER_FILES, config
from .grafana import values as grafana_values
from .values import claim, resources

_RELOADER = Room(millicpu=10, mib=25)
"""What the operator puts beside Prometheus and Alertmanager, to have them read a new configuration."""
_FULL = 0.85
"""Of the metrics' volume, after which the oldest ones go before their time."""


def values(cluster: str, spec: MonitoringSpec, storage_class: str) -> dict[str, Any]:
    """The values of kube-prometheus-stack. Alerts have the label `cluster`, so that a person who hears of several
    platforms knows which one it is."""
    return {
        # The platform has the definitions whether there is monitoring or not.
        "crds": {"enabled": False},
        "commonLabels": dict(LABELS),
        **_managed_control_plane(),
        "prometheusOperator": {
            # A webhook in front of every rule would stop all releases whenever it does not answer, and its certificate
            # would be made by jobs. Our charts' rules are tested by promtool.
            "admissionWebhooks": {"enabled": False},
            "tls": {"enabled": False},
            "resources": resources(PODS["prometheus-operator"]),
            "prometheusConfigReloader": {"resources": resources(_RELOADER)},
        },
        "prometheus": {"prometheusSpec": _prometheus(cluster, spec, storage_class)},
        "alertmanager": {
            "config": config(spec.receivers, watched=spec.watchdog is not None),
            "alertmanagerSpec": {
                "secrets": [RECEIVER_FILES],
                # Who is told is the platform's to say: an AlertmanagerConfig of a team counts nowhere.
                "alertmanagerConfigNamespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}},
                "resources": resources(PODS["alertmanager"]),
                "storage": {"volumeClaimTemplate": claim(storage_class, ALERTS_GIB)},
            },
        },
        "prometheus-node-exporter": {
            "tolerations": EVERY_TAINT,
            "resources": resources(AGENTS["prometheus-node-exporter"]),
            "prometheus": {"monitor": {"additionalLabels": dict(LABELS)}},
        },
        "kube-state-metrics": {
            # To count Secrets it would have to read them.
            "collectorsExclude": ["secrets"],
            "resources": resources(PODS["kube-state-metrics"]),
            "prometheus": {"monitor": {"additionalLabels": dict(LABELS)}},
        },
        "grafana": {**grafana_values(spec), "serviceMonitor": {"labels": dict(LABELS)}},
    }


def _prometheus(cluster: str, spec: MonitoringSpec, storage_class: str) -> dict[str, Any]:
    selected = {"matchLabels": dict(LABELS)}
    kinds = ("serviceMonitor", "podMonitor", "probe", "rule", "scrapeConfig")
    return {
        **{f"{kind}Selector": selected for kind in kinds},
        **{f"{kind}NamespaceSelector": {} for kind in kinds},
        # A team's monitor names no file of Prometheus' own pod, its token among them.
        "arbitraryFSAccessThroughSMs": {"deny": True},
        "externalLabels": {"cluster": cluster},
        "retention": f"{spec.retention_days}d",
        "retentionSize": f"{int(spec.metrics_gib * _FULL)}GiB",
        "resources": resources(PODS["prometheus"]),
        "storageSpec": {"volumeClaimTemplate": claim(storage_class, spec.metrics_gib)},
    }


def _managed_control_plane() -> dict[str, Any]:
    """Switches off what a managed cluster shows to nobody: the cloud runs etcd, the scheduler and the controller
    manager out of reach, and kube-proxy's metrics answer on the node itself only, where there is kube-proxy at all.
    CoreDNS is not on every cloud. An alert that such a thing is missing would fire for ever."""
    parts = ("kubeEtcd", "kubeScheduler", "kubeControllerManager", "kubeProxy", "coreDns")
    rules = ("etcd", "kubeSchedulerAlerting", "kubeSchedulerRecording", "kubeControllerManager", "kubeProxy", "windows")
    return {
        **{part: {"enabled": False} for part in parts},
        "defaultRules": {"rules": dict.fromkeys(rules, False)},
    }
