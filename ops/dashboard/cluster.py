"""What the cluster itself tells of any release's pods: the rows that every chart's dashboard has.

The metrics are those of kube-prometheus-stack's parts: kube-state-metrics, and the kubelet with cAdvisor.
"""

from .board import IN_NAMESPACE, PERIOD, Graph, Logs, Number, Panel, Query, Row

CLAIMS = "kube_pod_spec_volumes_persistentvolumeclaims_info"
"""Which pod mounts which claim."""


def pods_row(selector: str, disks: bool = True) -> Row:
    """How the pods are that `selector` finds by the label `pod`, and what they take; with `disks`, of their claims
    too."""
    running = f'{selector}, container!="", container!="POD"'  # cAdvisor counts the pod and its pause container, too
    panels: list[Panel] = [
        Number(
            "Ready",
            [Query(f'sum by (pod) (kube_pod_status_ready{{condition="true", {selector}}})', "{{pod}}")],
            "Whether a pod passes its readiness probe.",
            words={0: ("no", "red"), 1: ("yes", "green")},
            width=12,
        ),
        Number(
            "Node of the pod",
            [Query(_condition_of_nodes(selector), "{{node}}")],
            "Whether the machine under a pod answers the API server.",
            words={0: ("away", "red"), 1: ("ready", "green")},
            width=12,
        ),
        Graph(
            "Processor",
            [
                Query(
                    f"sum by (pod, container) (rate(container_cpu_usage_seconds_total{{{running}}}[{PERIOD}]))",
                    _NAME,
                )
            ],
            "Cores in use.",
        ),
        Graph(
            "Memory",
            [Query(f"sum by (pod, container) (container_memory_working_set_bytes{{{running}}})", _NAME)],
            "What the kubelet counts when the node runs short of memory.",
            "bytes",
        ),
        Graph(
            "Restarts",
            [
                Query(
                    f"sum by (pod, container) (increase(kube_pod_container_status_restarts_total{{{selector}}}[1h]))",
                    _NAME,
                )
            ],
            "Of containers, in the hour before.",
        ),
    ]
    return Row("Pods", [*panels, _disks(selector)] if disks else panels)


def logs_row(selector: str) -> Row:
    """The pods' newest lines."""
    return Row("Logs", [Logs("Logs", f"{{{selector}}}", "Needs the platform's Loki.")])


_NAME = "{{pod}} {{container}}"


def _condition_of_nodes(selector: str) -> str:
    """A pod's node, by the one that kube-state-metrics says it was put on."""
    nodes = f"max by (node) (kube_pod_info{{{selector}}})"
    return f'max by (node) (kube_node_status_condition{{condition="Ready", status="true"}}) and on (node) {nodes}'


def _disks(selector: str) -> Graph:
    used = f"kubelet_volume_stats_used_bytes{{{IN_NAMESPACE}}} / kubelet_volume_stats_capacity_bytes{{{IN_NAMESPACE}}}"
    claims = f"max by (namespace, persistentvolumeclaim, pod) ({CLAIMS}{{{selector}}})"
    return Graph(
        "Disk in use",
        [
            Query(
                f"max by (namespace, persistentvolumeclaim) ({used})"
                f" * on (namespace, persistentvolumeclaim) group_right {claims}",
                "{{pod}} {{persistentvolumeclaim}}",
            )
        ],
        "The share of each volume that is taken. A full disk stops the process that writes to it.",
        "percentunit",
    )
