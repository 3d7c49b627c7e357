"""Logs: Loki keeps them, and an agent on every node sends them."""

from typing import Any

from ...contract.monitoring import AGENTS, LABELS, NAMESPACE, PODS, MonitoringSpec
from ..add_on import EVERY_TAINT
from .values import resources

_UNUSED = ("read", "write", "backend")
"""The parts of Loki's other modes."""
STREAM_LABELS = {
    "namespace": "$kubernetes['namespace_name']",
    "pod": "$kubernetes['pod_name']",
    "container": "$kubernetes['container_name']",
    "node": "$kubernetes['host']",
    "instance": "$kubernetes['labels']['app.kubernetes.io/instance']",
    "component": "$kubernetes['labels']['app.kubernetes.io/component']",
}
"""What Loki finds a line by, and where Fluent Bit has it from. A pod without such a label has no such label here."""


def loki_values(spec: MonitoringSpec, storage_class: str) -> dict[str, Any]:
    """The values of Loki as one process with a volume of its own.

    A bucket would need an identity in the cloud, an endpoint and a lifecycle on each cloud. A volume is the same on all
    of them, and holds what one cluster's pods say in weeks. The compactor deletes what is older than the retention.
    """
    return {
        "deploymentMode": "Monolithic",
        "loki": {
            # One tenant: the namespace's NetworkPolicy lets in nobody but Grafana and the agents.
            "auth_enabled": False,
            "commonConfig": {"replication_factor": 1},
            "storage": {"type": "filesystem"},
            "schemaConfig": {
                "configs": [
                    {
                        "from": "2024-04-01",
                        "store": "tsdb",
                        "object_store": "filesystem",
                        "schema": "v13",
                        "index": {"prefix": "index_", "period": "24h"},
                    }
                ]
            },
            "limits_config": {
                "retention_period": f"{spec.logs_retention_days * 24}h",
                # A chain node that starts says much at once.
                "ingestion_rate_mb": 16,
                "ingestion_burst_size_mb": 32,
            },
            "compactor": {
                "retention_enabled": True,
                "delete_request_store": "filesystem",
                "working_directory": "/var/loki/compactor",
            },
            "analytics": {"reporting_enabled": False},
        },
        "singleBinary": {
            "replicas": 1,
            "sidecar": False,
            "automountServiceAccountToken": False,
            "resources": resources(PODS["loki"]),
            "persistence": {"storageClass": storage_class, "size": f"{spec.logs_gib}Gi"},
        },
        # Loki has no rules here. For a sidecar that brings them its account would read every Secret of the cluster.
        "sidecar": {"rules": {"enabled": False}},
        "rbac": {"namespaced": True},
        **{part: {"replicas": 0} for part in _UNUSED},
        **{part: {"enabled": False} for part in ("gateway", "chunksCache", "resultsCache", "lokiCanary", "test")},
        "monitoring": {"serviceMonitor": {"enabled": True, "labels": dict(LABELS)}},
    }


def collector_values() -> dict[str, Any]:
    """The values of Fluent Bit on every node, whatever its taints. It reads the files that the kubelet keeps of each
    container, and keeps on the node how far it came: so a restart loses no line and sends none twice."""
    return {
        "tolerations": EVERY_TAINT,
        "resources": resources(AGENTS["fluent-bit"]),
        "testFramework": {"enabled": False},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "daemonSetVolumes": [
            {"name": "logs", "hostPath": {"path": "/var/log"}},
            {"name": "state", "hostPath": {"path": "/var/fluent-bit", "type": "DirectoryOrCreate"}},
        ],
        "daemonSetVolumeMounts": [
            {"name": "logs", "mountPath": "/var/log", "readOnly": True},
            {"name": "state", "mountPath": "/var/fluent-bit"},
        ],
        "serviceMonitor": {"enabled": True, "selector": dict(LABELS)},
        "config": {"inputs": _INPUTS, "filters": _FILTERS, "outputs": _OUTPUTS},
    }


_INPUTS = """\
[INPUT]
    Name tail
    Tag kube.*
    Path /var/log/containers/*.log
    multiline.parser docker, cri
    DB /var/fluent-bit/tail.db
    Read_from_Head On
    Mem_Buf_Limit 16MB
    Skip_Long_Lines On
"""
_FILTERS = """\
[FILTER]
    Name kubernetes
    Match kube.*
    Annotations Off
"""
_OUTPUTS = f"""\
[OUTPUT]
    Name loki
    Match kube.*
    Host loki.{NAMESPACE}.svc
    Port 3100
    Labels job=containers, {", ".join(f"{label}={source}" for label, source in STREAM_LABELS.items())}
    Remove_Keys kubernetes, stream, time, _p
    Drop_Single_Key raw
    Retry_Limit no_limits
"""
