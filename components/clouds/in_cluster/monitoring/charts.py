"""The charts of the monitoring. Each was read in its project's repository in August 2026, with its values."""

from typing import Any

from ...contract.node_room import Room
from ..add_on import AddOn

PROMETHEUS = AddOn(
    # prometheus-community/helm-charts @ cf408a2. It brings the operator v0.93.1, which is the version that the
    # definitions of `PROMETHEUS_CRDS` are of: raise both together.
    chart="kube-prometheus-stack",
    repository="https://prometheus-community.github.io/helm-charts",
    version="88.5.3",
)
LOKI = AddOn(
    # grafana-community/helm-charts @ 3386a11, where the chart of the open-source Loki lives since it left grafana/loki.
    chart="loki",
    repository="https://grafana-community.github.io/helm-charts",
    version="18.11.0",
)
COLLECTOR = AddOn(
    # fluent/helm-charts @ 5b81bf7. Promtail has come to its end, and Grafana Alloy asks each node for several times the
    # memory.
    chart="fluent-bit",
    repository="https://fluent.github.io/helm-charts",
    version="0.58.1",
)


def resources(room: Room, most_mib: int | None = None) -> dict[str, Any]:
    """What a container asks for, and the memory that it gets at most, which is twice as much unless given. Nothing here
    is held back at the processor."""
    return {
        "requests": {"cpu": f"{room.millicpu}m", "memory": f"{room.mib}Mi"},
        "limits": {"memory": f"{most_mib or room.mib * 2}Mi"},
    }


def claim(storage_class: str, gib: int) -> dict[str, Any]:
    """The claim on a volume, as a custom resource of the Prometheus operator says it."""
    return {
        "spec": {
            "storageClassName": storage_class,
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": f"{gib}Gi"}},
        }
    }
