"""The dashboard of charts/metis-replica.

Heads and peers come from our exporter (services/chain_tools), where its image is given.
"""

from typing import Final

from ..board import IN_NAMESPACE, PERIOD, Board, Graph, Query, Row, service
from ..cluster import logs_row, pods_row

REPLICAS: Final = service("replica")
PODS: Final = f'{IN_NAMESPACE}, pod=~"$release-replica-[0-9]+"'

NEEDS_TOOLS: Final = "Needs `images.tools`."
SET: Final = f'{IN_NAMESPACE}, statefulset="$release-replica"'

CALLS: Final = Row(
    "Who takes calls",
    [
        Graph(
            "Replicas",
            [
                Query(f"kube_statefulset_status_replicas_ready{{{SET}}}", "take calls"),
                Query(f"kube_statefulset_replicas{{{SET}}}", "there are"),
            ],
            "A replica takes calls while its newest block is fresh. Alerts RPCDown and ReplicasMissing.",
            width=24,
        ),
    ],
)

HEADS: Final = Row(
    "Heads",
    [
        Graph(
            "Age of the newest block",
            [Query(f"nodeyard_head_block_age_seconds{{{REPLICAS}}}", "{{pod}}")],
            f"How far each head lags behind the clock. Alerts ReplicaBehind and ReplicaStuck. {NEEDS_TOOLS}",
            "s",
        ),
        Graph(
            "Blocks a minute",
            [Query(f"deriv(nodeyard_head_block_number{{{REPLICAS}}}[{PERIOD}]) * 60", "{{pod}}")],
            f"How quickly each replica gets on. {NEEDS_TOOLS}",
        ),
        Graph(
            "Heights",
            [Query(f"nodeyard_head_block_number{{{REPLICAS}}}", "{{pod}}")],
            f"The newest block of each. {NEEDS_TOOLS}",
            from_zero=False,
        ),
        Graph(
            "Peers",
            [Query(f"nodeyard_peers{{{REPLICAS}}}", "{{pod}}")],
            f"Blocks come from peers. Alert ReplicaWithoutPeers: none for a quarter of an hour. {NEEDS_TOOLS}",
        ),
    ],
)

BOARD: Final = Board(
    "Metis replicas",
    "Metis nodes that are no sequencer: l2geth with l1dtl.",
    [CALLS, HEADS, pods_row(PODS), logs_row(PODS)],
)
