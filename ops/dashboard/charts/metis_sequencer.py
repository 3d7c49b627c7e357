"""The dashboard of charts/metis-sequencer.

Heights and wallets come from upstream's exporter (metis-devops/metis-sequencer-exporter v0.0.4): `metis:...`. Sync
gates, peers and signatures come from ours (services/chain_tools), where its image is given.
"""

from typing import Final

from ..board import PERIOD, Board, Graph, Number, Query, Row, pods, service
from ..cluster import logs_row, pods_row

EXPORTER: Final = service("exporter")
PODS: Final = pods("l2geth", "l1dtl", "themis", "exporter")

GATE: Final = {0: ("in sync", "green"), 1: ("not yet", "orange")}
NEEDS_TOOLS: Final = "Needs `images.tools`."


def _of(probe: str) -> str:
    return f'{{{EXPORTER}, probe="{probe}"}}'


HEIGHTS: Final = Row(
    "Heights",
    [
        Graph(
            "Blocks a minute",
            [Query(f"rate(metis:sequencer:height{{{EXPORTER}}}[{PERIOD}]) * 60", "{{svc_name}}")],
            "How quickly each process gets on. Alert ChainStalled: none for two minutes.",
        ),
        Graph(
            "Age of the newest block",
            [Query(f"nodeyard_head_block_age_seconds{{{EXPORTER}}}", "{{probe}}")],
            f"How far the head lags behind the clock. {NEEDS_TOOLS}",
            "s",
        ),
        *(
            Graph(
                title,
                [Query(f'metis:sequencer:height{{{EXPORTER}, svc_name="{process}"}}', process)],
                description,
                from_zero=False,
                width=8,
            )
            for process, title, description in (
                ("l2geth", "Height of l2geth", "The newest block of L2."),
                ("l1dtl", "Height of l1dtl", "The newest block of L1 that it has read."),
                ("themis", "Height of themis", "The newest block of the consensus chain."),
            )
        ),
    ],
)

GATES: Final = Row(
    "Sync gates",
    [
        Number(
            "l2geth",
            [Query(f"nodeyard_syncing{_of('l2geth')}")],
            f"`rollup_getInfo` says syncing. Alerts SyncGateStuck and SyncLost. {NEEDS_TOOLS}",
            words=GATE,
        ),
        Number(
            "themis",
            [Query(f"nodeyard_syncing{_of('themis')}")],
            f"`status` says catching_up. Alerts SyncGateStuck and SyncLost. {NEEDS_TOOLS}",
            words=GATE,
        ),
        Number(
            "bridge",
            [Query(f"1 - nodeyard_probe_success{_of('bridge')}")],
            f"Its RPC opens once it no longer waits for themis. Alert BridgeWaits. {NEEDS_TOOLS}",
            words=GATE,
        ),
        Number(
            "Answers",
            [Query(f"nodeyard_probe_success{{{EXPORTER}}}", "{{probe}}")],
            f"Whether each process answered when it was asked last. {NEEDS_TOOLS}",
            words={0: ("no", "red"), 1: ("yes", "green")},
            width=12,
        ),
    ],
)

SIGNING: Final = Row(
    "Signing",
    [
        Number(
            "Voting power",
            [Query(f"nodeyard_voting_power{_of('themis')}")],
            f"None until METIS is locked, and the key is in the set of validators. {NEEDS_TOOLS}",
        ),
        Number(
            "Missed in an hour",
            [Query(f"increase(nodeyard_missed_blocks_total{_of('themis')}[1h])")],
            f"Blocks of the consensus chain without our signature. Downtime is slashable. {NEEDS_TOOLS}",
        ),
        Graph(
            "Signed and missed blocks",
            [
                Query(f"rate(nodeyard_signed_blocks_total{_of('themis')}[{PERIOD}]) * 60", "signed a minute"),
                Query(f"rate(nodeyard_missed_blocks_total{_of('themis')}[{PERIOD}]) * 60", "missed a minute"),
            ],
            f"Alert BlocksMissed: more than a tenth of a quarter of an hour. {NEEDS_TOOLS}",
            width=16,
        ),
        Graph(
            "Peers",
            [Query(f"nodeyard_peers{{{EXPORTER}}}", "{{probe}}")],
            f"Without peers l2geth and themis see no new block. {NEEDS_TOOLS}",
        ),
        Graph(
            "Failures of upstream's exporter",
            [Query(f"increase(metis_sequencer_exporter_failures{{{EXPORTER}}}[5m])", "{{svc_name}}")],
            "Questions without an answer, in five minutes. Alert ScrapeFailures.",
        ),
    ],
)

WALLETS: Final = Row(
    "Wallets",
    [
        Graph(
            "Balances on L1",
            [Query(f'metis:sequencer:wallet:balance{{{EXPORTER}, chain="eth"}}', "{{alias}} {{addr}}")],
            "In ETH: the sequencer's account, and the MPC addresses once themis knows them. Alert L1BalanceLow.",
        ),
        Graph(
            "Balances on L2",
            [Query(f'metis:sequencer:wallet:balance{{{EXPORTER}, chain="metis"}}', "{{alias}} {{addr}}")],
            "In METIS. Alert MPCAddressBalanceInsufficient.",
        ),
    ],
)

BOARD: Final = Board(
    "Metis sequencer",
    "A sequencer of Metis: l2geth with l1dtl, themis with its bridge.",
    [HEIGHTS, GATES, SIGNING, WALLETS, pods_row(PODS), logs_row(PODS)],
)
