"""The dashboard of charts/nodeos-bp: block producers and API nodes, by what the node manager tells
(docs/services/nodeos-manager.md)."""

from typing import Final

from ..board import IN_NAMESPACE, PERIOD, Board, Graph, Number, Query, Row
from ..cluster import logs_row, pods_row

# The chart calls its nodes by names of their own, without the release's.
NODES: Final = f'{IN_NAMESPACE}, service=~"nodeos-(bp|api)-[0-9]+"'
PRODUCERS: Final = f'{IN_NAMESPACE}, service=~"nodeos-bp-[0-9]+"'
PODS: Final = f'{IN_NAMESPACE}, pod=~"nodeos-(bp|api)-[0-9]+-0"'
NAME: Final = "{{service}}"

PRODUCTION: Final = Row(
    "Production",
    [
        Number(
            "May produce",
            [Query(f"1 - nodeos_paused{{{PRODUCERS}}}", NAME)],
            "Exactly one should. Alerts SeveralProducers and NoProducer.",
            words={0: ("paused", "text"), 1: ("produces", "green")},
            width=8,
        ),
        Number(
            "Right to produce",
            [Query(f"nodeos_right_held{{{PRODUCERS}}}", NAME)],
            "Which ordinal holds it.",
            words={0: ("no", "text"), 1: ("held", "green")},
            width=8,
        ),
        Number(
            "In the schedule",
            [Query(f"max(nodeos_in_schedule{{{PRODUCERS}}})")],
            "Whether the chain's schedule has one of our names.",
            words={0: ("no", "orange"), 1: ("yes", "green")},
            width=8,
        ),
        Graph(
            "Blocks a minute",
            [
                Query(f"max(rate(nodeos_produced_blocks_total{{{PRODUCERS}}}[{PERIOD}])) * 60", "produced"),
                Query(f"max(rate(nodeos_missed_blocks_total{{{PRODUCERS}}}[{PERIOD}])) * 60", "missed"),
            ],
            "Under our names, whichever ordinal made them. Alert BlocksMissed.",
        ),
        Graph(
            "Restarts of nodeos",
            [Query(f"increase(nodeos_restarts_total{{{NODES}}}[30m])", NAME)],
            "In half an hour. Alert NodeRestarts.",
        ),
    ],
)

CHAIN: Final = Row(
    "Chain",
    [
        Graph(
            "Age of the newest block",
            [Query(f"nodeos_head_block_age_seconds{{{NODES}}}", NAME)],
            "Since its slot. Alert HeadLags: more than 30 seconds.",
            "s",
        ),
        Graph(
            "Blocks until irreversible",
            [
                Query(
                    f"nodeos_head_block_number{{{NODES}}} - nodeos_irreversible_block_number{{{NODES}}}",
                    NAME,
                )
            ],
            "From the newest block down to the newest that cannot be undone.",
        ),
        Graph("Newest block", [Query(f"nodeos_head_block_number{{{NODES}}}", NAME)], "The height.", from_zero=False),
        Graph("Peers", [Query(f"nodeos_peers{{{NODES}}}", NAME)], "Whose handshake has come."),
    ],
)

STATE: Final = Row(
    "Nodes",
    [
        Number(
            "State",
            [Query(f"nodeos_state{{{NODES}}} == 1", "{{service}}: {{state}}")],
            "Of each nodeos' process. Alert NodeStandsStill.",
            words={1: ("now", "text")},
            width=12,
        ),
        Number(
            "Configuration waits",
            [Query(f"nodeos_reload_pending{{{NODES}}}", NAME)],
            "Whether the mounted configuration is not the one that runs. Alert ReloadPending.",
            words={0: ("no", "green"), 1: ("yes", "orange")},
            width=12,
        ),
    ],
)

ROOM: Final = Row(
    "Room and copies",
    [
        Graph(
            "Database in use",
            [Query(f"1 - nodeos_database_free_bytes{{{NODES}}} / nodeos_database_size_bytes{{{NODES}}}", NAME)],
            "Of the chain state. nodeos ends when nothing is free. Alert DatabaseNearlyFull.",
            "percentunit",
        ),
        Graph(
            "Disk in use",
            [Query(f"1 - nodeos_disk_free_bytes{{{NODES}}} / nodeos_disk_size_bytes{{{NODES}}}", NAME)],
            "Of the data directory's disk. Alert DiskNearlyFull.",
            "percentunit",
        ),
        Graph(
            "Age of the newest copy",
            [
                Query(f"min(nodeos_snapshot_age_seconds{{{NODES}}})", "snapshot"),
                Query(f"min(nodeos_backup_age_seconds{{{NODES}}})", "backup"),
            ],
            "In the bucket, whichever ordinal sees it. Alerts SnapshotTooOld and BackupTooOld.",
            "s",
        ),
        Graph(
            "Commands",
            [
                Query(
                    f"sum by (command, outcome) (increase(nodeos_commands_total{{{NODES}}}[1h]))",
                    "{{command}} {{outcome}}",
                )
            ],
            "That have ended in the hour before: backups and snapshots are commands.",
        ),
    ],
)

BOARD: Final = Board(
    "Block producers",
    "Block producers of an Antelope chain, and their API nodes.",
    [PRODUCTION, CHAIN, STATE, ROOM, pods_row(PODS), logs_row(PODS)],
)
