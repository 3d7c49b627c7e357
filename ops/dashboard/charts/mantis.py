"""The dashboard of charts/mantis: a network, whichever client its nodes are.

The clients call things by different names. The chart's recording rules (`charts/mantis/templates/_metrics.tpl`) give
them one, `mantis:...`, and what is shown here goes by that. The label `service` is a node's name.
"""

from typing import Final

from ..board import IN_NAMESPACE, Board, Graph, Number, Query, Row
from ..cluster import logs_row, pods_row

OF: Final = f"{{{IN_NAMESPACE}}}"
PODS: Final = f'{IN_NAMESPACE}, pod=~"(miner|passive|obft)-[0-9]+-0|(backup|explorer|faucet)-.+"'
BACKUP: Final = f'{{{IN_NAMESPACE}, cronjob="backup"}}'
LAG: Final = f"scalar(max(mantis:head{OF})) - mantis:head{OF}"
PERIOD_OF_BLOCKS: Final = f"300 / (max(delta(mantis:head{OF}[5m])) > 0)"
NODE: Final = "{{service}}"

CHAIN: Final = Row(
    "Chain",
    [
        Number("Height", [Query(f"max(mantis:head{OF})")], "Of the node that is furthest.", unit="none"),
        Number("Seconds to a block", [Query(PERIOD_OF_BLOCKS)], "In the last five minutes.", unit="s"),
        Number(
            "Nodes behind",
            [Query(f"count({LAG} > 5) or vector(0)")],
            "More than five blocks behind the node that is furthest.",
        ),
        Number(
            "Nodes alone",
            [Query(f"count(mantis:peers{OF} == 0) or vector(0)")],
            "Without a peer. Alert NoPeers.",
        ),
        Number(
            "Miners without a block",
            [Query(f"count(mantis:mined_30m{OF} < 1) or vector(0)")],
            "In the last half an hour. Alert NoMinedBlock.",
        ),
        Number(
            "Last backup",
            [Query(f"time() - max(kube_cronjob_status_last_successful_time{BACKUP})")],
            "How long ago. Alert BackupLate.",
            unit="s",
        ),
        Graph(
            "Heights",
            [Query(f"mantis:head{OF}", NODE)],
            "Each node's newest block. Where a line lies flat, alert NoNewBlock is near.",
            unit="none",
            from_zero=False,
        ),
        Graph("Head lag", [Query(LAG, NODE)], "Blocks behind the node that is furthest: a node that syncs comes down."),
        Graph(
            "Seconds from block to block",
            [Query(PERIOD_OF_BLOCKS, "all nodes"), Query(f"300 / (delta(mantis:head{OF}[5m]) > 0)", NODE)],
            "In the five minutes before. A node that syncs goes through many blocks in a second.",
            unit="s",
        ),
        Graph(
            "Blocks thrown away",
            [Query(f"mantis:dropped_30m{OF}", NODE)],
            "By a longer chain, in the half an hour before. core-geth alone tells.",
        ),
    ],
)
NODES: Final = Row(
    "Nodes",
    [
        Graph("Peers", [Query(f"mantis:peers{OF}", NODE)], "How many nodes each node is connected to."),
        Graph(
            "Blocks made",
            [Query(f"mantis:mined_30m{OF}", NODE)],
            "By each miner, in the half an hour before. core-geth does not count them: where a miner's head has risen "
            "by more blocks than it took from others, the rest is its own. A block of another that lost counts "
            "against it.",
        ),
        Graph(
            "Transactions that wait",
            [Query(f"mantis:pending_transactions{OF}", NODE)],
            "In each node's pool.",
        ),
        Graph(
            "Checkpoint",
            [Query(f"mantis:checkpoint{OF}", NODE)],
            "The newest block that the checkpoint nodes have signed, as each node knows it. Mantis alone has them.",
            unit="none",
            from_zero=False,
        ),
    ],
)
RPC: Final = Row(
    "RPC",
    [
        Graph(
            "Calls",
            [Query(f"mantis:rpc_succeeded_rate{OF} + mantis:rpc_failed_rate{OF}", NODE)],
            "To the passive nodes.",
            unit="reqps",
        ),
        Graph(
            "Calls that fail",
            [Query(f"mantis:rpc_failed_rate{OF} / (mantis:rpc_succeeded_rate{OF} + mantis:rpc_failed_rate{OF})", NODE)],
            "Their share. Alert RpcErrors.",
            unit="percentunit",
        ),
    ],
)
BACKUPS: Final = Row(
    "Backups",
    [
        Graph(
            "Age of the last backup",
            [Query(f"time() - max(kube_cronjob_status_last_successful_time{BACKUP})", "age")],
            "It falls to nothing with each backup.",
            unit="s",
        ),
        Graph(
            "Backups that failed",
            [Query(f'sum(kube_job_failed{{condition="true", {IN_NAMESPACE}, job_name=~"backup-.+"}})', "failed")],
            "Of those whose Jobs are still there. Their logs say why.",
        ),
    ],
)

BOARD: Final = Board(
    "Mantis network",
    "A network's chain, its miners and passive nodes, the RPC API, and its backups.",
    [CHAIN, NODES, RPC, BACKUPS, pods_row(PODS), logs_row(PODS)],
)
