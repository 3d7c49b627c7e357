"""The dashboard of charts/tsm-node: a player of a TSM.

The node's own metrics have no public list, so that none is shown: what is known of it is whether Prometheus can read it
(`up`), its pods and its database's Job.
"""

from typing import Final

from ..board import IN_NAMESPACE, Board, Graph, Number, Query, Row, service
from ..cluster import logs_row, pods_row

DEPLOYMENT: Final = f'{IN_NAMESPACE}, deployment="$release-node"'
ROLE_JOBS: Final = f'{IN_NAMESPACE}, job_name=~"$release-role-[0-9a-f]{{8}}"'
PODS: Final = f'{IN_NAMESPACE}, pod=~"$release-(node|role)-.+"'

BOARD: Final = Board(
    "TSM player",
    "A player of a Builder Vault TSM: its nodes, and the Job that makes its database role.",
    [
        Row(
            "Player",
            [
                Number(
                    "Nodes available",
                    [Query(f"kube_deployment_status_replicas_available{{{DEPLOYMENT}}}")],
                    "Without one the player signs nothing, and no protocol that needs it runs. Alerts PlayerDown and "
                    "NodesUnavailable.",
                    steps=[(1, "green")],
                    width=6,
                ),
                Number(
                    "Nodes wanted",
                    [Query(f"kube_deployment_spec_replicas{{{DEPLOYMENT}}}")],
                    "None where the player is closed on purpose.",
                    width=6,
                ),
                Number(
                    "Prometheus reads it",
                    [Query(f"up{{{service('management')}}}", "{{pod}}")],
                    "Through the management server, by its key. Alert ScrapeFails.",
                    words={0: ("no", "red"), 1: ("yes", "green")},
                    width=6,
                ),
                Number(
                    "Database role",
                    [Query(f'kube_job_failed{{condition="true", {ROLE_JOBS}}}', "{{job_name}}")],
                    "Whether the Job that makes it has given up. Alert RoleFails.",
                    words={0: ("made", "green"), 1: ("failed", "red")},
                    width=6,
                ),
                Graph(
                    "Nodes",
                    [
                        Query(f"kube_deployment_status_replicas_available{{{DEPLOYMENT}}}", "available"),
                        Query(f"kube_deployment_spec_replicas{{{DEPLOYMENT}}}", "wanted"),
                    ],
                    "Through upgrades and drains one of two should stay.",
                    width=24,
                ),
            ],
        ),
        pods_row(PODS, disks=False),
        logs_row(PODS),
    ],
)
