"""The dashboard of charts/theta-edge-node.

The node exposes no metrics, and its policy lets nobody in to ask. Its pod is ready while `edgecore.GetStatus` answers
as the node of the right network should, so that readiness is what is known of the node.
"""

from typing import Final

from ..board import IN_NAMESPACE, Board, Graph, Query, Row
from ..cluster import logs_row, pods_row

PODS: Final = f'{IN_NAMESPACE}, pod="$release-edge-0"'

BOARD: Final = Board(
    "Theta edge node",
    "An edge node in a cluster.",
    [
        Row(
            "Edge node",
            [
                Graph(
                    "Says how it is",
                    [Query(f'kube_pod_status_ready{{condition="true", {PODS}}}', "{{pod}}")],
                    "1 while edgecore.GetStatus answers, and names the right network. Alert EdgeNodeNotReady.",
                    width=24,
                )
            ],
        ),
        pods_row(PODS),
        logs_row(PODS),
    ],
)
